//! Hostile packages: too large, too many entries, paths that lead outside, or malformed data.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod archives;

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::LazyLock;

use archives::{METADATA, empty, file, gzip, package, package_of, tar};
use ccs_package::disk::{DiskError, unpack_chosen, unpack_code};
use ccs_package::{
    CodeEntry, CodeFault, Limits, ReadError, TarFault, VisitError, Warning, WriteError, digests, read,
    visit_code,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

fn refusal(package: &[u8], limits: &Limits) -> String {
    read(package, limits).unwrap_err().to_string()
}

#[test]
fn each_limit_names_its_number_and_what_was_found() {
    let limits = Limits {
        entries: 3,
        entry_bytes: 1000,
        metadata_bytes: 100,
        name_bytes: 50,
        total_bytes: 10_000,
        file_bytes: 5000,
    };
    let small: Vec<Vec<u8>> = ["a", "b", "c"].map(|name| file(name, "x")).to_vec();
    read(package(&small).as_slice(), &limits).unwrap();
    let more = [small.clone(), vec![file("d", "x")]].concat();
    assert_eq!(refusal(&package(&more), &limits), "code.tar.gz holds more than 3 entries");
    let large = package(&[file("big", [b'x'; 1001])]);
    assert_eq!(refusal(&large, &limits), "code.tar.gz holds \"big\" of 1001 bytes, more than 1000");
    let named = package(&[file([b'n'; 30], ""), file([b'm'; 30], "")]);
    assert_eq!(
        refusal(&named, &limits),
        "code.tar.gz holds names and extended headers of 60 bytes in all, more than 50"
    );
    let padded = format!("{METADATA}{}", " ".repeat(100));
    let metadata = gzip(&tar(&[file("metadata.json", padded), file("code.tar.gz", gzip(&tar(&[])))]));
    assert_eq!(
        refusal(&metadata, &limits),
        "the package holds \"metadata.json\" of 136 bytes, more than 100"
    );
    let long = package_of(&gzip(&[file("a", "x"), vec![b'x'; 20_000]].concat()));
    assert_eq!(
        refusal(&long, &Limits { total_bytes: 1500, ..limits.clone() }),
        "the package unpacks to more than 1500 bytes"
    );
    let trailing = [package(&small), vec![b'x'; 10_000]].concat();
    assert_eq!(refusal(&trailing, &limits), "the package file has more than 5000 bytes");
}

#[test]
fn a_compression_bomb_stops_at_the_limit_in_both_layers() {
    // About 64 KiB of package that unpack to 64 MiB.
    let bomb = gzip(&archives::extended(b'x', vec![0; 64 << 20]));
    let limits = Limits { total_bytes: 1 << 20, ..Limits::default() };
    let inner = refusal(&package_of(&bomb), &limits);
    assert_eq!(inner, "code.tar.gz cannot be read: an extended header has more than 1048576 bytes");

    let zeros = gzip(&archives::header("a", b'0', 64 << 20).with(&vec![0; 64 << 20]));
    assert_eq!(refusal(&package_of(&zeros), &limits), "code.tar.gz unpacks to more than 1048576 bytes");
    assert_eq!(refusal(&zeros, &limits), "the package unpacks to more than 1048576 bytes");
}

#[test]
fn a_hundred_thousand_entries_are_read_and_one_more_is_refused() {
    let entries =
        |count: usize| package(&(0..count).map(|index| file(format!("{index}"), "")).collect::<Vec<_>>());
    assert_eq!(read(entries(100_000).as_slice(), &Limits::default()).unwrap().code_entries().len(), 100_000);
    assert_eq!(refusal(&entries(100_001), &Limits::default()), "code.tar.gz holds more than 100000 entries");
}

#[test]
fn extended_headers_are_bounded_for_an_entry_and_for_an_archive() {
    let record = archives::record("comment", vec![b'x'; 900_000]);
    let header = archives::extended(b'x', &record);
    let four = [header.clone(), header.clone(), header.clone(), header.clone(), file("a", "x")].concat();
    assert_eq!(
        refusal(&package(&[four]), &Limits::default()),
        "code.tar.gz cannot be read: the extended headers of an entry have more than 3145728 bytes"
    );
    for kind in [b'x', b'g'] {
        let entries = vec![[archives::extended(kind, &record), file("a", "x")].concat(); 10];
        let message = refusal(&package(&entries), &Limits::default());
        assert!(
            message.starts_with("code.tar.gz holds names and extended headers of 9"),
            "{}: {message}",
            char::from(kind)
        );
    }
}

#[test]
fn only_what_is_chosen_is_unpacked_and_everything_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("src");
    let code = [file("node_modules/x", "1"), file("./connection.json", "{}"), file("META-INF/x.json", "2")];
    let wanted = |entry: &CodeEntry| !entry.path().starts_with("node_modules");
    let package =
        |code: &[Vec<u8>]| unpack_chosen(package(code).as_slice(), &target, &Limits::default(), wanted);
    assert_eq!(package(&code).unwrap().code_entries().len(), 3);
    assert_eq!(fs::read(target.join("connection.json")).unwrap(), b"{}");
    assert_eq!(fs::read(target.join("META-INF/x.json")).unwrap(), b"2");
    assert!(!target.join("node_modules").exists());
    fs::remove_dir_all(&target).unwrap();
    let clash = [file("node_modules", "1"), file("node_modules/x", "2")];
    let message = package(&clash).unwrap_err().to_string();
    assert_eq!(message, "code.tar.gz holds \"node_modules\" as a file and as a folder");
}

#[test]
fn each_file_has_the_digest_of_its_content() {
    let code =
        [file("a", "old"), file("b", "same"), empty("c/", b'5'), file("./a", "new"), file("c/d", "same")];
    let (read, digests) = digests(package(&code).as_slice(), &Limits::default()).unwrap();
    assert_eq!(read.code_entries().len(), 5);
    let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text));
    let expected =
        [("a", "new"), ("b", "same"), ("c/d", "same")].map(|(path, text)| (path.into(), digest(text)));
    assert_eq!(digests, expected.into());
    assert!(matches!(ccs_package::digests(&b"x"[..], &Limits::default()), Err(ReadError::NotGzip(_))));
}

#[test]
fn a_cause_is_written_once() {
    let errors: [&dyn std::error::Error; 4] = [
        &WriteError::from(io::Error::other("the cause")),
        &DiskError::Open { path: "a".into(), error: io::Error::other("the cause") },
        &DiskError::Create { path: "a".into(), error: io::Error::other("the cause") },
        &CodeFault::Archive(TarFault::Header("the cause").into()),
    ];
    for error in errors {
        let chain = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
        let text = chain.collect::<Vec<_>>().join(": ");
        assert_eq!(text.matches("the cause").count(), 1, "{text}");
    }
}

#[test]
fn a_failing_source_is_not_taken_for_a_bad_package() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let whole = package(&[file("a", "x")]);
    for length in [0, 5, 30, whole.len() / 2, whole.len() - 20] {
        let error = read((&whole[..length]).chain(Failing), &Limits::default()).unwrap_err();
        assert!(matches!(error, ReadError::Io(_)), "{length}: {error:?}");
        assert_eq!(error.to_string(), "the package cannot be read: the disk is gone");
    }
}

#[test]
fn a_failing_visitor_ends_the_reading() {
    let error = visit_code(package(&[file("a", "x")]).as_slice(), &Limits::default(), |_, _| Err("enough"))
        .unwrap_err();
    assert!(matches!(error, VisitError::Visitor("enough")), "{error:?}");
}

#[test]
fn duplicates_and_strangers_are_accepted_with_a_warning() {
    let code = gzip(&tar(&[file("first", "")]));
    let other = gzip(&tar(&[file("last", "")]));
    let read = read(
        gzip(&tar(&[
            file("metadata.json", r#"{"label":"first"}"#),
            file("code.tar.gz", code),
            file("README", ""),
            file("code.tar.gz", other),
            file("metadata.json", METADATA),
        ]))
        .as_slice(),
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(read.id().label().as_str(), "basic_1.0");
    assert_eq!(read.metadata_bytes(), br#"{"label":"first"}"#);
    assert_eq!(read.code_entries()[0].path(), Path::new("first"));
    let duplicate = |name| Warning::Duplicate { name };
    let ignored = Warning::Ignored { name: "README".to_owned() };
    assert_eq!(read.warnings(), [ignored, duplicate("code.tar.gz"), duplicate("metadata.json")]);
    assert_eq!(
        read.warnings()[1].to_string(),
        "the package holds code.tar.gz more than once: a peer validates the last one but builds from the first one"
    );
}

#[test]
fn a_package_in_a_folder_of_its_own_is_told_what_is_wrong() {
    let packed = gzip(&tar(&[file("./metadata.json", METADATA), file("./code.tar.gz", "")]));
    let error = read(packed.as_slice(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the package holds no code.tar.gz");
    assert_eq!(
        error.hint().unwrap(),
        "it contains \"./code.tar.gz\", but a peer requires the exact name; name both files when packing: tar -czf \
         PACKAGE.tgz metadata.json code.tar.gz"
    );
}

#[test]
fn unpacking_gives_the_files_of_the_peer() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("src");
    let code = [
        empty("./", b'5'),
        archives::header("./bin/run", b'0', 1).field(100, b"0104755\0").with(b"x"),
        file("twice", "the longer one"),
        file("./META-INF/statedb/x.json", "{}"),
        file("twice", "short"),
    ];
    let package = unpack_code(package(&code).as_slice(), &target, &Limits::default()).unwrap();
    assert_eq!(package.code_entries().len(), 5);
    assert_eq!(fs::read(target.join("twice")).unwrap(), b"short");
    assert_eq!(fs::read(target.join("META-INF/statedb/x.json")).unwrap(), b"{}");
    let mode = |path: &str| target.join(path).metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!([mode(""), mode("bin"), mode("META-INF/statedb")], [0o700; 3]);
    assert_eq!(mode("bin/run") & 0o7700, 0o700);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn hostile_code_leaves_nothing_behind() {
    for (name, package) in archives::cases::all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b/src");
        fs::create_dir_all(&target).unwrap();
        let accepted = read(package.as_slice(), &Limits::default()).is_ok();
        let unpacked = unpack_code(package.as_slice(), &target, &Limits::default());
        assert_eq!(unpacked.is_ok(), accepted, "{name}: {unpacked:?}");
        let outside = [folder.path(), &folder.path().join("a"), &folder.path().join("a/b")];
        for outside in outside {
            assert_eq!(fs::read_dir(outside).unwrap().count(), 1, "{name}: {outside:?}");
        }
        if !accepted {
            assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "{name}");
        }
    }
}

#[test]
fn a_folder_that_is_not_free_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let package = package(&[file("link/x", "x")]);
    let [full, elsewhere, link, plain] =
        ["full", "elsewhere", "link", "file"].map(|name| folder.path().join(name));
    fs::create_dir(&full).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, full.join("link")).unwrap();
    symlink(&elsewhere, &link).unwrap();
    fs::write(&plain, "").unwrap();
    for target in [&full, &link, &plain] {
        let error = unpack_code(package.as_slice(), target, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("{target:?} already exists"));
    }
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

/// Made once, for the thousands of mutations.
static CASES: LazyLock<Vec<archives::cases::Case>> = LazyLock::new(archives::cases::all);

/// Counts the bytes that visitors receive.
fn visited_bytes(package: &[u8], limits: &Limits) -> u64 {
    let mut total = 0;
    let _ = visit_code(package, limits, |_, content| {
        total += io::copy(content, &mut io::sink())?;
        Ok::<(), io::Error>(())
    });
    total
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(bytes.as_slice(), &Limits::default()).is_err());
        prop_assert!(read(gzip(&bytes).as_slice(), &Limits::default()).is_err());
        let _ = read(package_of(&gzip(&bytes)).as_slice(), &Limits::default());
    }

    #[test]
    fn mutated_packages_stay_within_the_limits(
        case in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let cases = &*CASES;
        let mut bytes = cases[case.index(cases.len())].1.clone();
        for (at, value) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        let limits = Limits { total_bytes: 100_000, ..Limits::default() };
        prop_assert!(visited_bytes(&bytes, &limits) <= limits.total_bytes);
        prop_assert!(visited_bytes(&bytes[..cut.index(bytes.len() + 1)], &limits) <= limits.total_bytes);
    }

    #[test]
    fn mutated_headers_never_panic(at in 0_usize..512, value in any::<u8>(), flag in any::<u8>()) {
        let mutated = archives::header("a", flag, 1).field(at.min(511), &[value]).with(b"x");
        let limits = Limits { total_bytes: 100_000, ..Limits::default() };
        prop_assert!(visited_bytes(&package(&[mutated]), &limits) <= limits.total_bytes);
    }
}

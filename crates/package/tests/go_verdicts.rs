//! Compares this crate's results with those of Go's standard library in `conformance/go-package/verdicts.tsv`.

#![expect(clippy::unwrap_used, clippy::panic_in_result_fn, reason = "helpers of tests")]

mod archives;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ccs_package::{CodeEntry, EntryKind, Limits, ReadError, VisitError, visit_code};
use sha2::{Digest as _, Sha256};

const VERDICTS: &str = include_str!("../../../conformance/go-package/verdicts.tsv");

/// Cases with intended differences, each with this crate's result and the reason.
const DIFFERENCES: [(&str, &str, &str); 12] = [
    (
        "gzip-reserved-flag",
        "the package is not a gzip file: it is not gzip, or something else follows the gzip stream",
        "flate2 follows the standard",
    ),
    (
        "pax-sparse",
        "code.tar.gz cannot be read: \"a\" is stored as a sparse file",
        "chaincode contains no sparse files",
    ),
    (
        "pax-sparse-old",
        "code.tar.gz cannot be read: \"a\" is stored as a sparse file",
        "as above; Go reports a damaged map",
    ),
    ("type-gnu-sparse-ustar", "code.tar.gz holds \"x\", which is a sparse file", "as above"),
    (
        "size-base-256-huge",
        "code.tar.gz holds \"a\" of 9223372036854775807 bytes, more than 268435456",
        "limit first",
    ),
    ("size-octal-huge", "code.tar.gz holds \"a\" of 68719476735 bytes, more than 268435456", "limit first"),
    (
        "pax-size-too-large",
        "code.tar.gz holds \"a\" of 99999999999 bytes, more than 268435456",
        "limit first",
    ),
    (
        "file-and-folder",
        "code.tar.gz holds \"a\" as a file and as a folder",
        "the peer reports the operating system's error",
    ),
    (
        "folder-and-file",
        "code.tar.gz holds \"a\" as a file and as a folder",
        "the peer reports the operating system's error",
    ),
    ("name-empty", "code.tar.gz holds \"\" as a file, which is the top folder itself", "as above"),
    ("name-is-top", "code.tar.gz holds \"a/..\" as a file, which is the top folder itself", "as above"),
    (
        "twice-shorter",
        "ok",
        "the peer keeps the tail of the longer file; this crate writes the whole later file",
    ),
];

/// Go's result for one package.
struct Verdict<'a> {
    refusal: Option<&'a str>,
    tree: &'a str,
}

fn verdicts() -> BTreeMap<&'static str, Verdict<'static>> {
    let verdict = |line: &'static str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let refusal = fields[1..3].iter().copied().find(|text| *text != "ok");
        (fields[0], Verdict { refusal, tree: fields[3] })
    };
    VERDICTS.lines().map(verdict).collect()
}

/// Returns the unpacked tree in the format of the Go program.
fn tree(package: &[u8]) -> Result<String, ReadError> {
    let mut tree: BTreeMap<PathBuf, String> = BTreeMap::new();
    let visit = |entry: &CodeEntry, content: &mut dyn std::io::Read| -> std::io::Result<()> {
        for folder in entry.path().ancestors().skip(1) {
            tree.insert(folder.to_owned(), ":700".to_owned());
        }
        let mut description = format!(":{:03o}", entry.mode());
        if entry.kind() == EntryKind::File {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            assert_eq!(bytes.len() as u64, entry.size());
            write!(description, ":{}:{}", bytes.len(), hex::encode(&Sha256::digest(&bytes)[..4])).unwrap();
        }
        tree.insert(entry.path().to_owned(), description);
        Ok(())
    };
    visit_code(package, &Limits::default(), visit).map_err(|error| match error {
        VisitError::Read(error) => error,
        VisitError::Visitor(error) => panic!("{error}"),
    })?;
    tree.remove(Path::new(""));
    let mut lines: Vec<String> = tree.iter().map(|(path, line)| escape(path) + line).collect();
    lines.sort_unstable();
    Ok(lines.join(" "))
}

fn escape(path: &Path) -> String {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte);
    let one = |byte: &u8| if usual(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    path.as_os_str().as_encoded_bytes().iter().map(one).collect()
}

fn disagreement(package: &[u8], go: &Verdict<'_>) -> Option<String> {
    match (tree(package), go.refusal) {
        (Ok(ours), None) => {
            let mut theirs: Vec<&str> = go.tree.split(' ').collect();
            theirs.sort_unstable();
            (ours != theirs.join(" ")).then(|| format!("we unpack {ours}, Go {}", go.tree))
        }
        (Ok(ours), Some(refusal)) => Some(format!("we accept {ours}, Go says {refusal}")),
        (Err(ours), None) => Some(format!("we say {ours}, Go unpacks {}", go.tree)),
        (Err(ours), Some(refusal)) => {
            let agrees = ours.peer_message().is_some_and(|message| refusal.starts_with(&message));
            (!agrees).then(|| format!("we say {ours} ({:?}), Go says {refusal}", ours.peer_message()))
        }
    }
}

#[test]
fn every_archive_means_to_us_what_it_means_to_go() {
    let verdicts = verdicts();
    let cases = archives::cases::all();
    let names: Vec<&str> = cases.iter().map(|(name, _)| *name).collect();
    assert_eq!(verdicts.len(), names.len(), "run the Go program again: {names:?}");
    let is_listed = |name: &str| DIFFERENCES.iter().any(|(listed, ..)| *listed == name);
    let found: Vec<String> = cases
        .iter()
        .filter(|(name, _)| !is_listed(name))
        .filter_map(|(name, package)| Some(format!("{name}: {}", disagreement(package, &verdicts[name])?)))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_listed_differences_are_there_and_as_listed() {
    let verdicts = verdicts();
    let cases: BTreeMap<&str, Vec<u8>> = archives::cases::all().into_iter().collect();
    for (name, ours, _) in DIFFERENCES {
        assert!(disagreement(&cases[name], &verdicts[name]).is_some(), "{name} is not a difference any more");
        let said = tree(&cases[name]).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        assert_eq!(said, ours, "{name}");
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    for (name, package) in archives::cases::all() {
        if let Err(error) = tree(&package) {
            let message = error.to_string();
            assert!(error.hint().is_some(), "{name}: {message}");
            assert!(!message.ends_with('.') && !message.contains('\n'), "{name}: {message}");
        }
    }
}

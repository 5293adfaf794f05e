//! Tests the bytes that are written, which must never change, and that they can be read back.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod archives;

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;

use archives::large;
use ccs_package::disk::{self, Existing};
use ccs_package::{
    CodeEntry, EntryHeader, GzipHeader, Layer, Limits, PackageContents, TarLayout, visit_code, write,
};
use proptest::prelude::*;

fn connection_only() -> PackageContents {
    let mut contents = PackageContents::new("basic_1.0".parse().unwrap(), "ccaas");
    contents.add("connection.json", br#"{"address":"basic.example.com:9999"}"#.as_slice()).unwrap();
    contents
}

fn bytes_of(contents: &PackageContents) -> Vec<u8> {
    let mut bytes = Vec::new();
    let id = write(contents, &mut bytes).unwrap();
    assert_eq!(ccs_package::package_id(bytes.as_slice(), &Limits::default()).unwrap(), id);
    bytes
}

#[test]
fn the_bytes_of_a_package_never_change() {
    // If these hashes change, the package IDs of all existing packages change. That must never happen.
    for (contents, length, hash) in [
        (connection_only(), 5143, "205fb0c6edcd394ce83edb703e795c47e9dc71a81daedcb4a78614047825ddc6"),
        (large(), 275_499, "3e52980ef97851b3fc6083de1b71bb4443b923da3a6127655b701c1d5bce959b"),
    ] {
        let bytes = bytes_of(&contents);
        let id = write(&contents, std::io::sink()).unwrap();
        assert_eq!((bytes.len(), id.hash().as_str()), (length, hash));
    }
}

#[test]
fn entries_look_like_those_of_the_peer_command() {
    let mut modes = Vec::new();
    let package =
        visit_code(bytes_of(&connection_only()).as_slice(), &Limits::default(), |entry, content| {
            let mut text = String::new();
            content.read_to_string(&mut text)?;
            modes.push((entry.path().to_owned(), entry.mode(), text));
            Ok::<(), std::io::Error>(())
        })
        .unwrap();
    assert_eq!(
        modes,
        [("connection.json".into(), 0o644, r#"{"address":"basic.example.com:9999"}"#.to_owned())]
    );
    assert_eq!(package.metadata_bytes(), br#"{"path":"","type":"ccaas","label":"basic_1.0"}"#);
    assert_eq!(package.warnings(), []);
}

#[test]
fn headers_are_given_as_they_are_in_the_archives() {
    let package = ccs_package::read(bytes_of(&connection_only()).as_slice(), &Limits::default()).unwrap();
    let shape = |header: &EntryHeader| {
        let owner = (header.uid, header.gid, header.uname.clone(), header.gname.clone());
        (header.shown_name(), header.mode, owner, header.mtime, header.layout, header.extended_bytes)
    };
    let expected = |name: &str, owner| {
        (name.to_owned(), 0o100_644, (owner, owner, vec![], vec![]), 0, TarLayout::Ustar, 0)
    };
    assert_eq!(
        package.members().iter().map(shape).collect::<Vec<_>>(),
        [expected("metadata.json", 0), expected("code.tar.gz", 0)]
    );
    assert_eq!(shape(package.code_entries()[0].header()), expected("connection.json", 500));
    for layer in [Layer::Package, Layer::Code] {
        assert_eq!(package.gzip(layer), &GzipHeader { system: 255, ..GzipHeader::default() });
    }
}

#[test]
fn a_saved_file_has_the_same_bytes_in_any_folder_and_is_private() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let name = "basic.tgz";
    let id = disk::save(&connection_only(), &first.path().join(name), Existing::Keep).unwrap();
    assert_eq!(disk::save(&connection_only(), &second.path().join(name), Existing::Keep).unwrap(), id);
    let saved = std::fs::read(first.path().join(name)).unwrap();
    assert_eq!(saved, bytes_of(&connection_only()));
    assert_eq!(saved, std::fs::read(second.path().join(name)).unwrap());
    let mode = first.path().join(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(disk::load(&first.path().join(name), &Limits::default()).unwrap().id(), &id);
}

#[test]
fn an_existing_file_is_replaced_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("basic.tgz");
    std::fs::write(&path, "mine").unwrap();
    let error = disk::save(&connection_only(), &path, Existing::Keep).unwrap_err();
    assert_eq!(error.to_string(), format!("{path:?} already exists"));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    disk::save(&connection_only(), &path, Existing::Replace).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes_of(&connection_only()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let nowhere = folder.path().join("absent/basic.tgz");
    let message = disk::save(&connection_only(), &nowhere, Existing::Keep).unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot create {nowhere:?}: ")), "{message}");
}

#[test]
fn a_full_target_is_an_error() {
    let mut small = [0; 1000];
    let error = write(&connection_only(), small.as_mut_slice()).unwrap_err();
    assert!(error.to_string().starts_with("the package cannot be written: "), "{error}");
}

proptest! {
    // The fixed hashes above cover blocks of more than 64 KiB.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        label in "[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,60}",
        kind in any::<String>(),
        files in prop::collection::btree_map(
            "[a-zA-Z0-9\u{e9}._ -]{0,120}(/[a-zA-Z0-9\u{20ac}.]{0,120}){0,3}",
            prop::collection::vec(any::<u8>(), 0..3000),
            0..6,
        ),
    ) {
        let mut contents = PackageContents::new(label.parse().unwrap(), &kind);
        let mut added = BTreeMap::new();
        for (path, content) in files {
            if contents.add(&path, content.clone()).is_ok() {
                added.insert(path, content);
            }
        }
        let bytes = bytes_of(&contents);
        let mut read = BTreeMap::new();
        let package = visit_code(bytes.as_slice(), &Limits::default(), |entry: &CodeEntry, content: &mut dyn Read| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            read.insert(entry.path().to_str().unwrap().to_owned(), bytes);
            Ok::<(), std::io::Error>(())
        }).unwrap();
        prop_assert_eq!(read, added);
        prop_assert_eq!(package.metadata(), contents.metadata());
    }
}

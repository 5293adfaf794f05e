//! Compares `src/generated` with what the compiler makes of `protos/`, or writes it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to write the generated files instead of comparing them.
const UPDATE: &str = "CCS_UPDATE_GENERATED";

fn this_crate() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Finds the .proto files of the version of `fabric-shim-protos` that is in Cargo.lock.
fn protos_of_shim() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(this_crate())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "fabric-shim-protos").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("protos")
}

fn proto_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Generates every file of `src/generated` into a folder.
fn generate(target: &Path) {
    let (ours, shim) = (this_crate().join("protos"), protos_of_shim());
    let files = proto_files(&ours);
    let mut descriptors = protox::compile(&files, [&ours, &shim]).unwrap();
    // The messages that `fabric-shim-protos` has are used from there, and its services are not made again.
    let mut config = tonic_prost_build::configure().build_transport(false).out_dir(target);
    // A channel's configuration and the results of `_lifecycle` are hashed and signed: maps are written in one order.
    config = config.btree_map(".common").btree_map(".lifecycle");
    for file in &mut descriptors.file {
        if ours.join(file.name()).is_file() {
            continue;
        }
        file.service.clear();
        let (package, module) = match file.package() {
            "google.protobuf" => continue,
            "protos" => ("protos", "peer"),
            other => (other, other),
        };
        let messages = file.message_type.iter().filter_map(|message| message.name.as_ref());
        let enums = file.enum_type.iter().filter_map(|known| known.name.as_ref());
        for name in messages.chain(enums) {
            let path = format!("::fabric_shim_protos::{module}::{name}");
            config = config.extern_path(format!(".{package}.{name}"), path);
        }
    }
    config.compile_fds(descriptors).unwrap();
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let file = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    };
    // A package of which every message is used from elsewhere gives an empty file.
    proto_files(folder).into_iter().map(file).filter(|(_, text)| text.contains("pub ")).collect()
}

#[test]
fn the_generated_files_are_those_of_the_protos() {
    let target = tempfile::tempdir().unwrap();
    generate(target.path());
    let generated = this_crate().join("src/generated");
    if std::env::var_os(UPDATE).is_some() {
        for (name, text) in read(target.path()) {
            fs::write(generated.join(name), text).unwrap();
        }
    }
    let (expected, actual) = (read(target.path()), read(&generated));
    assert!(
        expected.keys().eq(actual.keys()),
        "{:?} is not {:?}; {UPDATE}=1 cargo test -p ccs-proto writes them",
        actual.keys(),
        expected.keys()
    );
    for (name, text) in expected {
        let difference = similar::TextDiff::from_lines(&actual[&name], &text).unified_diff().to_string();
        assert!(difference.is_empty(), "{name}: {UPDATE}=1 cargo test -p ccs-proto writes it\n{difference}");
    }
}

//! Compares `src/generated` with the output of the compiler for `protos/`, or regenerates it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that makes the test write the generated files instead of comparing them.
const UPDATE: &str = "CCS_BLESS";

/// The folder of the generated services, inside that of the messages.
const SERVICES: &str = "services";

/// Returns the module of this crate for a package.
fn module(package: &str) -> &str {
    if package == "protos" { "peer" } else { package }
}

fn this_crate() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the files of a folder with an extension, sorted by name.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

/// Generates the messages into a folder, and the services into its subfolder `services`, so that a crate that uses
/// only messages does not build gRPC.
fn generate(target: &Path) {
    let protos = this_crate().join("protos");
    let descriptors = protox::compile(files(&protos, "proto"), [&protos]).unwrap();
    let configure = |folder: &Path| tonic_prost_build::configure().build_transport(false).out_dir(folder);

    let mut messages = descriptors.clone();
    messages.file.iter_mut().for_each(|file| file.service.clear());
    // A channel's configuration and the results of `_lifecycle` are hashed and signed, so maps need a fixed order; the
    // answers of discovery are easier to test with one.
    let config = configure(target).btree_map(".common").btree_map(".lifecycle").btree_map(".discovery");
    config.compile_fds(messages).unwrap();

    let target = target.join(SERVICES);
    fs::create_dir(&target).unwrap();
    let packages: BTreeSet<_> = descriptors.file.iter().map(|file| file.package().to_owned()).collect();
    let mut config = configure(&target);
    for package in packages.iter().filter(|package| *package != "google.protobuf") {
        config = config.extern_path(format!(".{package}"), format!("crate::{}", module(package)));
    }
    config.compile_fds(descriptors).unwrap();
}

/// Reads the generated files of a folder that contain code: a package without services has an empty one.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let file = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    };
    files(folder, "rs").into_iter().map(file).filter(|(_, text)| text.contains("pub ")).collect()
}

fn compare(generated: &Path, committed: &Path) {
    if std::env::var_os(UPDATE).is_some() {
        fs::create_dir_all(committed).unwrap();
        for (name, text) in read(generated) {
            fs::write(committed.join(name), text).unwrap();
        }
    }
    let (expected, actual) = (read(generated), read(committed));
    assert!(
        expected.keys().eq(actual.keys()),
        "{:?} differs from {:?}; `cargo xtask bless tests` writes them",
        actual.keys(),
        expected.keys()
    );
    for (name, text) in expected {
        let difference = similar::TextDiff::from_lines(&actual[&name], &text).unified_diff().to_string();
        assert!(difference.is_empty(), "{name}: `cargo xtask bless tests` writes it\n{difference}");
    }
}

#[test]
fn the_generated_files_are_those_of_the_protos() {
    let target = tempfile::tempdir().unwrap();
    generate(target.path());
    let committed = this_crate().join("src/generated");
    compare(target.path(), &committed);
    compare(&target.path().join(SERVICES), &committed.join(SERVICES));
}

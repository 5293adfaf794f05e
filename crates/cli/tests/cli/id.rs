//! `ccs id`.

use crate::{ccs, stderr, stdout};

#[test]
fn the_id_of_a_package_is_printed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basic.tgz");
    let file = file.to_str().unwrap();
    let made = ccs(&["package", file, "--label", "basic_1.0", "--address", "basic:9999"]);
    let id = stdout(&made);
    assert_eq!(stdout(&ccs(&["id", file])), id);
    let twice = stdout(&ccs(&["id", file, file]));
    assert_eq!(twice, format!("{0}  {file}\n{0}  {file}\n", id.trim_end()));
    let document: serde_json::Value = serde_json::from_slice(&ccs(&["id", file, "--json"]).stdout).unwrap();
    assert_eq!(document, serde_json::json!({ "packages": [{ "package_id": id.trim_end(), "file": file }] }));
}

#[test]
fn a_file_that_is_no_package_is_refused_with_the_reason() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let empty = empty.path().to_str().unwrap();
    let output = ccs(&["id", empty]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).is_empty());
    let message = format!("error: {empty}: the package is not a gzip file: it is empty\nhint: ");
    assert!(stderr(&output).starts_with(&message), "{}", stderr(&output));
    let device = ccs(&["id", "/dev/zero"]);
    assert_eq!(
        (device.status.code(), stderr(&device).as_str()),
        (Some(20), "error: /dev/zero is not a file\n")
    );
    let missing = ccs(&["id", "nowhere.tgz"]);
    assert_eq!(missing.status.code(), Some(20));
    assert!(stderr(&missing).starts_with("error: cannot open nowhere.tgz: "), "{}", stderr(&missing));
}

#[test]
fn the_id_is_the_label_and_the_sha_256_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basic.tgz");
    let file = file.to_str().unwrap();
    let made = ccs(&["package", file, "--label", "basic_1.0", "--address", "basic:9999"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let sum = std::process::Command::new("sha256sum").arg(file).output().unwrap();
    let digits = stdout(&sum).split_whitespace().next().unwrap().to_owned();
    assert_eq!(stdout(&ccs(&["id", file])), format!("basic_1.0:{digits}\n"));
}

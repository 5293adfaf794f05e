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
}

#[test]
fn a_file_that_is_no_package_is_refused_with_the_reason() {
    let output = ccs(&["id", "/dev/null"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).is_empty());
    assert!(stderr(&output).starts_with("error: /dev/null: "), "{}", stderr(&output));
    let missing = ccs(&["id", "nowhere.tgz"]);
    assert_eq!(missing.status.code(), Some(20));
    assert!(stderr(&missing).starts_with("error: cannot open nowhere.tgz: "), "{}", stderr(&missing));
}

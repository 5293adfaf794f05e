//! Help texts, which are part of what users rely on.

use crate::{ccs, stderr, stdout};

#[test]
fn help_teaches_each_command() {
    for arguments in [
        &["--help"][..],
        &["demo", "--help"],
        &["package", "--help"],
        &["id", "--help"],
        &["inspect", "--help"],
        &["lint", "--help"],
        &["render", "--help"],
        &["unpack", "--help"],
        &["diff", "--help"],
        &["probe", "--help"],
        &["explain", "--help"],
        &["doctor", "--help"],
    ] {
        let output = ccs(arguments);
        assert!(output.status.success());
        insta::assert_snapshot!(format!("help_{}", arguments[0].trim_matches('-')), stdout(&output));
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_possible() {
    let output = ccs(&["pakage"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("a_wrong_command", stderr(&output));
}

#[test]
fn the_version_is_one_line() {
    assert_eq!(stdout(&ccs(&["--version"])), concat!("ccs ", env!("CARGO_PKG_VERSION"), "\n"));
}

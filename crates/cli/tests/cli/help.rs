//! Help texts, which are part of what users rely on.

use std::fs;

use ccs_testkit::source_tree;

use crate::{ccs, stderr, stdout};

#[test]
fn help_teaches_each_command() {
    for arguments in [
        &["--help"][..],
        &["demo", "--help"],
        &["dev", "--help"],
        &["package", "--help"],
        &["id", "--help"],
        &["inspect", "--help"],
        &["lint", "--help"],
        &["render", "--help"],
        &["unpack", "--help"],
        &["diff", "--help"],
        &["env", "--help"],
        &["tls", "--help"],
        &["tls", "init", "--help"],
        &["tls", "issue", "--help"],
        &["tls", "show", "--help"],
        &["tls", "rotate", "--help"],
        &["launch", "--help"],
        &["launch", "render", "--help"],
        &["launch", "check", "--help"],
        &["launch", "list", "--help"],
        &["launch", "reconcile", "--help"],
        &["launch", "gc", "--help"],
        &["rebind", "--help"],
        &["prune", "--help"],
        &["probe", "--help"],
        &["user", "--help"],
        &["user", "add", "--help"],
        &["user", "list", "--help"],
        &["invoke", "--help"],
        &["query", "--help"],
        &["events", "--help"],
        &["blocks", "--help"],
        &["explain", "--help"],
        &["doctor", "--help"],
    ] {
        let output = ccs(arguments);
        assert!(output.status.success());
        let words: Vec<_> = arguments.iter().filter(|word| !word.starts_with("--")).copied().collect();
        let name = if words.is_empty() { "help".to_owned() } else { words.join("_") };
        insta::assert_snapshot!(format!("help_{name}"), stdout(&output));
        pages_exist(&name, &stdout(&output));
    }
}

/// Checks that each page in a help text, written as `"TITLE" (docs/NAME.html)`, exists and has that title.
fn pages_exist(command: &str, help: &str) {
    // The help breaks lines.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!help.contains("See docs/"), "{command} names a page without its title");
    for (before, after) in help.match_indices("(docs/").map(|(at, _)| help.split_at(at)) {
        let title = before.trim_end().trim_end_matches('"').rsplit('"').next().unwrap();
        let name = after.trim_start_matches("(docs/").split(".html)").next().unwrap();
        let page = fs::read_to_string(source_tree().join("docs").join(format!("{name}.md"))).unwrap();
        let heading = page.lines().next().unwrap().trim_start_matches("# ").replace('`', "");
        assert_eq!(heading, title, "ccs {command} names docs/{name}.html");
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
    for argument in ["--version", "version"] {
        assert_eq!(stdout(&ccs(&[argument])), concat!("ccs ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn help_is_a_command_too() {
    assert_eq!(stdout(&ccs(&["help"])), stdout(&ccs(&["-h"])));
    assert_eq!(stdout(&ccs(&["help", "tls", "init"])), stdout(&ccs(&["tls", "init", "--help"])));
}

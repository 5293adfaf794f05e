//! `ccs man`.

use crate::{ccs, stderr, stdout};

#[test]
fn there_is_a_page_for_each_command_and_an_existing_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = ccs(&["man", path]);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["ccs.1", "ccs-demo.1", "ccs-package.1", "ccs-probe.1"] {
        assert!(stdout(&output).contains(&format!("{path}/{name}\n")), "{name}");
    }
    assert!(!stdout(&output).contains("sample"), "hidden commands have no page");
    let page = std::fs::read_to_string(folder.path().join("ccs-demo.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("mutual TLS"), "{page}");
    let again = ccs(&["man", path]);
    assert_eq!(again.status.code(), Some(20));
    assert!(stderr(&again).contains("ccs.1: "), "{}", stderr(&again));
    assert!(stderr(&again).ends_with("hint: --force replaces existing pages\n"), "{}", stderr(&again));
    assert!(ccs(&["man", path, "--force"]).status.success());
}

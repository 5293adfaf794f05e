//! Completions for shells.

use crate::{ccs, stdout};

#[test]
fn completions_know_commands_and_options() {
    for shell in ["bash", "zsh", "fish"] {
        let output = ccs(&["completions", shell]);
        assert!(output.status.success());
        let script = stdout(&output);
        for word in [
            "demo",
            "package",
            "tls",
            "meta-inf",
            "inspect",
            "lint",
            "render",
            "show-keys",
            "unpack",
            "diff",
            "rebind",
            "watch-secret",
            "prune",
        ] {
            assert!(script.contains(word), "{shell} knows {word}");
        }
    }
}

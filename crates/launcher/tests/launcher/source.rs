//! Packages with source. The tools are scripts; `cargo xtask fabric` uses the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::site::{LIMIT, Site, gone, said};

const SETTINGS: &str = "platform: process\nlanguages: [golang, node, java]\n";

/// Makes a package in a language, and a script as its tool.
fn site(chaincode_type: &str, tool: &str, script: &str) -> Site {
    let site = Site::new(SETTINGS, chaincode_type);
    let metadata = format!(r#"{{"path":"example.com/cc","type":"{chaincode_type}","label":"basic_1.0"}}"#);
    fs::write(site.path("metadata/metadata.json"), metadata).unwrap();
    for name in ["go.mod", "package.json", "pom.xml"] {
        site.source(&format!("src/{name}"), "");
    }
    let path = site.path("tools").join(tool);
    fs::create_dir(site.path("tools")).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    site
}

#[test]
fn go_source_becomes_the_program_by_a_fake_go() {
    let script = "echo \"$@\" >&2; for word; do out=$last; last=$word; done; printf '#!/bin/sh\\necho ready $$; exec sleep 100\\n' > $out";
    let site = site("golang", "go", script);
    assert_eq!(site.detect().status.code(), Some(0));
    let built = site.build();
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert!(said(&built).starts_with("build basic_1.0: built: from source in "), "{}", said(&built));
    assert_eq!(site.built(), [("chaincode".to_owned(), 0o700), ("metadata.json".to_owned(), 0o600)]);
    assert!(!site.path("bld/.ccs-launcher").exists());
    let mut run = site.run("meta");
    run.says("ready ");
    run.signal(Signal::TERM);
    assert_eq!(run.ends().0, Some(0));
}

#[test]
fn node_source_is_installed_and_started_where_it_is_by_a_fake_npm() {
    let script = "case $1 in install) mkdir -p node_modules/.bin; ln -s ../x/cli.js node_modules/.bin/x;; *) pwd; echo \"$@\"; exit 1;; esac";
    let site = site("node", "npm", script);
    let built = site.build();
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert!(site.path("bld/src/package.json").exists());
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(46));
    let folder = fs::canonicalize(site.path("bld/src")).unwrap();
    for line in [folder.display().to_string(), "start -- --peer.address peer0.example.com:7052".to_owned()] {
        assert!(lines.contains(&format!("chaincode basic_1.0: {line}")), "{line}: {lines:#?}");
    }
}

#[test]
fn a_fake_tool_that_fails_is_told_with_its_last_lines_and_leaves_nothing() {
    let site = site("node", "npm", "seq 30; echo no such version >&2; exit 5");
    let built = site.build();
    let text = said(&built);
    assert_eq!(built.status.code(), Some(23), "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 21, "{text}");
    assert!(lines.contains(&"build basic_1.0: npm: no such version"), "{text}");
    assert!(!lines.contains(&"build basic_1.0: npm: 1"), "{text}");
    assert_eq!(
        lines[20],
        "build basic_1.0: error 23 language build: npm failed, exit status: 5; hint: its last output is in the lines above"
    );
    assert_eq!(fs::read_dir(site.path("bld")).unwrap().count(), 0);
}

#[test]
fn a_link_that_the_peer_would_refuse_is_named() {
    let site = site("node", "npm", "ln -s /etc outside");
    let built = site.build();
    assert_eq!(built.status.code(), Some(23));
    let expected = "npm created the link src/outside to /etc, which the peer does not keep; hint: ";
    assert!(said(&built).contains(expected), "{}", said(&built));
    assert_eq!(fs::read_dir(site.path("bld")).unwrap().count(), 0);
}

#[test]
fn a_tool_that_is_not_there_is_named() {
    let site = site("java", "other", "");
    fs::write(site.path("launch.yaml"), format!("{SETTINGS}build: {{environment: {{PATH: /nowhere}}}}\n"))
        .unwrap();
    let built = site.build();
    assert_eq!(built.status.code(), Some(23));
    assert_eq!(
        said(&built),
        "build basic_1.0: error 23 language build: cannot execute mvn: No such file or directory (os error 2); hint: \
         install mvn in a folder of the peer's PATH\n"
    );
}

#[test]
fn a_build_without_its_product_is_refused() {
    let site = site("java", "mvn", "exit 0");
    let built = site.build();
    assert_eq!(built.status.code(), Some(23));
    let expected = "error 23 language build: the build did not create chaincode.jar: there is no such file; hint: the peer's own builder";
    assert!(said(&built).contains(expected), "{}", said(&built));
}

#[test]
fn sigterm_ends_a_build_in_three_seconds_although_its_fake_tool_ignores_it() {
    let site =
        site("node", "npm", "trap '' TERM; sleep 100 & echo $! > $TMPDIR/child; while true; do wait; done");
    let build = site.building();
    let child = site.path("bld/.ccs-launcher/child");
    let start = Instant::now();
    let pid = loop {
        match fs::read_to_string(&child) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => assert!(start.elapsed() < LIMIT, "the tool does not start"),
        }
        std::thread::yield_now();
    };
    build.signal(Signal::TERM);
    let (code, took, lines) = build.ends();
    assert_eq!(code, Some(23), "{lines:#?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(lines.last().unwrap().contains("npm was stopped by a signal"), "{lines:#?}");
    gone(&pid);
    assert!(site.built().is_empty(), "{:?}", site.built());
}

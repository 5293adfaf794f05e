//! Packages that the builder launches: compiled programs, and source.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ccs_testkit::wait_for_exit;
use serde_json::Value;

use super::peer::{DevPeer, PATIENCE, kill};
use crate::folder::Folder;
use crate::{ccs, stderr};

/// A package of the contract in JavaScript whose `npm start` is `fabric-chaincode-node start`.
fn in_javascript(folder: &Folder) -> String {
    let source = ccs_testkit::source_tree().join("conformance/starts/javascript");
    let options = ["--label", "basic_1.0", "--source", source.to_str().unwrap(), "--lang", "node"];
    folder.package("basic.tgz", &options).0
}

/// Waits until the peer has reported an event this number of times, and returns the last one.
fn told(peer: &mut DevPeer, times: usize, is_meant: impl Fn(&Value) -> bool) -> Value {
    loop {
        let meant: Vec<_> = peer.told.iter().filter(|document| is_meant(document)).collect();
        if meant.len() >= times {
            return meant[times - 1].clone();
        }
        peer.wait_for(&is_meant);
    }
}

/// Waits until `run` has started the chaincode this number of times, and returns its process.
fn launched(peer: &mut DevPeer, times: usize) -> String {
    let words = "the chaincode runs as process ";
    let told = told(peer, times, |it| it["line"].as_str().is_some_and(|line| line.contains(words)));
    told["line"].as_str().unwrap().split_once(words).unwrap().1.to_owned()
}

fn ready(peer: &mut DevPeer) {
    told(peer, 1, |it| it["what"].as_str().is_some_and(|what| what.starts_with("is ready as basic_1.0:")));
}

fn has_left(document: &Value) -> bool {
    document["what"].as_str().is_some_and(|what| what.starts_with("has disconnected: "))
}

#[test]
#[ignore = "needs Node.js 18 or later and npm"]
fn source_is_built_and_runs_and_what_was_killed_is_started_by_the_next_transaction() {
    let folder = Folder::new();
    let package = in_javascript(&folder);
    let here = PathBuf::from(folder.path(""));
    let mut peer = DevPeer::start(&here, &[&package, "--chaincode-tls"]);
    let first = launched(&mut peer, 1);
    ready(&mut peer);
    peer.invoke(&here, &["Put", "a", "1"]);
    assert_eq!(peer.query(&here, &["Get", "a"]).trim_end(), "1");
    kill("KILL", &format!("-{first}"));
    told(&mut peer, 1, has_left);
    assert_eq!(peer.query(&here, &["Get", "a"]).trim_end(), "1");
    let second = launched(&mut peer, 2);
    assert_ne!(first, second);
    peer.signal("TERM");
    assert!(peer.ended().success());
    assert!(wait_for_exit(&second, PATIENCE), "process {second} is still there");
    let left = |it: &serde_json::Value| {
        it["what"].as_str().is_some_and(|what| what.starts_with("has disconnected: "))
    };
    assert_eq!(
        peer.told.iter().filter(|it| left(it)).count(),
        1,
        "that it ends with the peer is not worth a line"
    );
}

#[test]
#[ignore = "needs Node.js 18 or later and npm"]
fn what_was_launched_does_not_outlive_a_kill_of_the_peer() {
    let folder = Folder::new();
    let package = in_javascript(&folder);
    let mut peer = DevPeer::start(Path::new(&folder.path("")), &[&package]);
    let process = launched(&mut peer, 1);
    ready(&mut peer);
    peer.signal("KILL");
    peer.child.wait().unwrap();
    assert!(wait_for_exit(&process, PATIENCE), "process {process} is still there");
}

#[test]
fn a_program_that_ends_at_once_fails_the_transaction_at_once() {
    let folder = Folder::new();
    let script = folder.write("script", "#!/bin/sh\necho no license >&2\nexit 3\n");
    let (package, id) = folder.package("basic.tgz", &["--label", "basic_1.0", "--binary", &script]);
    let here = PathBuf::from(folder.path(""));
    let mut peer = DevPeer::start(&here, &[&package]);
    let output = peer.client(&here, &["query", "basic", "get", "a"]);
    assert!(!output.status.success());
    let text = format!(
        "could not launch chaincode {id}: chaincode registration failed: failed to wait on container exit: builder \
         'ccs-builder' run failed: exit status 46"
    );
    assert!(stderr(&output).contains(&text), "{}", stderr(&output));
    let line = "error 46 chaincode ended: the chaincode ended by itself with exit status 3; its last line: no license";
    told(&mut peer, 1, |it| it["line"].as_str().is_some_and(|found| found.contains(line)));
}

/// A builder that accepts each package. Its `run` prints its process ID and starts nothing that registers.
const IDLE_BUILDER: &str = r#"#!/bin/sh
mkdir -p "$2"
for program in detect build release; do printf '#!/bin/sh\nexit 0\n' > "$2/$program"; done
printf '#!/bin/sh\necho the chaincode runs as process $$ >&2\nexec sleep 1000\n' > "$2/run"
chmod 755 "$2"/*
"#;

#[test]
fn a_chaincode_that_never_registers_is_launched_anew_and_all_launches_end_with_the_peer() {
    let folder = Folder::new();
    let script = folder.write("script", "#!/bin/sh\n");
    let (package, id) = folder.package("basic.tgz", &["--label", "basic_1.0", "--binary", &script]);
    let builder = folder.write("builder", IDLE_BUILDER);
    fs::set_permissions(&builder, fs::Permissions::from_mode(0o755)).unwrap();
    let here = PathBuf::from(folder.path(""));
    let mut peer = DevPeer::start(&here, &[&package, "--builder", &builder, "--startup-timeout", "1s"]);
    let first = launched(&mut peer, 1);
    let text = format!("timeout expired while starting chaincode {id} for transaction");
    // The peer launches it when it starts; that has timed out.
    told(&mut peer, 1, |document| document.to_string().contains("is not running yet"));
    let output = peer.client(&here, &["query", "basic", "Get", "a"]);
    assert!(stderr(&output).contains(&text), "{}", stderr(&output));
    let second = launched(&mut peer, 2);
    assert_ne!(first, second);
    peer.signal("TERM");
    assert!(peer.ended().success());
    for process in [first, second] {
        assert!(wait_for_exit(&process, PATIENCE), "process {process} is still there");
    }
}

#[test]
fn a_run_that_cannot_be_started_fails_the_transaction_in_a_peers_words() {
    let folder = Folder::new();
    let script = folder.write("script", "#!/bin/sh\n");
    let (package, id) = folder.package("basic.tgz", &["--label", "basic_1.0", "--binary", &script]);
    let broken = IDLE_BUILDER.replace("printf '#!/bin/sh\\necho the", "printf '#!/nowhere\\necho the");
    let builder = folder.write("builder", broken);
    fs::set_permissions(&builder, fs::Permissions::from_mode(0o755)).unwrap();
    let here = PathBuf::from(folder.path(""));
    let peer = DevPeer::start(&here, &[&package, "--builder", &builder]);
    let output = peer.client(&here, &["query", "basic", "Get", "a"]);
    let text = format!(
        "could not launch chaincode {id}: error starting container: error starting container: could not execute run: builder \
         'ccs-builder' run failed to start: fork/exec "
    );
    assert!(stderr(&output).contains(&text), "{}", stderr(&output));
}

#[test]
fn an_image_needs_settings() {
    let folder = Folder::new();
    let image =
        "registry.example.com/basic@sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";
    let (package, _) = folder.package("basic.tgz", &["--label", "basic_1.0", "--image", image]);
    let free = ["--listen", "127.0.0.1:0", "--chaincode-listen", "127.0.0.1:0"];
    let organizations = folder.path("organizations");
    let output = ccs(&[&["dev", &package, "--organizations", &organizations], &free[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let expected = "error: no platform is configured for packages of the type k8s\nhint: pass a launch.yaml with --launch FILE, \
                    for example one with the line platform: docker\n";
    assert!(stderr(&output).ends_with(expected), "{}", stderr(&output));
}

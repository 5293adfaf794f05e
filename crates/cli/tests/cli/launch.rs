//! `ccs launch` without a platform; `cargo xtask kubernetes` uses one.

use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

use crate::archive::{self, file};
use crate::folder::Folder;
use crate::{stderr, stdout};

const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";

/// Runs `ccs launch` with nothing of this process's environment.
fn launch(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("ccs").unwrap();
    command.arg("launch").args(arguments).env_clear().env("PATH", "/bin").output().unwrap()
}

/// Writes a package with image.json, and launch.yaml.
fn site(chaincode_type: &str, more: &str, settings: &str) -> (Folder, String, String) {
    let folder = Folder::new();
    let metadata = format!(r#"{{"type":"{chaincode_type}","label":"basic_1.0"}}"#);
    let image = format!(r#"{{"name":"registry.example.com/basic","digest":"{DIGEST}"{more}}}"#);
    let package = archive::package(&metadata, &[file("image.json", image)]);
    let package = folder.write("basic.tgz", package);
    let settings = folder.write("launch.yaml", settings);
    (folder, package, settings)
}

/// Compares what a command prints, for any package ID.
fn prints(name: &str, output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
    assert_eq!(stderr(output), "");
    let filters = [
        (r"basic_1\.0:[0-9a-f]{64}", "[package]"),
        (r"basic_1\.0-[0-9a-f]{64}", "[package]"),
        (r"basic10-[a-z2-7]{13}", "basic10-[hash]"),
        (r"\b[A-Z2-7]{52}\b", "[hash]"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(name, stdout(output));
    });
}

#[test]
fn a_server_on_kubernetes_is_rendered_as_manifests() {
    let settings = "platform: kubernetes\npeer_id: org1-peer0\nkubernetes: {namespace: hlf, security: restricted}\n\
                    chaincodes:\n  - match: {label: 'basic_*'}\n    pod: {spec: {containers: [{name: chaincode, resources: \
                    {limits: {memory: 512Mi}}}]}}\n";
    let (_folder, package, settings) = site("ccaas", "", settings);
    let arguments = ["render", &package, "--settings", &settings, "--mspid", "Org1MSP"];
    prints("launch_render_server", &launch(&arguments));
    let json = launch(&[&arguments[..], &["--json"]].concat());
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&document["platform"], &document["role"], &document["exit_code"]),
        (&"kubernetes".into(), &"server".into(), &0.into())
    );
    let kinds: Vec<_> =
        document["objects"].as_array().unwrap().iter().map(|object| &object["kind"]).collect();
    assert_eq!(kinds, ["Secret", "Service", "Deployment"]);
    assert_eq!(document["objects"][0]["stringData"]["server.key"], "[redacted]");
}

#[test]
fn chaincode_that_dials_is_rendered_for_the_address_of_the_peer() {
    let (_folder, package, settings) = site("k8s", "", "kubernetes: {namespace: hlf}\n");
    let arguments = ["render", &package, "--settings", &settings, "--peer-id", "peer0"];
    let output = launch(&arguments);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("hint: add --peer-address "), "{}", stderr(&output));
    let address = ["--peer-address", "peer0:7052", "--mspid", "Org1MSP"];
    prints("launch_render_client", &launch(&[&arguments[..], &address].concat()));
}

#[test]
fn a_container_and_a_process_are_rendered_as_their_settings() {
    let address = ["--peer-id", "peer0", "--peer-address", "peer0:7052"];
    let settings = "platform: docker\ndocker: {host: 'unix:///run/docker.sock', network: fabric_test, limits: {memory: 512Mi}}\n";
    let (_folder, package, settings) = site("k8s", "", settings);
    let arguments = [&["render", &package, "--settings", &settings][..], &address].concat();
    prints("launch_render_container", &launch(&arguments));
    let (_folder, package, settings) = site(
        "ccaas",
        "",
        "platform: docker\ndocker: {host: 'unix:///run/docker.sock', network: fabric_test}\n",
    );
    let arguments = ["render", &package, "--settings", &settings, "--peer-id", "peer0"];
    prints("launch_render_served_container", &launch(&arguments));
    let settings = "platform: process\nprocess: {environment: {GOGC: '50'}, limits: {memory: 1Gi, nice: 5}, user: '10001:10002'}\n";
    let (_folder, package, settings) = site("binary", "", settings);
    let arguments = [&["render", &package, "--settings", &settings][..], &address].concat();
    prints("launch_render_process", &launch(&[&arguments[..], &["--plaintext"]].concat()));
}

#[test]
fn what_is_not_launched_is_told_with_the_reason() {
    for (chaincode_type, more, settings, code, says) in [
        (
            "ccaas",
            "",
            "",
            1,
            "is not launched: launch.yaml: packages of the type \"ccaas\" are not launched\nhint: write platform: kubernetes",
        ),
        (
            "ccaas",
            r#","role":"client""#,
            "platform: kubernetes",
            1,
            "role is client, so the peer dials the address in connection.json",
        ),
        ("wasm", "", "", 1, "no package of the type \"wasm\" is launched"),
        ("ccaas", r#","port":0"#, "platform: kubernetes", 21, "image.json: invalid value: integer `0`"),
        ("ccaas", "", "platform: kubernetes", 24, "Expected CORE_PEER_ID environment variable"),
        (
            "ccaas",
            "",
            "platform: kubernetes\npeer_id: p\nchaincodes: [{pod: {spec: {restartPolicy: Never}}}]",
            24,
            "spec.restartPolicy cannot be changed",
        ),
    ] {
        let (_folder, package, settings) = site(chaincode_type, more, settings);
        let output = launch(&["render", &package, "--settings", &settings]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
        let json = launch(&["render", &package, "--settings", &settings, "--json"]);
        assert_eq!(json.status.code(), Some(code));
        let document: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(document["exit_code"], code);
        assert!(document["reason"].is_string() && document["platform"].is_null(), "{document}");
    }
}

#[test]
fn broken_settings_are_named() {
    let (folder, package, settings) = site("ccaas", "", "platfrom: kubernetes\n");
    let output = launch(&["render", &package, "--settings", &settings]);
    assert_eq!(output.status.code(), Some(24));
    assert!(stderr(&output).contains("did you mean platform?"), "{}", stderr(&output));
    let missing = folder.path("missing.yaml");
    let output = launch(&["render", &package, "--settings", &missing]);
    assert_eq!(output.status.code(), Some(24));
    assert!(stderr(&output).contains("cannot read "), "{}", stderr(&output));
}

#[test]
fn a_check_of_processes_names_the_tools_that_are_missing() {
    let settings = "platform: process\nlanguages: [golang, java]\n";
    let (folder, _, settings) = site("binary", "", settings);
    let tools = folder.path("tools");
    let go = folder.write("tools/go", "#!/bin/sh\n");
    std::fs::set_permissions(&go, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let check = |more: &[&str]| {
        let mut command = Command::cargo_bin("ccs").unwrap();
        command.args(["launch", "check", "--settings", &settings]).args(more).env_clear();
        command.env("PATH", &tools).env("TMPDIR", folder.path("")).output().unwrap()
    };
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(23));
    let filters = [(folder.path(""), "[folder]/")];
    insta::with_settings!({filters => filters.iter().map(|(from, to)| (from.as_str(), *to)).collect::<Vec<_>>()}, {
        insta::assert_snapshot!("launch_check_process", stdout(&output));
    });
    let json: Value = serde_json::from_slice(&check(&["--json"]).stdout).unwrap();
    assert_eq!(json["exit_code"], 23);
    let missing: Vec<_> =
        json["items"].as_array().unwrap().iter().filter(|item| item["ok"] == false).collect();
    assert_eq!(missing.len(), 2, "{json}");
}

#[test]
fn a_check_names_broken_settings_and_a_platform_that_does_not_answer() {
    let (folder, _, broken) = site("k8s", "", "platfrom: kubernetes\n");
    let output = launch(&["check", "--settings", &broken]);
    assert_eq!(output.status.code(), Some(24));
    assert!(stdout(&output).contains("  missing  "), "{}", stdout(&output));
    assert!(stdout(&output).contains("did you mean platform?"), "{}", stdout(&output));
    let settings = folder.write("launch.yaml", "platform: kubernetes\npeer_id: peer0\n");
    let output = launch(&["check", "--settings", &settings]);
    assert_eq!(output.status.code(), Some(24));
    assert!(stdout(&output).contains("unable to load in-cluster config: "), "{}", stdout(&output));
    let output = launch(&["list", "--settings", &settings]);
    assert_eq!(output.status.code(), Some(24));
    assert!(
        stderr(&output).contains("hint: outside of a cluster, set KUBECONFIG_PATH"),
        "{}",
        stderr(&output)
    );
    let output = launch(&["list", "--settings", &settings, "--builds", &folder.path("missing")]);
    assert_eq!(output.status.code(), Some(20));
    assert!(stderr(&output).contains("hint: the peer has its builds in "), "{}", stderr(&output));
}

#[test]
fn reconcile_and_gc_name_what_they_lack() {
    let (folder, _, settings) = site("ccaas", "", "platform: kubernetes\npeer_id: peer0\n");
    let builds = folder.path("builds");
    std::fs::create_dir(&builds).unwrap();
    // If no build has started anything, there is nothing to maintain, and no cluster is needed.
    let output = launch(&["reconcile", "--settings", &settings, "--builds", &builds]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
    let package = format!("basic_1.0:{}", "ab".repeat(32));
    let arguments = ["reconcile", "--settings", &settings, "--builds", &builds, "--package", &package];
    let output = launch(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("holds no build of {package}")), "{}", stderr(&output));
    let output = launch(&["reconcile", "--settings", &settings, "--builds", &builds, "--every", "soon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("for example 1h or 90s"), "{}", stderr(&output));
    let output = launch(&["reconcile", "--settings", &settings, "--builds", &builds, "--every", "0s"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("0s is less than 1s"), "{}", stderr(&output));
    let installed = folder.write("installed.json", r#"{"chaincode_definitions":[]}"#);
    let output = launch(&["gc", "--settings", &settings, "--installed", &installed]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("queryinstalled --output json"), "{}", stderr(&output));
}

#[test]
fn what_changes_the_builds_waits_for_no_other_command() {
    let (folder, _, settings) = site("ccaas", "", "platform: kubernetes\npeer_id: peer0\n");
    let builds = folder.path("builds");
    std::fs::create_dir(&builds).unwrap();
    let call = |words: &[&str]| launch(&[words, &["--settings", &settings, "--builds", &builds]].concat());
    let package = format!("basic_1.0:{}", "ab".repeat(32));
    let held = std::fs::File::open(&builds).unwrap();
    held.try_lock().unwrap();
    let line = format!(
        "error: another command of ccs changes the builds in {builds}\nhint: run the command again when the \
         other one has ended; a reconcile with --every is idle between its rounds\n"
    );
    for words in [&["gc", "--yes"][..], &["reconcile"], &["reconcile", "--package", &package]] {
        let output = call(words);
        assert_eq!((output.status.code(), stderr(&output)), (Some(20), line.clone()), "{words:?}");
    }
    // A command that only reads takes no lock, and continues with the search for a cluster.
    let output = call(&["gc"]);
    assert!(!stderr(&output).contains("another command of ccs"), "{}", stderr(&output));
    drop(held);
    let output = call(&["gc", "--yes"]);
    assert!(!stderr(&output).contains("another command of ccs"), "{}", stderr(&output));
}

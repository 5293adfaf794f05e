//! `ccs demo`, with the builder in the program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::{ccs, stderr, stdout};

fn demo(arguments: &[&str]) -> std::process::Output {
    ccs(&[&["demo"], arguments].concat())
}

/// Compares with a snapshot, without the parts that differ from run to run.
macro_rules! assert_story {
    ($output:expr) => {
        insta::with_settings!({filters => vec![
            (r"\b[0-9a-f]{64}\b", "[hash]"),
            (r" +\d+(\.\d+)? (\u{b5}s|ms|s)\b", " [time]"),
            (r"process \d+", "process [pid]"),
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            (r"\d+ bytes", "[size] bytes"),
        ]}, { insta::assert_snapshot!($output) })
    };
}

#[test]
fn a_package_becomes_a_chaincode_that_answers() {
    // A machine with only the program: no builder next to it, no rustup and no cargo.
    let alone = tempfile::tempdir().unwrap();
    let program = alone.path().join("ccs");
    fs::copy(assert_cmd::cargo::cargo_bin("ccs"), &program).unwrap();
    let output = std::process::Command::new(program).arg("demo").env_clear().output().unwrap();
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(stderr(&output), "");
    assert_story!(stdout(&output));
}

#[test]
fn mutual_tls_works_with_certificates_made_for_it() {
    let output = demo(&["--tls"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert_story!(stdout(&output));
}

#[test]
fn an_output_that_cannot_be_written_is_missed_at_the_end() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin("ccs"))
        .arg("demo")
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    let text = "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), text));
}

#[test]
fn json_is_one_document() {
    let output = demo(&["--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["ok"], true);
    assert_eq!(document["error"], serde_json::Value::Null);
    assert!(document["package_id"].as_str().unwrap().starts_with("basic_1.0:"));
    let names: Vec<_> =
        document["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(&names[..7], ["install", "package", "detect", "build", "release", "start", "connect"]);
}

#[test]
fn what_is_kept_is_what_a_peer_would_have() {
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("demo");
    let output = demo(&["--tls", "--keep", keep.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let builds = keep.join("peer/externalbuilder/builds");
    let build = fs::read_dir(&builds).unwrap().next().unwrap().unwrap().path();
    assert_eq!(
        fs::read_to_string(build.join("build-info.json")).unwrap(),
        r#"{"builder_name":"ccs-builder"}"#
    );
    let released = build.join("release/chaincode/server/connection.json");
    assert!(fs::read_to_string(&released).unwrap().contains("\"client_auth_required\":true"));
    for secret in [released, keep.join("tls/server/asset-transfer/server.key"), keep.join("basic_1.0.tgz")] {
        assert_eq!(
            fs::metadata(&secret).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            secret.display()
        );
    }
    let again = demo(&["--keep", keep.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is not empty\nhint: give --keep a new folder\n"), "{}", stderr(&again));
}

#[test]
fn a_builder_that_fails_ends_the_demo_with_the_peers_words() {
    let folder = tempfile::tempdir().unwrap();
    let builder = folder.path().join("fake-builder");
    // A fake that installs a `build` which always fails: the real builder takes the demo's package.
    let script = "#!/bin/sh\nmkdir -p \"$2\"\nprintf '#!/bin/sh\\nexit 0\\n' > \"$2/detect\"\n\
                  printf '#!/bin/sh\\necho no >&2\\nexit 13\\n' > \"$2/build\"\nchmod +x \"$2\"/*\n";
    fs::write(&builder, script).unwrap();
    fs::set_permissions(&builder, fs::Permissions::from_mode(0o755)).unwrap();
    let output = ccs(&["demo", "--builder", builder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "external builder 'ccs-builder' failed: exit status 13";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    assert!(stdout(&output).contains("exit status 13\n"), "{}", stdout(&output));
}

#[test]
fn without_a_builder_the_demo_says_where_to_get_one() {
    let output = ccs(&["demo", "--builder", "/nowhere/ccs-builder"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot run /nowhere/ccs-builder: "), "{}", stderr(&output));
}

//! `ccs explain`.

use assert_cmd::Command;

use crate::{ccs, stderr, stdout};

const LOG: &str = "\
2026-01-01 10:00:00.000 UTC 0001 INFO [chaincode.externalbuilder.ccs-builder] waitForExit -> build basic_1.0: error 13 \
address: connection.json: address \"chaincode\" has no port; hint: the peer dials host:port command=build
2026-01-01 10:00:01.000 UTC 0002 INFO [gossip] nothing to see
2026-01-01 10:00:02.000 UTC 0003 ERRO [lifecycle] could not build chaincode: external builder failed: external builder \
failed to build: external builder 'ccs-builder' failed: exit status 13
2026-01-01 10:00:03.000 UTC 0004 WARN [chaincode] could not launch chaincode basic_1.0:ab: connection to basic_1.0:ab \
failed: error cannot create connection for basic_1.0:ab: error creating grpc connection to basic:9999: failed to create \
new connection: context deadline exceeded
";

#[test]
fn a_log_is_explained_in_text_and_in_json() {
    let explain = |arguments: &[&str]| {
        Command::cargo_bin("ccs").unwrap().arg("explain").args(arguments).write_stdin(LOG).output().unwrap()
    };
    let text = explain(&[]);
    assert_eq!(text.status.code(), Some(0), "{}", stderr(&text));
    insta::assert_snapshot!("a_log", stdout(&text));
    let json = explain(&["--json", "-"]);
    assert_eq!(json.status.code(), Some(0));
    insta::assert_snapshot!("a_log_json", stdout(&json));
}

#[test]
fn an_error_is_explained_with_or_without_quotes() {
    let text = "external builder 'ccs-builder' failed: exit status 14";
    let quoted = ccs(&["explain", text]);
    assert_eq!(quoted.status.code(), Some(0));
    assert!(stdout(&quoted).starts_with("ccs-tls line 1\n"), "{}", stdout(&quoted));
    let words: Vec<_> = ["explain"].into_iter().chain(text.split(' ')).collect();
    assert_eq!(stdout(&ccs(&words)), stdout(&quoted));
}

#[test]
fn a_file_is_explained_like_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("peer.log");
    std::fs::write(&file, LOG).unwrap();
    let output = ccs(&["explain", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let piped = Command::cargo_bin("ccs").unwrap().arg("explain").write_stdin(LOG).output().unwrap();
    assert_eq!(stdout(&output), stdout(&piped));
}

#[test]
fn exit_codes_and_names_are_explained() {
    for (arguments, first, field) in [
        (&["explain", "13"][..], "ccs-address line 1\n", "  matched   13\n"),
        (
            &["explain", "exit", "status", "46"],
            "ccs-chaincode-ended line 1\n",
            "  next      ccs explain < peer.log\n",
        ),
        (
            &["explain", "plaintext-remote"],
            "plaintext-remote line 1\n",
            "  cause     The peer connects to another host without TLS.\n",
        ),
        (
            &["explain", "mvcc-read-conflict"],
            "mvcc-read-conflict line 1\n",
            "  seen by   the application, the peer command, the peer's log\n",
        ),
    ] {
        let output = ccs(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.starts_with(first) && text.contains(field), "{text}");
    }
}

#[test]
fn an_unknown_text_ends_with_1_and_says_so() {
    for (arguments, answer) in [
        (&["explain", "all is well"][..], ""),
        (&["explain", "--json", "all is well"], "{\n  \"explanations\": []\n}\n"),
    ] {
        let output = ccs(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output), answer);
        assert!(stderr(&output).starts_with("error: no known error text found\nhint: "));
    }
}

#[test]
fn hostile_bytes_are_escaped() {
    let input = b"duplicate chaincodeID: \x1b[31m\xff\x07evil\n";
    let output =
        Command::cargo_bin("ccs").unwrap().arg("explain").write_stdin(input.as_slice()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains(r"duplicate chaincodeID: \u{1b}[31m"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
}

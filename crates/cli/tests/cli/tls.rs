//! `ccs tls`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ccs_certificates::{host_matches, read_bundle, read_key_pair};
use tempfile::TempDir;

use crate::{ccs_in, stderr, stdout};

/// Compares with a snapshot, without the parts that differ from run to run.
macro_rules! assert_shown {
    ($name:literal, $output:expr) => {
        insta::with_settings!({filters => vec![
            (r"CA [0-9a-f]{8}", "CA [number]"),
            (r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", "[date]"),
        ]}, { insta::assert_snapshot!($name, $output) })
    };
}

fn succeed(folder: &TempDir, arguments: &[&str]) -> std::process::Output {
    let output = ccs_in(folder.path(), arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// A folder with a CA, a server and a client.
fn material() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeed(&folder, &["tls", "init", "tls", "--name", "basic"]);
    let hosts = ["--host", "basic.example.com", "--host", "127.0.0.1"];
    succeed(&folder, &[&["tls", "issue", "tls", "--server", "basic"], &hosts[..]].concat());
    succeed(&folder, &["tls", "issue", "tls", "--client", "peer"]);
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

fn refused(folder: &TempDir, arguments: &[&str], code: i32) -> String {
    let output = ccs_in(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    stderr(&output)
}

#[test]
fn init_issue_and_show_tell_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let init = succeed(&folder, &["tls", "init", "tls", "--name", "basic"]);
    assert_shown!("tls_init", format!("{}\n{}", stdout(&init), stderr(&init)));
    let arguments = ["tls", "issue", "tls", "--server", "basic", "--host", "basic", "--host", "[::1]"];
    let issue = succeed(&folder, &arguments);
    assert_shown!("tls_issue", format!("{}\n{}", stdout(&issue), stderr(&issue)));
    let show = succeed(&folder, &["tls", "show", "tls"]);
    assert_shown!("tls_show", format!("{}\n{}", stdout(&show), stderr(&show)));
    let json = succeed(&folder, &["tls", "show", "tls", "--json"]);
    assert_shown!("tls_show_json", stdout(&json));
    assert_eq!(stderr(&json), "");
    let file = succeed(&folder, &["tls", "show", "tls/server/basic/server.pem"]);
    assert!(stdout(&file).contains("CN=basic "), "{}", stdout(&file));
}

#[test]
fn each_party_gets_all_that_it_needs_and_keys_are_private() {
    let folder = material();
    let tls = folder.path().join("tls");
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&tls), ["authority", "ca.pem", "client", "server"]);
    let server = tls.join("server/basic");
    assert_eq!(names(&server), ["ca.pem", "server.key", "server.key.b64", "server.pem", "server.pem.b64"]);
    assert_eq!(names(&tls.join("client/peer")), ["ca.pem", "client.key", "client.pem"]);
    for secret in [
        "authority/ca.key",
        "server/basic/server.key",
        "server/basic/server.key.b64",
        "client/peer/client.key",
    ] {
        assert_eq!(mode(&tls.join(secret)), 0o600, "{secret}");
    }
    for private in ["", "authority", "server/basic", "client/peer"] {
        assert_eq!(mode(&tls.join(private)), 0o700, "{private}");
    }
    for pair in ["server/basic/server", "client/peer/client"] {
        let (certificate, key) =
            (read(&folder, &format!("tls/{pair}.pem")), read(&folder, &format!("tls/{pair}.key")));
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8");
        read_key_pair(certificate.as_bytes(), key.as_bytes()).unwrap();
    }
    assert_eq!(read(&folder, "tls/server/basic/ca.pem"), read(&folder, "tls/ca.pem"));
}

#[test]
fn keys_are_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["tls", "init", "tls"][..],
        &["tls", "issue", "tls", "--server", "a", "--host", "a"],
        &["tls", "issue", "tls", "--client", "a", "--json"],
        &["tls", "show", "tls"],
        &["tls", "rotate", "tls"],
        &["tls", "rotate", "tls", "--reissue", "--json"],
        &["tls", "rotate", "tls", "--finish"],
    ] {
        let output = succeed(&folder, arguments);
        let said = stdout(&output) + &stderr(&output);
        assert!(!said.contains("BEGIN") && !said.contains("PRIVATE"), "{said}");
    }
    let key = refused(&folder, &["tls", "show", "tls/client/a/client.key"], 14);
    assert!(
        key.starts_with("error: tls/client/a/client.key: it holds no certificate, only PRIVATE KEY\n"),
        "{key}"
    );
}

#[test]
fn a_server_gets_every_name_to_which_the_address_can_render() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&folder, &["tls", "init", "tls"]);
    fs::write(folder.path().join("org2.json"), r#"{"org":"org2"}"#).unwrap();
    let arguments = [
        "tls",
        "issue",
        "tls",
        "--server",
        "basic",
        "--host",
        "localhost",
        "--address",
        "{{.peer_id}}.{{.org}}.example.com:9999",
        "--config",
        r#"{"org":"org1"}"#,
        "--config",
        "org2.json",
        "--peer",
        "peer0",
        "--peer",
        "peer1",
    ];
    succeed(&folder, &arguments);
    let certificate = read_bundle(read(&folder, "tls/server/basic/server.pem").as_bytes()).unwrap();
    let names: Vec<_> =
        certificate.certificates[0].subject_alternative_names().iter().map(ToString::to_string).collect();
    let expected = [
        "DNS:localhost",
        "DNS:peer0.org1.example.com",
        "DNS:peer1.org1.example.com",
        "DNS:peer0.org2.example.com",
        "DNS:peer1.org2.example.com",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_cannot_be_issued_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = refused(&folder, &["tls", "issue", "tls", "--client", "a"], 20);
    assert_eq!(missing, "error: tls contains no ca.pem\nhint: create it with: ccs tls init tls\n");
    succeed(&folder, &["tls", "init", "tls"]);
    let server = ["tls", "issue", "tls", "--server", "basic"];
    for (options, code, message) in [
        (&[][..], 14, "error: the server \"basic\" has no host\nhint: pass --host for each name"),
        (&["--host", "a:1"], 14, "error: \"a:1\" is not a host name\nhint: write a name such as"),
        (
            &["--address", "{{.org}}:1"],
            12,
            "error: --address: key \"org\" is not set (line 1)\nhint: define it with --config",
        ),
        (&["--address", "{{.org"], 12, "error: --address: "),
        (&["--address", "a"], 13, "error: \"a\" renders to \"a\": address \"a\" has no port\nhint: "),
        (&["--address", "a:1", "--config", "[]"], 20, "error: cannot read the configuration []: "),
        (&["--address", "a:1", "--config", "{"], 17, "error: --config: line 1, column 2: "),
        (&["--days", "0"], 2, "error: invalid value '0' for '--days <DAYS>'"),
    ] {
        let said = refused(&folder, &[&server[..], options].concat(), code);
        assert!(said.starts_with(message), "{said}");
    }
    let name = refused(&folder, &["tls", "issue", "tls", "--client", "../a"], 2);
    assert!(
        name.starts_with("error: invalid value '../a' for '--client <NAME>': a name consists of"),
        "{name}"
    );
}

#[test]
fn nothing_is_replaced_without_force() {
    let folder = material();
    let init = refused(&folder, &["tls", "init", "tls"], 20);
    let expected = "error: tls already exists\n\
                    hint: it has a CA: ccs tls issue tls adds certificates, and ccs tls rotate tls replaces the CA\n";
    assert_eq!(init, expected);
    let key = read(&folder, "tls/client/peer/client.key");
    let issue = refused(&folder, &["tls", "issue", "tls", "--client", "peer"], 20);
    assert!(issue.starts_with("error: tls/client/peer already exists\nhint: "), "{issue}");
    assert_eq!(read(&folder, "tls/client/peer/client.key"), key);
    succeed(&folder, &["tls", "issue", "tls", "--client", "peer", "--force"]);
    assert_ne!(read(&folder, "tls/client/peer/client.key"), key);
}

#[test]
fn init_and_issue_do_not_refer_to_each_other_for_a_folder_with_other_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tls")).unwrap();
    let empty = refused(&folder, &["tls", "issue", "tls", "--client", "a"], 20);
    assert_eq!(empty, "error: tls contains no ca.pem\nhint: create it with: ccs tls init tls\n");
    fs::write(folder.path().join("tls/notes.txt"), "").unwrap();
    let issue = refused(&folder, &["tls", "issue", "tls", "--client", "a"], 20);
    assert!(
        issue.starts_with("error: tls contains no ca.pem\nhint: it is not a folder of ccs tls; "),
        "{issue}"
    );
    let init = refused(&folder, &["tls", "init", "tls"], 20);
    let expected = "error: tls already exists\nhint: tls holds other files and no CA; choose another name\n";
    assert_eq!(init, expected);
}

#[test]
fn a_renewed_server_keeps_its_hosts() {
    let folder = material();
    let before = read(&folder, "tls/server/basic/server.pem");
    succeed(&folder, &["tls", "issue", "tls", "--server", "basic", "--force"]);
    let after = read(&folder, "tls/server/basic/server.pem");
    assert_ne!(after, before);
    let hosts =
        |pem: &str| read_bundle(pem.as_bytes()).unwrap().certificates[0].subject_alternative_names().to_vec();
    assert_eq!(hosts(&after), hosts(&before));
    let new = refused(&folder, &["tls", "issue", "tls", "--server", "new", "--force"], 14);
    assert!(new.starts_with("error: the server \"new\" has no host\n"), "{new}");
}

#[test]
fn a_certificate_that_would_outlive_its_ca_is_cut_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&folder, &["tls", "init", "tls", "--days", "10"]);
    let output = succeed(&folder, &["tls", "issue", "tls", "--client", "peer"]);
    assert!(stdout(&output).contains(", 9 days left"), "{}", stdout(&output));
    let warning = "warning: the certificate ends when its CA does; ccs tls rotate makes a new CA\n";
    assert!(stderr(&output).starts_with(warning), "{}", stderr(&output));
}

#[test]
fn a_change_of_the_ca_leaves_nobody_without_trust() {
    let folder = material();
    let (old, server) = (read(&folder, "tls/ca.pem"), read(&folder, "tls/server/basic/server.pem"));
    let begin = succeed(&folder, &["tls", "rotate", "tls"]);
    assert_shown!("tls_rotate", format!("{}\n{}", stdout(&begin), stderr(&begin)));
    let bundle = read(&folder, "tls/ca.pem");
    assert_eq!(read_bundle(bundle.as_bytes()).unwrap().certificates.len(), 2);
    assert!(bundle.ends_with(&old), "the old CA is still trusted");
    for copy in ["tls/server/basic/ca.pem", "tls/client/peer/ca.pem"] {
        assert_eq!(read(&folder, copy), bundle);
    }
    assert_eq!(read(&folder, "tls/server/basic/server.pem"), server, "certificates stay");

    let twice = refused(&folder, &["tls", "rotate", "tls"], 14);
    assert!(twice.starts_with("error: tls already has a rotation in progress\nhint: "), "{twice}");
    let early = refused(&folder, &["tls", "rotate", "tls", "--finish"], 14);
    let expected = "error: tls/server/basic/server.pem was issued by the old CA\n\
                    hint: first: ccs tls rotate tls --reissue\n";
    assert_eq!(early, expected);

    let reissue = succeed(&folder, &["tls", "rotate", "tls", "--reissue"]);
    assert_shown!("tls_rotate_reissue", format!("{}\n{}", stdout(&reissue), stderr(&reissue)));
    let issued = read_bundle(read(&folder, "tls/server/basic/server.pem").as_bytes()).unwrap();
    let issued = &issued.certificates[0];
    assert!(host_matches(issued, "basic.example.com") && host_matches(issued, "127.0.0.1"));

    let finish = succeed(&folder, &["tls", "rotate", "tls", "--finish"]);
    assert_shown!("tls_rotate_finish", format!("{}\n{}", stdout(&finish), stderr(&finish)));
    let present = read(&folder, "tls/ca.pem");
    assert_eq!(bundle, format!("{present}{old}"));
    assert_eq!(read(&folder, "tls/client/peer/ca.pem"), present);
    for options in [&["--finish"][..], &["--finish", "--force"]] {
        let nothing = refused(&folder, &[&["tls", "rotate", "tls"], options].concat(), 14);
        let expected = "error: tls has no rotation in progress\nhint: ccs tls rotate tls begins one\n";
        assert_eq!(nothing, expected);
    }
    fs::write(folder.path().join("tls/client/peer/ca.pem"), &bundle).unwrap();
    succeed(&folder, &["tls", "rotate", "tls", "--finish"]);
    assert_eq!(read(&folder, "tls/client/peer/ca.pem"), present, "an interrupted step is completed");
    succeed(&folder, &["tls", "rotate", "tls"]);
}

#[test]
fn show_tells_of_a_bundle_that_is_out_of_date() {
    let folder = material();
    fs::write(folder.path().join("tls/client/peer/ca.pem"), "old").unwrap();
    let show = succeed(&folder, &["tls", "show", "tls"]);
    assert!(
        stderr(&show).starts_with(
            "warning: tls/client/peer/ca.pem is out of date; ccs tls rotate DIR --reissue renews it\n"
        ),
        "{}",
        stderr(&show)
    );
}

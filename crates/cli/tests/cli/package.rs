//! `ccs package`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ccs_package::{Limits, disk};

use crate::{ccs, ccs_in, stderr, stdout};

/// A folder for one test, and paths inside it as text.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

#[test]
fn the_same_inputs_give_the_same_package_id_on_every_machine() {
    let folder = Folder::new();
    let index = r#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#;
    folder.write("META-INF/statedb/couchdb/indexes/byOwner.json", index);
    let (out, meta_inf) = (folder.path("basic.tgz"), folder.path("META-INF"));
    let arguments = [
        "package",
        &out,
        "--label",
        "basic_1.0",
        "--address",
        "basic.example.com:9999",
        "--meta-inf",
        &meta_inf,
    ];
    let output = ccs(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "basic_1.0:497b4ae557b27ee1ae3cc248002feb78831ffcf694d3a2a566a4b341fd25e13a\n"
    );
    assert_eq!(stderr(&output), format!("next: peer lifecycle chaincode install {out}\n"));
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let package = disk::load(Path::new(&out), &Limits::default()).unwrap();
    let paths: Vec<_> = package.code_entries().iter().map(|entry| entry.path().to_str().unwrap()).collect();
    assert_eq!(paths, ["META-INF/statedb/couchdb/indexes/byOwner.json", "connection.json"]);
}

#[test]
fn what_the_builder_would_refuse_is_refused_with_the_builders_code() {
    let folder = Folder::new();
    let out = folder.path("basic.tgz");
    let broken = folder.write("connection.json", r#"{"address":"a:1","tls_required":true}"#);
    folder.write("bad/statedb/couchdb/indexes/x.json", "{}");
    let bad = folder.path("bad");
    for (arguments, code, message) in [
        (vec!["--label", "a b", "--address", "a:1"], 10, "error: label \"a b\" contains ' '\nhint: "),
        (
            vec!["--label", "a", "--address", "a"],
            13,
            "error: connection.json: address \"a\" has no port\nhint: the peer dials host:port",
        ),
        (
            vec!["--label", "a", "--address", "a:1", "--dial-timeout", "10"],
            16,
            "error: connection.json: dial_timeout: \"10\" is not a duration: the unit is missing\nhint: ",
        ),
        (vec!["--label", "a", "--address", "{{.x"], 12, "error: connection.json: the template in address: "),
        (
            vec!["--label", "a", "--connection", &broken],
            14,
            "error: connection.json: tls_required is true and root_cert is missing\nhint: ",
        ),
        (
            vec!["--label", "a", "--address", "a:1", "--meta-inf", &bad],
            15,
            "error: META-INF/statedb/couchdb/indexes/x.json: the key index is missing\nhint: ",
        ),
        (vec!["--label", "a", "--connection", "nowhere.json"], 20, "error: cannot read nowhere.json: "),
    ] {
        let output = ccs(&[vec!["package", &out], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn a_template_is_left_to_the_peers_configuration_with_a_warning() {
    let folder = Folder::new();
    let out = folder.path("basic.tgz");
    let output = ccs(&["package", &out, "--label", "a", "--address", "{{.host}}:9999"]);
    assert!(output.status.success());
    let expected =
        "warning: the peer's configuration must define what address uses: key \"host\" is not set (line 1)\n";
    assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
}

#[test]
fn an_existing_file_stays_unless_forced() {
    let folder = Folder::new();
    let out = folder.write("basic.tgz", "precious");
    let arguments = ["package", &out, "--label", "a", "--address", "a:1"];
    let refused = ccs(&arguments);
    assert_eq!(refused.status.code(), Some(20));
    assert_eq!(
        stderr(&refused),
        format!("error: {out:?} exists already\nhint: choose another name, or remove it first\n")
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "precious");
    assert!(ccs(&[&arguments[..], &["--force"]].concat()).status.success());
    assert_ne!(fs::read(&out).unwrap(), b"precious");
}

#[test]
fn json_gives_the_id_and_the_warnings() {
    let folder = Folder::new();
    let out = folder.path("basic.tgz");
    let connection = folder.write("connection.json", r#"{"address":"a:1","tls_enabled":true}"#);
    let output = ccs(&["package", &out, "--label", "a", "--connection", &connection, "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stderr(&output), "");
    assert!(document["package_id"].as_str().unwrap().starts_with("a:"));
    assert_eq!(document["file"], out);
    assert_eq!(document["env_file"], serde_json::Value::Null);
    let warning = "connection.json: no peer reads the key \"tls_enabled\"; did you mean tls_required?";
    assert_eq!(document["warnings"], serde_json::json!([warning]));
}

#[test]
fn the_tls_folder_gives_the_bundle_and_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ccs_in(folder.path(), arguments);
    let package = |out: &str, options: &[&str]| {
        run(&[&["package", out, "--label", "a", "--address", "a:1"], options].concat())
    };
    assert!(run(&["tls", "init", "tls"]).status.success());
    let server = package("server.tgz", &["--tls", "tls"]);
    let warning = "warning: the TLS folder has no client: the peer will present no certificate\n";
    assert!(stderr(&server).starts_with(warning), "{}", stderr(&server));
    assert!(run(&["tls", "issue", "tls", "--client", "peer"]).status.success());
    let by_folder = package("folder.tgz", &["--tls", "tls"]);
    assert!(by_folder.status.success(), "{}", stderr(&by_folder));
    let client =
        ["--client-cert", "tls/client/peer/client.pem", "--client-key", "tls/client/peer/client.key"];
    let by_file = package("file.tgz", &[&["--root-cert", "tls/ca.pem"], &client[..]].concat());
    assert_eq!(stdout(&by_folder), stdout(&by_file), "both ways lead to the same package");
    assert_ne!(stdout(&by_folder), stdout(&server));

    assert!(run(&["tls", "issue", "tls", "--client", "other"]).status.success());
    let which = package("which.tgz", &["--tls", "tls"]);
    assert_eq!(which.status.code(), Some(14));
    let expected = "error: tls holds 2 clients: other, peer\nhint: say which with --client NAME\n";
    assert_eq!(stderr(&which), expected);
    let named = package("named.tgz", &["--tls", "tls", "--client", "peer"]);
    assert_eq!(stdout(&named), stdout(&by_folder));
}

#[test]
fn the_environment_file_is_what_ccs_env_prints() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ccs_in(folder.path(), arguments);
    assert!(run(&["tls", "init", "tls"]).status.success());
    assert!(run(&["tls", "issue", "tls", "--server", "a", "--host", "a"]).status.success());
    let arguments = ["package", "a.tgz", "--label", "a", "--address", "a:1", "--tls", "tls"];
    let made = run(&[&arguments[..], &["--env-file", "a.env", "--lang", "java", "--json"]].concat());
    assert!(made.status.success(), "{}", stderr(&made));
    let document: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(document["env_file"], "a.env");
    let written = fs::read_to_string(folder.path().join("a.env")).unwrap();
    assert!(
        written
            .starts_with(&format!("CORE_CHAINCODE_ID_NAME={}\n", document["package_id"].as_str().unwrap()))
    );
    let env = run(&["env", "a.tgz", "--lang", "java", "--tls", "tls"]);
    assert_eq!(stdout(&env), written);

    fs::remove_file(folder.path().join("a.tgz")).unwrap();
    let refused = run(&[&arguments[..], &["--env-file", "a.env", "--lang", "go"]].concat());
    assert_eq!(refused.status.code(), Some(20));
    assert!(stderr(&refused).starts_with("error: a.env exists already\nhint: "), "{}", stderr(&refused));
    assert!(!folder.path().join("a.tgz").exists(), "both files are written, or none");
    assert_eq!(fs::read_to_string(folder.path().join("a.env")).unwrap(), written);
    let alone = run(&[&arguments[..], &["--listen", "0.0.0.0:1"]].concat());
    assert_eq!(alone.status.code(), Some(2));
    let expected = "error: --listen, --server and --mounted-at are for the environment file\n\
                    hint: add --env-file FILE and --lang LANG\n";
    assert_eq!(stderr(&alone), expected);
}

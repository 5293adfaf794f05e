//! `ccs package`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use ccs_builder::context::Surroundings;
use ccs_builder::stages;
use ccs_package::{Limits, disk};
use proptest::prelude::*;

use crate::folder::{Folder, SelfSigned};
use crate::{ccs, ccs_in, stderr, stdout};

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
    let expected = "warning: the peer's configuration must define the keys that address uses: key \"host\" is not set (line 1)\n";
    assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
}

#[test]
fn keys_that_every_package_has_are_known_and_what_is_left_is_checked() {
    let folder = Folder::new();
    let built_in = "{{.package_label}}.{{.package_hash_short}}.{{.peer_id}}.{{.msp_id}}.{{.hostname}}:9999";
    let out = folder.path("basic.tgz");
    let output = ccs(&["package", &out, "--label", "a", "--address", built_in]);
    assert_eq!(stderr(&output), format!("next: peer lifecycle chaincode install {out}\n"));
    let known = ccs(&["package", &folder.path("b.tgz"), "--label", "a", "--address", "{{.peer_id}}"]);
    assert_eq!(known.status.code(), Some(13), "a port is missing for any ID of the peer");
    let rest = ["--label", "a", "--address", "{{.host}}", "--dial-timeout=-1s"];
    let rest = ccs(&[&["package", &folder.path("c.tgz")], &rest[..]].concat());
    assert_eq!(rest.status.code(), Some(16));
    assert_eq!(
        stderr(&rest),
        "error: connection.json: dial_timeout -1s is negative\nhint: omit it to use the peer's default of 3s\n"
    );
}

#[test]
fn certificates_and_domain_may_hold_templates() {
    let folder = Folder::new();
    let pair = SelfSigned::new("peer0", &[], 400);
    let root = folder.write("ca.pem", "{{.ca}}");
    let (cert, key) = (folder.write("cert.pem", &pair.certificate), folder.write("key.pem", &pair.key));
    let tls = ["--root-cert", &root, "--client-cert", &cert, "--client-key", &key];
    let options = ["--label", "a", "--address", "basic:1", "--domain", "{{.org}}.example.com"];
    let (package, _) = folder.package("basic.tgz", &[&options[..], &tls].concat());
    let config = serde_json::json!({ "ca": pair.certificate, "org": "org1" }).to_string();
    let rendered = ccs(&["render", &package, "--config", &config, "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&rendered.stdout).unwrap();
    let connection = &document["peers"][0]["connection"];
    assert_eq!(
        (&connection["domain"], &connection["root_cert"]),
        (&"org1.example.com".into(), &pair.certificate.into())
    );
}

#[test]
fn a_ready_connection_goes_into_a_package_of_either_type_byte_for_byte() {
    let folder = Folder::new();
    let text = "{ \"address\" : \"basic:1\", \"x-team\": 1e400 }\n";
    let connection = folder.write("ready.json", text);
    for kind in ["ccaas", "external"] {
        let name = format!("{kind}.tgz");
        let options = ["--label", "a", "--connection", &connection, "--type", kind];
        let (package, _) = folder.package(&name, &options);
        let unpacked = folder.path(kind);
        assert!(ccs(&["unpack", &package, &unpacked]).status.success());
        assert_eq!(fs::read_to_string(format!("{unpacked}/src/connection.json")).unwrap(), text);
        let metadata = fs::read_to_string(format!("{unpacked}/metadata/metadata.json")).unwrap();
        assert_eq!(metadata, format!(r#"{{"path":"","type":"{kind}","label":"a"}}"#));
    }
    let broken = folder.write("broken.json", "{");
    let output = ccs(&["package", &folder.path("b.tgz"), "--label", "a", "--connection", &broken]);
    assert_eq!(output.status.code(), Some(11));
    assert!(stderr(&output).starts_with("error: connection.json: line 1, column 2: "), "{}", stderr(&output));
    let endless = ccs(&["package", &folder.path("b.tgz"), "--label", "a", "--connection", "/dev/zero"]);
    assert_eq!(stderr(&endless), "error: cannot read /dev/zero: it is larger than 1048576 bytes\n");
}

#[test]
fn folder_umask_time_zone_and_language_do_not_change_the_package() {
    let program = assert_cmd::cargo::cargo_bin("ccs");
    let mut made = Vec::new();
    for (umask, zone, language) in [("000", "UTC", "C"), ("077", "Pacific/Auckland", "de_DE.UTF-8")] {
        let folder = Folder::new();
        folder.write("META-INF/statedb/couchdb/indexes/x.json", r#"{"index":{"fields":["a"]}}"#);
        let command =
            r#"umask "$1"; cd "$2"; exec "$0" package a.tgz --label a --address b:1 --meta-inf META-INF"#;
        let output = std::process::Command::new("sh")
            .args(["-c", command])
            .args([program.as_os_str(), umask.as_ref(), folder.path("").as_ref()])
            .env("TZ", zone)
            .env("LC_ALL", language)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        made.push((stdout(&output), fs::read(folder.path("a.tgz")).unwrap()));
    }
    assert_eq!(made[0], made[1]);
}

/// Runs the builder's own preparation over a package, as on a peer with a configuration for every template here.
fn prepare(package: &Path) -> Result<(), ccs_builder::Error> {
    let folder = tempfile::tempdir().unwrap();
    let read = disk::load(package, &Limits::default()).unwrap();
    let scratch = folder.path().join(read.id().scratch_folder());
    fs::create_dir(&scratch).unwrap();
    let source = scratch.join("src");
    disk::unpack_code(fs::File::open(package).unwrap(), &source, &Limits::default()).unwrap();
    let surroundings = Surroundings {
        configuration: Some(r#"{"host":"basic","wait":"5s"}"#.into()),
        builder_folder: None,
        peer: vec![("peer_id", "peer7".to_owned())],
        now: SystemTime::now(),
    };
    stages::prepare(&source, read.metadata(), &surroundings, &mut Vec::new()).map(drop)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_accepted_is_accepted_by_the_builder(
        label in "[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,20}|[a-z :/]{0,4}",
        address in "\\{\\{\\.(host|peer_id|package_label|nobody)\\}\\}:9999|basic(:[0-9]{1,6})?|\\[::1\\]:1|.{0,12}",
        timeout in prop::option::of("[0-9]{1,3}(ms|s|m)?|-1s|\\{\\{\\.wait\\}\\}|.{1,4}"),
        domain in prop::option::of("[a-z.]{1,12}|\\{\\{\\.host\\}\\}|.{0,8}"),
        kind in prop::sample::select(vec!["ccaas", "external"]),
        root in prop::option::of(0..4_usize),
        pair in prop::option::of((0..4_usize, 0..4_usize)),
        index in prop::option::of(prop::sample::select(vec![r#"{"index":{"fields":["a"]}}"#, "{}", "["])),
    ) {
        let folder = Folder::new();
        let (good, old) = (material(), SelfSigned::new("old", &[], -3));
        let texts = [&good.certificate, &good.key, &old.certificate, &old.key];
        let files: Vec<_> = texts.iter().enumerate().map(|(at, text)| folder.write(&at.to_string(), text)).collect();
        let out = folder.path("a.tgz");
        let mut arguments = vec!["package".to_owned(), out.clone(), "--type".to_owned(), kind.to_owned()];
        arguments.extend([format!("--label={label}"), format!("--address={address}")]);
        arguments.extend(timeout.map(|timeout| format!("--dial-timeout={timeout}")));
        arguments.extend(domain.map(|domain| format!("--domain={domain}")));
        arguments.extend(root.map(|root| format!("--root-cert={}", files[root])));
        if let Some((cert, key)) = pair {
            arguments.extend([format!("--client-cert={}", files[cert]), format!("--client-key={}", files[key])]);
        }
        if let Some(index) = index {
            folder.write("META-INF/statedb/couchdb/indexes/x.json", index);
            arguments.push(format!("--meta-inf={}", folder.path("META-INF")));
        }
        prop_assume!(arguments.iter().all(|argument| !argument.contains('\0')));
        let output = ccs(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert!(output.status.code().is_some_and(|code| code != 101), "{}", stderr(&output));
        if !output.status.success() {
            prop_assert!(!Path::new(&out).exists());
            return Ok(());
        }
        let unknown = address.contains("nobody");
        let prepared = prepare(Path::new(&out));
        prop_assert!(unknown || prepared.is_ok(), "{arguments:?}: {}", prepared.unwrap_err());
        let lint = ccs(&["lint", &out]);
        prop_assert!(lint.status.success(), "{}", stdout(&lint));
    }
}

/// A certificate that is made once.
fn material() -> &'static SelfSigned {
    static MATERIAL: OnceLock<SelfSigned> = OnceLock::new();
    MATERIAL.get_or_init(|| SelfSigned::new("peer0", &["basic"], 400))
}

#[test]
fn a_missing_folder_is_named_and_not_a_temporary_file() {
    let folder = Folder::new();
    let arguments = ["package", "nodir/basic.tgz", "--label", "a", "--address", "a:1"];
    let refused = ccs_in(Path::new(&folder.path("")), &arguments);
    assert_eq!(refused.status.code(), Some(20));
    let expected = "error: cannot create \"nodir/basic.tgz\": No such file or directory (os error 2)\n\
                    hint: create the folder first: mkdir -p nodir\n";
    assert_eq!(stderr(&refused), expected);
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
        format!("error: {out} already exists\nhint: choose another name, or replace it with --force\n")
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
    let expected = "error: tls holds 2 clients: other, peer\nhint: select one with --client NAME\n";
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
    assert!(stderr(&refused).starts_with("error: a.env already exists\nhint: "), "{}", stderr(&refused));
    assert!(!folder.path().join("a.tgz").exists(), "both files are written, or none");
    assert_eq!(fs::read_to_string(folder.path().join("a.env")).unwrap(), written);
    let alone = run(&[&arguments[..], &["--listen", "0.0.0.0:1"]].concat());
    assert_eq!(alone.status.code(), Some(2));
    let expected = "error: --listen, --server and --mounted-at are for the environment file\n\
                    hint: add --env-file FILE and --lang LANG\n";
    assert_eq!(stderr(&alone), expected);
}

//! The subjects of a probe (packages, connection.json, addresses), and errors before the first dial.

use std::fs;

use ccs_testkit::Authority;

use super::{Serve, document, file, id, listener, package, probe, rust_sample, snapshot, start};
use crate::{stderr, stdout};

#[tokio::test]
async fn a_package_brings_its_address_and_the_id_to_expect() {
    let folder = tempfile::tempdir().unwrap();
    let (listener, address) = listener().await;
    let out = folder.path().join("basic.tgz");
    let template = format!("{{{{.host}}}}:{}", address.port());
    let package_id = package(&out, &template, &[]);
    start(listener, Serve::Plaintext, &package_id);
    let out = out.to_str().unwrap();
    let document = document(&[out, "--config", r#"{"host":"127.0.0.1"}"#]).await;
    assert_eq!(document["reachable"], true, "{document:#}");
    assert_eq!(document["address"], address.to_string());
    assert_eq!(document["expected_id"], package_id);
    assert_eq!(document["announced_id"], package_id);
    assert_eq!(document["next"], format!("peer lifecycle chaincode install {out}"));
}

#[tokio::test]
async fn a_package_is_told_from_another_with_the_same_label() {
    let folder = tempfile::tempdir().unwrap();
    let address = rust_sample(Serve::Plaintext).await;
    let out = folder.path().join("basic.tgz");
    let package_id = package(&out, &address.to_string(), &[]);
    let document = document(&[out.to_str().unwrap()]).await;
    assert_eq!(document["cause"], "wrong-id");
    assert_eq!(document["announced_id"], id());
    assert_eq!(document["next"], format!("export CHAINCODE_ID={package_id}"));
}

#[tokio::test]
async fn a_connection_file_is_probed_as_the_builder_renders_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connection.json");
    let address = rust_sample(Serve::Plaintext).await;
    fs::write(&path, format!(r#"{{"address":"{address}","dial_timeout":"5s","tls_requird":true}}"#)).unwrap();
    let output = probe(&[path.to_str().unwrap(), "--id", &id()]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    snapshot("connection_file", &output);
}

#[tokio::test]
async fn the_dial_timeout_of_the_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connection.json");
    let address = super::fake::serve(super::fake::Conduct::Says(b"")).await;
    fs::write(&path, format!(r#"{{"address":"{address}","dial_timeout":"350ms"}}"#)).unwrap();
    let document = document(&[path.to_str().unwrap()]).await;
    assert_eq!(document["cause"], "silent");
    let took = document["milliseconds"].as_f64().unwrap();
    assert!((350.0..3000.0).contains(&took), "{took}");
}

#[tokio::test]
async fn a_level_ends_the_way_early() {
    let authority = Authority::new();
    let address = rust_sample(Serve::Tls(&authority)).await.to_string();
    let root = file(&authority, "ca.pem");
    for (level, gone) in [("tcp", 2), ("tls", 3), ("http2", 4), ("register", 6)] {
        let document = document(&[&address, "--root-cert", &root, "--level", level]).await;
        let steps = document["steps"].as_array().unwrap();
        let verdicts: Vec<_> = steps.iter().map(|step| step["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts[..gone], vec!["ok"; gone], "{level}");
        assert_eq!(verdicts[gone..], vec!["skipped"; 7 - gone], "{level}");
    }
}

#[tokio::test]
async fn what_cannot_be_dialed_is_refused_with_the_builders_codes() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connection.json");
    fs::write(&path, r#"{"address":"basic:9999","tls_required":true}"#).unwrap();
    let (path, root) = (path.to_str().unwrap(), file(&authority, "ca.pem"));
    for (arguments, code, message) in [
        (
            vec!["basic.tgz"],
            13,
            "error: \"basic.tgz\" is neither a file nor HOST:PORT: address \"basic.tgz\" has no port",
        ),
        (vec!["unix:/run/cc.sock"], 13, "error: addresses with the scheme unix cannot be dialed from here"),
        (vec![path], 14, "error: connection.json: tls_required is true and root_cert is missing"),
        (
            vec!["a:1", "--root-cert", path],
            14,
            "error: error adding root certificate: root_cert contains no readable certificate",
        ),
        (vec!["a:1", "--root-cert", "nowhere.pem"], 20, "error: cannot read nowhere.pem"),
        (
            vec![path, "--root-cert", &root],
            2,
            "error: TLS options are only for HOST:PORT; a file contains its own",
        ),
        (
            vec!["a:1", "--tls"],
            2,
            "error: the following required arguments were not provided:\n  --root-cert <PEM>",
        ),
        (vec!["a:1", "--id", "basic"], 2, "error: invalid value 'basic' for '--id <ID>'"),
        (vec!["a:1", "--wait", "60"], 2, "error: invalid value '60' for '--wait <DURATION>'"),
        (vec!["a:1", "--timeout", "0"], 2, "error: invalid value '0' for '--timeout <DURATION>'"),
    ] {
        let output = probe(&arguments).await;
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}

#[tokio::test]
async fn templates_that_cannot_be_rendered_are_told_in_terms_of_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("basic.tgz");
    package(&out, "{{.host}}:9999", &[]);
    let out = out.to_str().unwrap();
    let missing = probe(&[out]).await;
    assert_eq!(missing.status.code(), Some(12));
    let told = stderr(&missing);
    assert!(
        told.starts_with("error: connection.json: the template in address: key \"host\" is not set"),
        "{told}"
    );
    assert!(told.ends_with(&format!("\nnext: ccs probe {out} --config '{{\"key\":\"value\"}}'\n")), "{told}");
    let broken = probe(&[out, "--config", "{"]).await;
    assert_eq!(broken.status.code(), Some(17));
    assert!(stderr(&broken).starts_with("error: --config: line 1, column 2: "), "{}", stderr(&broken));
}

#[tokio::test]
async fn files_are_named_as_the_user_knows_them_and_never_as_temporary_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("code")).unwrap();
    fs::write(path("code/go.mod"), "module example.com/basic\n").unwrap();
    fs::write(path("code/main.go"), "package main\n").unwrap();
    let out = path("go.tgz");
    let made = crate::ccs(&["package", &out, "--label", "a", "--source", &path("code"), "--lang", "go"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let other = probe(&[&out]).await;
    assert_eq!(other.status.code(), Some(11));
    let expected = format!("error: {out}: there is no connection.json in its code\nhint: ");
    assert!(stderr(&other).starts_with(&expected), "{}", stderr(&other));
    fs::write(path("connection.json"), r#"{"address":5}"#).unwrap();
    let broken = probe(&[&path("connection.json")]).await;
    assert_eq!(broken.status.code(), Some(11));
    let expected = "error: connection.json: key address holds a number, not a string\nhint: ";
    assert!(stderr(&broken).starts_with(expected), "{}", stderr(&broken));
    fs::write(path("core.yaml"), "vm:\n  endpoint: ''\n").unwrap();
    let yaml = probe(&[&path("core.yaml")]).await;
    let core = path("core.yaml");
    let expected = format!(
        "error: {core} is not a chaincode package: it is the core.yaml of a peer\nhint: ccs doctor --core {core}\n"
    );
    assert_eq!(stderr(&yaml), expected);
}

#[tokio::test]
async fn keys_are_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (servers, clients) = (Authority::new(), Authority::new());
    let address = rust_sample(Serve::MutualTls(&servers)).await.to_string();
    let out = folder.path().join("basic.tgz");
    let root = file(&servers, "ca.pem");
    let client = super::client_options(&clients, &clients.client);
    let mut options = vec!["--root-cert", root.as_str()];
    options.extend(client.iter().map(String::as_str));
    package(&out, &address, &options);
    let secret = clients.client.key.lines().nth(1).unwrap();
    for arguments in [&[][..], &["--json"]] {
        let output = probe(&[&[out.to_str().unwrap()], arguments].concat()).await;
        assert_eq!(output.status.code(), Some(32));
        for text in [stdout(&output), stderr(&output)] {
            assert!(!text.contains(secret) && !text.contains("PRIVATE KEY"), "{text}");
        }
    }
}

#[tokio::test]
async fn json_has_its_documented_shape() {
    let authority = Authority::new();
    let address = rust_sample(Serve::Tls(&authority)).await.to_string();
    let mut document = document(&[&address, "--root-cert", &file(&authority, "ca.pem"), "--id", &id()]).await;
    for step in document["steps"].as_array_mut().unwrap() {
        step["milliseconds"] = "[time]".into();
    }
    document["milliseconds"] = "[time]".into();
    let text = serde_json::to_string_pretty(&document).unwrap().replace(&address, "[address]");
    let text = text.replace(&file(&authority, ""), "[folder]/");
    super::snapshot_of_text("json", &text);
}

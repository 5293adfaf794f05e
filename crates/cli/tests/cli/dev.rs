//! `ccs dev` as a separate process, with the Rust sample as chaincode.

mod faults;
mod gateway_probe;
mod launched;
mod organizations;
mod output;
mod peer;
mod ready_file;
mod starts;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_testkit::wait_for_exit;
use serde_json::Value;

use crate::{ccs, stderr, stdout};
use peer::{DevPeer, PATIENCE, kill};

/// Lists the names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

const ASSET: [&str; 6] = ["CreateAsset", "asset7", "green", "7", "Ada", "700"];

#[test]
fn a_chaincode_that_it_starts_answers_clients_and_each_transaction_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = DevPeer::with_sample(folder.path(), &[]);
    assert_eq!(peer.ready["msp_id"], "Org1MSP");
    assert_eq!(peer.ready["host_alias"], "peer0.org1.example.com");
    peer.invoke(folder.path(), &ASSET);
    let committed = peer.wait_for(|document| document["event"] == "committed");
    assert_eq!(
        (committed["function"].as_str(), committed["code"].as_str()),
        (Some("CreateAsset"), Some("VALID"))
    );
    assert_eq!(committed["keys"][0]["written"][0], "asset7");
    let asset = r#"{"AppraisedValue":700,"Color":"green","ID":"asset7","Owner":"Ada","Size":7}"#;
    assert_eq!(peer.query(folder.path(), &["ReadAsset", "asset7"]).trim_end(), asset);
    let evaluated = peer.wait_for(|document| document["event"] == "simulated");
    assert_eq!((evaluated["purpose"].as_str(), evaluated["status"].as_i64()), (Some("evaluate"), Some(200)));
    let blocks = stdout(&peer.client(folder.path(), &["blocks"]));
    assert_eq!(blocks.lines().count(), 3, "{blocks}");
    // The command does not wait for a future block.
    let output = peer.client(folder.path(), &["blocks", "--from", "3"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(51), ""));
    let hint = "hint: the peer has no such channel, or no such block yet\n";
    assert!(stderr(&output).ends_with(hint), "{}", stderr(&output));
}

/// Starts a peer with a command that does nothing for long, and returns the command's process.
fn with_idle_command(folder: &Path) -> (DevPeer, String) {
    let mut peer = DevPeer::start(folder, &["--run", "exec sleep 1000"]);
    // The peer reports it before it is ready, or afterwards.
    if peer.chaincode.is_none() {
        peer.wait_for(|document| document["what"].as_str().is_some_and(|what| what.starts_with("started")));
    }
    let process = peer.chaincode.clone().unwrap();
    (peer, process)
}

#[test]
fn a_signal_stops_it_and_all_that_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, process) = with_idle_command(folder.path());
    peer.signal("INT");
    assert!(peer.ended().success());
    assert!(!Path::new("/proc").join(process).exists());
}

#[test]
fn what_it_has_started_does_not_outlive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, process) = with_idle_command(folder.path());
    peer.signal("KILL");
    peer.child.wait().unwrap();
    assert!(wait_for_exit(&process, PATIENCE), "process {process} is still there");
}

#[test]
fn what_was_ready_and_crashes_is_started_again_though_it_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let watched = folder.path().join("src");
    fs::create_dir(&watched).unwrap();
    let mut peer = DevPeer::with_sample(folder.path(), &["--watch", watched.to_str().unwrap()]);
    kill("KILL", &format!("-{}", peer.chaincode.as_ref().unwrap()));
    let ended = peer.wait_for(|document| {
        document["what"].as_str().is_some_and(|what| what.starts_with("ended") || what.starts_with("failed"))
    });
    assert_eq!(ended["what"], "ended: signal: 9 (SIGKILL); it is started again");
    peer.wait_for(|document| document["what"] == "is ready as basic:1.0");
}

#[test]
fn that_a_chaincode_of_somebody_else_comes_and_goes_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let chaincode = |address: &str| {
        let mut server = Command::new(cargo_bin("ccs"))
            .arg("sample-chaincode")
            .env("CHAINCODE_ID", "basic:1.0")
            .env("CHAINCODE_SERVER_ADDRESS", address)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split([' ', ',']).nth(2).unwrap().to_owned();
        (server, address)
    };
    let (mut server, address) = chaincode("127.0.0.1:0");
    let mut peer = DevPeer::start(folder.path(), &["--chaincode", &format!("basic={address}")]);
    let what = |document: &Value| document["what"].as_str().map(str::to_owned).unwrap_or_default();
    for _ in 0..2 {
        peer.wait_for(|document| what(document) == "is ready as basic:1.0");
        server.kill().unwrap();
        server.wait().unwrap();
        let left = peer.wait_for(|document| what(document).starts_with("has disconnected: "));
        let killed = "has disconnected: chaincode stream terminated: the connection broke, as when the chaincode is \
                      killed or crashes (";
        assert!(what(&left).starts_with(killed), "{left}");
        assert!(what(&left).ends_with("; the next transaction will need it again"), "{left}");
        server = chaincode(&address).0;
        assert_eq!(peer.query(folder.path(), &["AssetExists", "asset7"]).trim_end(), "false");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn an_installed_package_that_is_damaged_is_told_of_and_left_and_what_a_crash_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().join("ledger/lifecycle/chaincodes");
    let builds = folder.path().join("ledger/externalbuilder/builds");
    fs::create_dir_all(builds.join(".draft-123/bld")).unwrap();
    fs::create_dir_all(builds.join("basic_1.0-00")).unwrap();
    fs::create_dir_all(&packages).unwrap();
    let file = packages.join("basic_1.0.00.tar.gz");
    fs::write(&file, "damaged").unwrap();
    fs::write(packages.join(".install-abc"), "left by a crash").unwrap();
    let mut peer = DevPeer::spawn(folder.path(), &["--state", "ledger"]);
    let warning = peer.wait_for(|document| document["event"] == "warning");
    let text = "skipping an installed package: ledger/lifecycle/chaincodes/basic_1.0.00.tar.gz: \
                the package is not a gzip file: it ends too early; remove the file, and install the package again";
    assert_eq!(warning["text"], text);
    peer.wait_for(|document| document["event"] == "ready");
    assert_eq!(fs::read_to_string(file).unwrap(), "damaged");
    assert_eq!(names(&packages), ["basic_1.0.00.tar.gz"]);
    assert_eq!(names(&builds), ["basic_1.0-00"]);
}

#[test]
fn a_signal_that_comes_while_it_starts_stops_it_as_one_later_does() {
    let folder = tempfile::tempdir().unwrap();
    // It waits for a CouchDB that accepts the connection but sends nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    for signal in ["INT", "TERM"] {
        let mut peer = DevPeer::spawn(folder.path(), &["--couchdb", &address]);
        let _connection = silent.accept().unwrap();
        peer.signal(signal);
        assert_eq!(peer.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn with_tls_a_chaincode_that_connects_gets_files_that_every_shim_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--chaincode-tls", "--run", "env >> variables", "--chaincode", "other"];
    let mut peer = DevPeer::start(folder.path(), &arguments);
    assert_eq!(peer.ready["chaincode_tls"], true);
    peer.wait_for(|document| document["what"] == "ended: exit status: 0; it is started again");
    let variables = fs::read_to_string(folder.path().join("variables")).unwrap();
    let value = |name: &str| {
        let mut values = variables.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next().map(str::to_owned)
    };
    assert_eq!(value("CORE_CHAINCODE_ID_NAME").as_deref(), Some("basic:1.0"));
    assert_eq!(value("CORE_PEER_TLS_ENABLED").as_deref(), Some("true"));
    assert_eq!(value("CORE_PEER_ADDRESS").as_deref(), peer.ready["chaincode_endpoint"].as_str());
    assert_eq!(value("CORE_PEER__ADDRESS"), value("CORE_PEER_ADDRESS"));
    assert_eq!(value("CHAINCODE_SERVER_ADDRESS"), value("CORE_CHAINCODE_ADDRESS"));
    assert_eq!(value("CHAINCODE_TLS_DISABLED").as_deref(), Some("false"));
    let read = |name: &str, mode: u32| {
        let file = value(name).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode, "{file}");
        fs::read_to_string(file).unwrap()
    };
    assert!(read("CORE_PEER_TLS_ROOTCERT_FILE", 0o644).starts_with("-----BEGIN CERTIFICATE-----"));
    for (kind, label, mode) in [("CERT", "CERTIFICATE", 0o644), ("KEY", "EC PRIVATE KEY", 0o600)] {
        let pem = read(&format!("CORE_TLS_CLIENT_{kind}_FILE"), mode);
        assert!(pem.starts_with(&format!("-----BEGIN {label}-----")), "{kind}");
        assert_eq!(read(&format!("CORE_TLS_CLIENT_{kind}_PATH"), mode), STANDARD.encode(pem));
    }
    assert!(read("CHAINCODE_TLS_KEY", 0o600).starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(value("CHAINCODE_TLS_KEY"), value("CORE_CHAINCODE_TLS_KEY_FILE"));
    assert_eq!(read("CHAINCODE_CLIENT_CA_CERT", 0o644), read("CORE_PEER_TLS_ROOTCERT_FILE", 0o644));
    let other = fs::read_to_string(folder.path().join("organizations/chaincode/other/env.sh")).unwrap();
    assert!(!other.contains("CHAINCODE_SERVER_ADDRESS"), "it has nowhere to listen: {other}");
    assert!(other.contains("export CORE_CHAINCODE_ID_NAME=other:1.0\n"), "{other}");
}

#[test]
fn chaincode_elsewhere_is_told_the_name_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let everywhere = ["--chaincode-listen", "0.0.0.0:0", "--chaincode-tls", "--chaincode", "basic"];
    let told = |names: &[&str]| {
        let peer = DevPeer::start(folder.path(), &[&everywhere, names].concat());
        let environment = folder.path().join("organizations/chaincode/basic/env.sh");
        let endpoint = peer.ready["chaincode_endpoint"].as_str().unwrap().to_owned();
        let text = fs::read_to_string(environment).unwrap();
        assert!(text.contains(&format!("export CORE_PEER_ADDRESS={endpoint}\n")), "{text}");
        endpoint
    };
    assert!(told(&[]).starts_with("localhost:"));
    assert!(told(&["--chaincode-host", "peer.test", "--chaincode-host", "::1"]).starts_with("peer.test:"));
}

#[test]
fn a_peer_that_others_reach_in_plaintext_says_who_can_do_what() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--listen", "0.0.0.0:0", "--no-tls", "--chaincode-listen", "0.0.0.0:0"];
    let mut peer = DevPeer::spawn(folder.path(), &arguments);
    let warning = |peer: &mut DevPeer| {
        peer.wait_for(|document| document["event"] == "warning")["text"].as_str().unwrap().to_owned()
    };
    let (clients, chaincode) = (warning(&mut peer), warning(&mut peer));
    let ready = peer.wait_for(|document| document["event"] == "ready");
    let [listen, chaincode_listen] = ["listen", "chaincode_listen"].map(|key| ready[key].as_str().unwrap());
    assert!(listen.starts_with("0.0.0.0:") && chaincode_listen.starts_with("0.0.0.0:"), "{ready}");
    assert!(clients.starts_with(&format!("clients connect to {listen} without TLS")), "{clients}");
    let register = format!("every program that can reach {chaincode_listen} can register");
    assert!(chaincode.starts_with(&register), "{chaincode}");
}

#[test]
fn the_fabric_ca_is_in_the_profile_and_its_certificate_where_clients_look() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--chaincode", "basic", "--ca=127.0.0.1:0", "--state", "state"];
    let peer = DevPeer::start(folder.path(), &arguments);
    let endpoint = peer.ready["ca_endpoint"].as_str().unwrap();
    std::net::TcpStream::connect(endpoint).unwrap();
    let read = |path: &str| fs::read_to_string(folder.path().join("organizations").join(path)).unwrap();
    let profile = read("peerOrganizations/org1.example.com/connection-org1.json");
    let profile: serde_json::Value = serde_json::from_str(&profile).unwrap();
    let ca = &profile["certificateAuthorities"]["ca.org1.example.com"];
    assert_eq!(ca["url"], format!("https://{endpoint}"));
    let root = read("peerOrganizations/org1.example.com/ca/ca.org1.example.com-cert.pem");
    assert_eq!(ca["tlsCACerts"]["pem"][0], root.as_str());
    assert_eq!(read("fabric-ca/org1/ca-cert.pem"), root);
    drop(peer);

    let peer = DevPeer::start(folder.path(), &["--chaincode", "basic"]);
    assert_eq!(peer.ready["ca_endpoint"], serde_json::Value::Null);
}

#[test]
fn keys_are_for_their_owner_and_stay_over_a_restart() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let key = "organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp/keystore";
    let read = || {
        let file = fs::read_dir(folder.path().join(key)).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::read(file).unwrap()
    };
    drop(DevPeer::start(folder.path(), &["--chaincode", "basic"]));
    let first = read();
    drop(DevPeer::start(folder.path(), &["--chaincode", "basic"]));
    assert_eq!(read(), first);
}

#[test]
fn collections_have_the_defaults_of_the_peer_command_and_unknown_keys_are_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let collections = r#"[{"name":"c1","policy":"OR('Org1MSP.member')","blockToLife":3}]"#;
    fs::write(folder.path().join("collections.json"), collections).unwrap();
    let peer = DevPeer::start(folder.path(), &["--chaincode", "basic", "--collections", "collections.json"]);
    assert_eq!(
        peer.told[0],
        serde_json::json!({
            "event": "warning",
            "text": "collections.json: collection c1: the peer command ignores the key \"blockToLife\"; use one of \
                     name, policy, requiredPeerCount, maxPeerCount, blockToLive, memberOnlyRead, memberOnlyWrite, \
                     endorsementPolicy, or remove the key",
        })
    );
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let collections = folder.path().join("collections.json");
    fs::write(&collections, r#"[{"name":"secrets"}]"#).unwrap();
    let collections = collections.to_str().unwrap();
    for (arguments, message, hint) in [
        (
            vec!["--chaincode", "basic", "--chaincode", "basic=localhost:9999"],
            "duplicate chaincode name basic".to_owned(),
            "give one of them another name",
        ),
        (
            vec!["--chaincode", "basic", "--init-required", "other"],
            "Init is required for an unknown chaincode other".to_owned(),
            "",
        ),
        (
            vec!["--chaincode", "basic", "--collections", collections],
            format!("{collections}: collection secrets: policy: "),
            "a policy looks like AND(",
        ),
        (
            vec!["--chaincode", "basic", "--listen", &address],
            format!("cannot listen on {address}: Address already in use"),
            "stop the program that listens there, or use another address: --listen 127.0.0.1:0",
        ),
        (
            vec!["--channel", "a", "--channel", "a"],
            "--channel names a twice".to_owned(),
            "name each channel once",
        ),
        (
            vec!["--channel", "MyChannel"],
            "invalid value 'MyChannel' for '--channel <NAME>': invalid channel name \"MyChannel\"".to_owned(),
            "begin with a letter",
        ),
        (vec!["absent.tgz"], "cannot open absent.tgz: No such file or directory".to_owned(), ""),
    ] {
        let output = ccs(&[&["dev"], arguments.as_slice()].concat());
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(text.starts_with(&format!("error: {message}")), "{text}");
        assert!(text.contains(hint), "{text}");
        assert_eq!(stdout(&output), "");
    }
    assert!(!Path::new("organizations").exists());
}

//! `ccs dev` as a process of its own, with the Rust sample as chaincode.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wait_timeout::ChildExt as _;

use crate::{ccs, stderr, stdout};

/// Far longer than a signal takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running peer; stopped when dropped, with the chaincode that it has started.
struct DevPeer {
    child: Child,
    /// The process group of the chaincode.
    chaincode: Option<String>,
    lines: BufReader<ChildStdout>,
    ready: Value,
}

impl DevPeer {
    /// Starts a peer on free ports and waits until it is ready.
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut peer = Self::spawn(folder, arguments);
        peer.ready = peer.wait_for(|document| document["event"] == "ready");
        peer
    }

    /// Starts a peer on free ports.
    fn spawn(folder: &Path, arguments: &[&str]) -> Self {
        let elsewhere = arguments.contains(&"--chaincode-listen");
        let listen = if elsewhere { &[][..] } else { &["--chaincode-listen", "127.0.0.1:0"] };
        let mut child = Command::new(cargo_bin("ccs"))
            .args(["dev", "--json", "--listen", "127.0.0.1:0"])
            .args(listen)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, chaincode: None, lines, ready: Value::Null }
    }

    /// Starts a peer that starts the sample itself.
    fn with_sample(folder: &Path, arguments: &[&str]) -> Self {
        let command = format!("exec {} sample-chaincode", cargo_bin("ccs").display());
        let mut peer = Self::start(folder, &[&["--run", &command], arguments].concat());
        peer.wait_for(|document| {
            document["what"].as_str().is_some_and(|what| what.starts_with("is ready as"))
        });
        peer
    }

    /// Reads on until a document that is meant.
    fn wait_for(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            let document: Value = serde_json::from_str(&line).unwrap();
            if let Some(process) =
                document["what"].as_str().and_then(|what| what.strip_prefix("started, process "))
            {
                self.chaincode = Some(process.to_owned());
            }
            if is_meant(&document) {
                return document;
            }
            line.clear();
        }
        panic!("the peer ended: {:?}", self.child.wait());
    }

    fn signal(&self, signal: &str) {
        kill(signal, &self.child.id().to_string());
    }

    /// Waits until it has ended by itself.
    fn ended(&mut self) -> ExitStatus {
        let ended = self.child.wait_timeout(PATIENCE).unwrap();
        ended.unwrap_or_else(|| panic!("the peer runs on"))
    }

    /// Runs a command of the gateway client against the peer.
    fn client(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = assert_cmd::Command::new(cargo_bin("ccs"));
        command.args(arguments).args(["--endpoint", self.ready["endpoint"].as_str().unwrap()]);
        command.current_dir(folder).timeout(PATIENCE).output().unwrap()
    }

    fn query(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.client(folder, &[&["query", "basic"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    }

    fn invoke(&self, folder: &Path, arguments: &[&str]) {
        let output = self.client(folder, &[&["invoke", "basic"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

impl Drop for DevPeer {
    fn drop(&mut self) {
        // Whoever has ended already needs no signal.
        let _ = try_kill("INT", &self.child.id().to_string());
        let stopped = matches!(self.child.wait_timeout(PATIENCE), Ok(Some(_)));
        if !stopped {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // A peer that was killed has left it behind.
        if let Some(group) = &self.chaincode {
            let _ = try_kill("KILL", &format!("-{group}"));
        }
        assert!(stopped || std::thread::panicking(), "the peer did not stop");
    }
}

/// Sends a signal to a process or, with a minus, to a group.
fn try_kill(signal: &str, process: &str) -> std::io::Result<Output> {
    Command::new("kill").args(["-s", signal, "--", process]).output()
}

fn kill(signal: &str, process: &str) {
    let output = try_kill(signal, process).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

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
    // A block that is not there yet is not waited for.
    let output = peer.client(folder.path(), &["blocks", "--from", "3"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(51), ""));
    let hint = "hint: the peer has no such channel, or no such block yet\n";
    assert!(stderr(&output).ends_with(hint), "{}", stderr(&output));
}

/// Starts a peer with a command that does nothing for long, and gives the folder of its process in `/proc`.
fn with_idle_command(folder: &Path) -> (DevPeer, PathBuf) {
    let mut peer = DevPeer::start(folder, &["--run", "exec sleep 1000"]);
    // It is told before the peer is ready, or after.
    if peer.chaincode.is_none() {
        peer.wait_for(|document| document["what"].as_str().is_some_and(|what| what.starts_with("started")));
    }
    let process = Path::new("/proc").join(peer.chaincode.as_ref().unwrap());
    (peer, process)
}

#[test]
fn a_signal_stops_it_and_all_that_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, process) = with_idle_command(folder.path());
    peer.signal("INT");
    assert!(peer.ended().success());
    assert!(!process.exists());
}

#[test]
fn what_it_has_started_does_not_outlive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, process) = with_idle_command(folder.path());
    peer.signal("KILL");
    peer.child.wait().unwrap();
    // Nobody waits for a process whose parent is gone, in a container without an init: what is left of it does nothing.
    let is_gone = || fs::read_to_string(process.join("stat")).map_or(true, |state| state.contains(") Z "));
    let begin = Instant::now();
    while !is_gone() {
        assert!(begin.elapsed() < PATIENCE, "{} is still there", process.display());
        std::thread::yield_now();
    }
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
        let left = peer.wait_for(|document| what(document).starts_with("has left: "));
        assert!(what(&left).ends_with("; the next transaction asks for it again"), "{left}");
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
    let text = "an installed package cannot be used: ledger/lifecycle/chaincodes/basic_1.0.00.tar.gz: \
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
    // It waits for a CouchDB that takes the connection and says nothing.
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
fn what_was_committed_survives_every_kill_and_the_next_transaction_works() {
    let folder = tempfile::tempdir().unwrap();
    let create = |id: &str| ["CreateAsset", id, "green", "7", "Ada", "700"].map(str::to_owned);
    let mut committed = Vec::<String>::new();
    for round in 0..5 {
        let mut peer = DevPeer::with_sample(folder.path(), &["--state", "ledger"]);
        for asset in &committed {
            assert!(peer.query(folder.path(), &["ReadAsset", asset]).contains("\"Owner\":\"Ada\""));
        }
        for number in 0..2 {
            let asset = format!("asset{round}-{number}");
            peer.invoke(folder.path(), &create(&asset).each_ref().map(String::as_str));
            committed.push(asset);
        }
        // One is under way when the peer is killed; what becomes of it is open.
        let mut under_way = Command::new(cargo_bin("ccs"))
            .args(["invoke", "basic"])
            .args(create(&format!("asset{round}-open")))
            .args(["--endpoint", peer.ready["endpoint"].as_str().unwrap()])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        peer.child.kill().unwrap();
        peer.child.wait().unwrap();
        under_way.wait().unwrap();
    }
    assert_eq!(committed.len(), 10);
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
    assert_eq!(value("CHAINCODE_SERVER_ADDRESS"), None, "a shim that sees it becomes a server");
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
    let other = fs::read_to_string(folder.path().join("organizations/chaincode/other/env.sh")).unwrap();
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
            "two chaincodes have the name basic".to_owned(),
            "give one of them another name",
        ),
        (
            vec!["--chaincode", "basic", "--init-required", "other"],
            "--init-required names the chaincode other, and there is none of that name".to_owned(),
            "",
        ),
        (
            vec!["--chaincode", "basic", "--collections", collections],
            format!("{collections}: it is no list of collections: missing field `policy`"),
            "write [{\"name\": \"secrets\"",
        ),
        (
            vec!["--chaincode", "basic", "--listen", &address],
            format!("cannot listen on {address}: Address already in use"),
            "stop what listens there, or take another address: --listen 127.0.0.1:0",
        ),
        (
            vec!["--channel", "a", "--channel", "a"],
            "--channel names a twice".to_owned(),
            "name each channel once",
        ),
        (
            vec!["--channel", "MyChannel"],
            "invalid value 'MyChannel' for '--channel <NAME>': \"MyChannel\" is no name of a channel"
                .to_owned(),
            "it begins with a small letter",
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

//! `ccs rebind` on the builds of a peer.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use ccs_files::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::folder::{Folder, SelfSigned};
use crate::volume::{CONNECTION, Volume};
use crate::{ccs, stderr, stdout};

/// The place of the file that a peer reads, in a build.
const RELEASED: &str = "release/chaincode/server/connection.json";

fn rebind(volume: &Volume, more: &[&str]) -> Output {
    ccs(&[&["rebind"], &volume.option()[..], more].concat())
}

fn read(path: &Path) -> Connection {
    Connection::parse(&fs::read(path).unwrap()).unwrap().0
}

#[test]
fn a_change_is_shown_and_then_written() {
    let volume = Volume::new();
    let build = volume.build("basic_1.0", "ccaas_builder");
    let words = ["basic_1.0", "--address", "new.example.com:9999", "--dial-timeout", "10s"];
    let trial = rebind(&volume, &[&words[..], &["--dry-run"]].concat());
    assert!(trial.status.success(), "{}", stderr(&trial));
    insta::assert_snapshot!("rebind_dry_run", volume.steady(&stdout(&trial)));
    assert_eq!(stderr(&trial), "next: the same command without --dry-run, to write it\n");
    assert_eq!(fs::read_to_string(build.join(RELEASED)).unwrap(), CONNECTION);
    let json = rebind(&volume, &[&words[..], &["--dry-run", "--json"]].concat());
    insta::assert_snapshot!("rebind_json", volume.steady(&stdout(&json)));
    let done = rebind(&volume, &words);
    assert!(done.status.success(), "{}", stderr(&done));
    insta::assert_snapshot!("rebind", volume.steady(&stdout(&done)));
    assert_eq!(
        volume.steady(&stderr(&done)),
        format!(
            "next: ccs probe DIR/externalbuilder/builds/basic_1.0-[hash]/{RELEASED} --id basic_1.0:[hash]\n"
        )
    );
    for file in [RELEASED, "bld/connection.json"] {
        assert_eq!(read(&build.join(file)).address, "new.example.com:9999");
        assert_eq!(fs::read_to_string(build.join(format!("{file}.before"))).unwrap(), CONNECTION);
    }
    let again = rebind(&volume, &words);
    assert_eq!(stdout(&again), "basic_1.0:abababababab: connection.json is up to date\n");
    let trial = rebind(&volume, &[&words[..], &["--dry-run"]].concat());
    assert!(stderr(&trial).starts_with("next: ccs probe "), "{}", stderr(&trial));
}

#[test]
fn refusals_have_a_code_and_a_next_step() {
    let volume = Volume::new();
    volume.build("basic_1.0", "ccaas_builder");
    volume.build("k8s", "k8s_builder");
    fs::write(volume.build("launched", "ccaas_builder").join("bld/launch.json"), "{}").unwrap();
    let to = ["--address", "new.example.com:9999"];
    for (package, options, code, message) in [
        (
            "basic",
            &to[..],
            64,
            "error: DIR/externalbuilder/builds has no build of basic\nhint: there are builds of basic_1.0:[hash], \
             k8s:[hash], launched:[hash]\n",
        ),
        (
            "k8s",
            &to,
            1,
            "error: the build of k8s:[hash] is by the builder \"k8s_builder\", whose connection.json has rules of its own\n\
             hint: if the programs of this project are installed under that name, add --builder-name k8s_builder\n",
        ),
        (
            "launched",
            &to,
            1,
            "error: ccs launch maintains the server of launched:[hash] and writes its connection.json\nhint: change launch.yaml \
             or the package instead; reconcile applies it\nnext: ccs launch reconcile --settings launch.yaml --builds \
             DIR/externalbuilder/builds --package launched:[hash]\n",
        ),
        (
            "basic_1.0",
            &["--address", "new.example.com"],
            13,
            "error: connection.json: address \"new.example.com\" has no port\nhint: the peer dials host:port, for example \
             chaincode.example.com:7052\n",
        ),
        (
            "basic_1.0",
            &[],
            2,
            "error: there is nothing to change\nhint: name a new address with --address, new certificates, or a whole file with \
             --connection\n",
        ),
    ] {
        let output = rebind(&volume, &[&[package], options].concat());
        assert_eq!((output.status.code(), volume.steady(&stderr(&output)).as_str()), (Some(code), message));
    }
}

#[test]
fn certificates_come_from_files_and_keys_are_not_shown() {
    let (volume, folder) = (Volume::new(), Folder::new());
    let build = volume.build("basic_1.0", "ccaas_builder");
    let (ca, client) = (SelfSigned::new("ca", &[], 400), SelfSigned::new("peer", &[], 10));
    let root = folder.write("ca.pem", &ca.certificate);
    let [certificate, key] = [("peer.pem", &client.certificate), ("peer.key", &client.key)]
        .map(|(name, content)| folder.write(name, content));
    let words = ["basic_1.0", "--root-cert", &root, "--client-cert", &certificate, "--client-key", &key];
    let output = rebind(&volume, &[&words[..], &["--json"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stdout(&output).contains("PRIVATE"), "{}", stdout(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["warnings"][0], "client_cert: the certificate of CN=peer expires in 10 days");
    assert_eq!(read(&build.join(RELEASED)).client_key, client.key);
    let expired = folder.write("ca.pem", SelfSigned::new("ca", &[], -1).certificate);
    let output = rebind(&volume, &["basic_1.0", "--root-cert", &expired]);
    assert_eq!(output.status.code(), Some(14), "{}", stderr(&output));
}

#[test]
fn a_killed_command_leaves_the_old_file_or_the_new_one() {
    let volume = Volume::new();
    let build = volume.build("basic_1.0", "ccaas_builder");
    for round in 0..24_u64 {
        let address = format!("{round}.example.com:9999");
        let mut child = Command::new(cargo_bin("ccs"))
            .arg("rebind")
            .args(volume.option())
            .args(["basic_1.0", "--address", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before the command starts until after it has ended.
        thread::sleep(Duration::from_millis(round * 2));
        child.kill().unwrap();
        child.wait().unwrap();
        for file in [RELEASED, "bld/connection.json"] {
            let found = read(&build.join(file)).address;
            assert!(found.ends_with(".example.com:9999"), "{found}");
        }
    }
    let output = rebind(&volume, &["basic_1.0", "--address", "last.example.com:9999"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for file in [RELEASED, "bld/connection.json"] {
        let path = build.join(file);
        assert_eq!(read(&path).address, "last.example.com:9999");
        let names = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
        let drafts = names.filter(|name| name.to_string_lossy().starts_with(".ccs-")).count();
        assert_eq!(drafts, 0, "{}", path.display());
    }
}

#[test]
fn a_new_version_of_a_secret_is_written_until_sigterm() {
    let (volume, folder) = (Volume::new(), Folder::new());
    let build = volume.build("basic_1.0", "ccaas_builder");
    let mount = |version: &str, pair: &SelfSigned| {
        folder.write(&format!("secret/{version}/ca.crt"), &pair.certificate);
        folder.write(&format!("secret/{version}/tls.crt"), &pair.certificate);
        folder.write(&format!("secret/{version}/tls.key"), &pair.key);
        let [link, draft] = ["secret/..data", "secret/..data_tmp"].map(|name| folder.path(name));
        std::os::unix::fs::symlink(version, &draft).unwrap();
        fs::rename(draft, link).unwrap();
    };
    let [first, second] = ["first", "second"].map(|name| SelfSigned::new(name, &[], 400));
    mount("..1", &first);
    let mut child = Command::new(cargo_bin("ccs"))
        .arg("rebind")
        .args(volume.option())
        .args(["basic_1.0", "--json", "--every", "1h", "--watch-secret", &folder.path("secret")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let fields = |document: &Value| {
        let changes = document["changes"].as_array().unwrap();
        changes.iter().map(|change| change["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let document = next();
    assert_eq!(
        fields(&document),
        ["tls_required", "client_auth_required", "root_cert", "client_cert", "client_key"]
    );
    assert_eq!(read(&build.join(RELEASED)).client_key, first.key);
    mount("..2", &second);
    assert_eq!(fields(&next()), ["root_cert", "client_cert", "client_key"]);
    assert_eq!(read(&build.join(RELEASED)).client_key, second.key);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.ends_with("was stopped\n") && !said.contains("PRIVATE"), "{said}");
}

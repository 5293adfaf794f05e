//! `ccs dev --state` when its process is killed, and when its disk is full.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;

use super::peer::DevPeer;
use crate::stderr;

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
        // One is in progress when the peer is killed; it may be committed or not.
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

/// How often the disk becomes full and has room again.
const ROUNDS: usize = 2;

/// More transactions of 100 kB than fit into the file at its first size.
const ENOUGH: usize = 100;

/// Limits the size of the files that a peer writes, which then fail as on a full disk.
fn limit(peer: &DevPeer, bytes: Option<u64>) {
    let process = Pid::from_raw(i32::try_from(peer.child.id()).unwrap());
    prlimit(process, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

/// Waits for a warning about the channel, and returns the rest of it.
fn warning(peer: &mut DevPeer) -> String {
    let is_meant = |document: &Value| {
        document["text"].as_str().is_some_and(|text| text.starts_with("channel mychannel "))
    };
    let warning = peer.wait_for(is_meant);
    warning["text"].as_str().unwrap()["channel mychannel ".len()..].to_owned()
}

/// The hint about a transaction that the peer has accepted and cannot commit yet.
const KEPT: &str = "hint: do not submit it again: the peer keeps it, and commits it once the disk of its ledger has free space\n";

/// Submits a transaction that the peer rejects without keeping anything.
fn assert_refused(peer: &DevPeer, folder: &Path, reason: &str) {
    let output = peer.client(folder, &["invoke", "basic", "CreateAsset", "no", "red", "1", "Ada", "1"]);
    assert_eq!(output.status.code(), Some(51), "{}", stderr(&output));
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    let hint = "hint: the peer cannot write its ledger: free some space on its disk, submit again, and check its log for details\n";
    assert!(stderr(&output).ends_with(hint), "{}", stderr(&output));
}

fn exists(peer: &DevPeer, folder: &Path, asset: &str) -> bool {
    peer.query(folder, &["AssetExists", asset]).trim_end() == "true"
}

#[test]
fn a_full_disk_is_named_and_the_channel_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut committed = Vec::<String>::new();
    let mut peer = DevPeer::with_sample(folder.path(), &["--state", "ledger"]);
    let large = "x".repeat(100_000);
    peer.invoke(folder.path(), &["CreateAsset", "first", "red", "1", "Ada", "1"]);
    committed.push("first".to_owned());
    for round in 0..ROUNDS {
        let length = folder.path().join("ledger/ledger.redb").metadata().unwrap().len();
        limit(&peer, Some(length));
        let mut assets = (0..ENOUGH).map(|number| format!("asset{round}-{number}"));
        let (asset, output) = loop {
            let asset = assets.next().unwrap_or_else(|| panic!("the file of {length} bytes is never full"));
            let create = ["invoke", "basic", "CreateAsset", &asset, &large, "7", "Ada", "700"];
            let output = peer.client(folder.path(), &create);
            if !output.status.success() {
                break (asset, output);
            }
            committed.push(asset);
        };
        // Its outcome is unknown: the peer keeps it until there is room.
        let reason = "the channel cannot commit transactions at the moment: cannot write the ledger";
        assert_eq!(output.status.code(), Some(53), "{}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        assert!(stderr(&output).ends_with(KEPT), "{}", stderr(&output));
        let told = warning(&mut peer);
        assert!(told.starts_with("cannot commit transactions: cannot write the ledger"), "{told}");
        assert!(told.ends_with("ulimit -f unlimited; the peer retries every second"), "{told}");
        assert_refused(&peer, folder.path(), reason);
        // Committed data can be read.
        assert!(exists(&peer, folder.path(), &committed[0]));

        limit(&peer, None);
        assert_eq!(warning(&mut peer), "commits transactions again");
        committed.push(asset);
        peer.invoke(folder.path(), &["CreateAsset", &format!("last{round}"), "red", "1", "Ada", "1"]);
        committed.push(format!("last{round}"));
    }
    peer.child.kill().unwrap();
    peer.child.wait().unwrap();
    let peer = DevPeer::with_sample(folder.path(), &["--state", "ledger"]);
    for asset in &committed {
        assert!(exists(&peer, folder.path(), asset), "{asset} is lost");
    }
    assert!(!exists(&peer, folder.path(), "no"));
}

/// A file system of 16 MiB in memory; unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts it on a folder; returns the reason if this fails, as it does without root.
    fn mount(folder: &'a Path) -> Result<Self, String> {
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "ccs-test"]).arg(folder).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(folder)),
            Ok(output) => Err(stderr(&output).trim_end().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Fills the remaining room.
    fn fill(&self) {
        let mut filler = fs::File::create(self.filler()).unwrap();
        let error = loop {
            if let Err(error) = filler.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Lazily: a peer of a test that fails may still hold its file.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[test]
fn a_full_file_system_is_named_and_the_channel_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = folder.path().join("disk");
    fs::create_dir(&mounted).unwrap();
    let disk = match SmallDisk::mount(&mounted) {
        Ok(disk) => disk,
        Err(reason) => return eprintln!("skipped, as no small file system can be mounted: {reason}"),
    };
    let mut peer = DevPeer::with_sample(folder.path(), &["--state", "disk/ledger"]);
    peer.invoke(folder.path(), &["CreateAsset", "first", "red", "1", "Ada", "1"]);
    disk.fill();
    let large = "x".repeat(100_000);
    let mut assets = (0..ENOUGH).map(|number| format!("asset{number}"));
    let (kept, output) = loop {
        let asset = assets.next().expect("the file system is full");
        let create = ["invoke", "basic", "CreateAsset", &asset, &large, "7", "Ada", "700"];
        let output = peer.client(folder.path(), &create);
        if !output.status.success() {
            break (asset, output);
        }
    };
    let reason = "the channel cannot commit transactions at the moment: cannot write the ledger disk/ledger/ledger.redb: No space left on device (os error 28); free some space on the disk of disk/ledger";
    assert_eq!(output.status.code(), Some(53), "{}", stderr(&output));
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    assert!(stderr(&output).ends_with(KEPT), "{}", stderr(&output));
    let told = warning(&mut peer);
    assert!(
        told.ends_with("free some space on the disk of disk/ledger; the peer retries every second"),
        "{told}"
    );
    assert_refused(&peer, folder.path(), reason);
    assert!(exists(&peer, folder.path(), "first"));

    fs::remove_file(disk.filler()).unwrap();
    assert_eq!(warning(&mut peer), "commits transactions again");
    peer.invoke(folder.path(), &["CreateAsset", "last", "red", "1", "Ada", "1"]);
    for asset in ["first", &kept, "last"] {
        assert!(exists(&peer, folder.path(), asset), "{asset} is lost");
    }
    assert!(!exists(&peer, folder.path(), "no"));
    let committed =
        |document: &Value| document["event"] == "committed" && document["keys"][0]["written"][0] == *kept;
    assert!(peer.told.iter().any(committed), "the terminal tells of it: {:?}", peer.told);
    drop(peer);
}

//! `ccs prune` on the folder of a stopped peer.

use std::fs;

use serde_json::Value;

use crate::volume::Volume;
use crate::{ccs, stderr, stdout};

/// Makes a volume with a complete build, an interrupted one, one of another builder, and one without a package.
fn volume() -> Volume {
    let volume = Volume::new();
    for label in ["good", "half", "other", "waits"] {
        volume.package(label);
    }
    volume.build("good", "ccaas_builder");
    fs::remove_dir_all(volume.build("half", "ccaas_builder").join("bld")).unwrap();
    volume.build("other", "old_builder");
    volume.build("orphan", "ccaas_builder");
    fs::create_dir(volume.path("externalbuilder/builds/tmp")).unwrap();
    volume
}

fn prune(volume: &Volume, more: &[&str]) -> std::process::Output {
    ccs(&[&["prune"], &volume.option()[..], more].concat())
}

#[test]
fn unused_builds_and_packages_are_listed_and_then_deleted() {
    let volume = volume();
    let core = volume.path("core.yaml");
    fs::write(&core, "chaincode:\n  externalBuilders: [{name: ccaas_builder, path: /opt/ccs}]\n").unwrap();
    let installed = volume.path("installed.json");
    let packages = ["good", "half", "other"].map(|label| {
        format!(
            r#"{{"package_id":"{}","references":{{"mychannel":{{"chaincodes":[{{}}]}}}}}}"#,
            Volume::id(label)
        )
    });
    let unused = format!(r#"{{"package_id":"{}","label":"waits"}}"#, Volume::id("waits"));
    let list = format!(r#"{{"installed_chaincodes":[{},{unused}]}}"#, packages.join(","));
    fs::write(&installed, list).unwrap();
    let options = ["--core", core.to_str().unwrap(), "--definitions", installed.to_str().unwrap()];
    let listed = prune(&volume, &options);
    assert!(listed.status.success(), "{}", stderr(&listed));
    insta::assert_snapshot!("prune_list", volume.steady(&stdout(&listed)));
    assert_eq!(
        volume.steady(&stderr(&listed)),
        "warning: DIR/externalbuilder/builds/tmp stays: its name is not LABEL-HASH\n\
         next: the same command with --yes, to delete them\n"
    );
    let json = prune(&volume, &[&options[..], &["--json"]].concat());
    insta::assert_snapshot!("prune_json", volume.steady(&stdout(&json)));
    let deleted = prune(&volume, &[&options[..], &["--yes"]].concat());
    assert!(deleted.status.success(), "{}", stderr(&deleted));
    assert_eq!(
        volume.steady(&stdout(&deleted)),
        volume.steady(&stdout(&listed)).replace("can be deleted", "deleted")
    );
    assert_eq!(fs::read_dir(volume.path("externalbuilder/builds")).unwrap().count(), 2);
    assert_eq!(fs::read_dir(volume.path("lifecycle/chaincodes")).unwrap().count(), 3);
    let again = prune(&volume, &options);
    assert_eq!(stdout(&again), "nothing to delete\n");
}

#[test]
fn a_running_peer_and_wrong_inputs_are_refused() {
    let volume = volume();
    let lock = volume.path("ledgersData/fileLock/LOCK");
    let committed = volume.path("committed.json");
    fs::write(&committed, r#"{"chaincode_definitions":[]}"#).unwrap();
    let core = volume.path("core.yaml");
    fs::write(&core, "chaincode: {externalBuilders: []}\n").unwrap();
    let [committed, core] = [&committed, &core].map(|path| path.to_str().unwrap());
    let id = Volume::id("missing");
    for (options, code, message) in [
        (
            &["--definitions", committed][..],
            64,
            "error: DIR/committed.json: it is the output of querycommitted, which contains no packages\nhint: peer lifecycle \
             chaincode queryinstalled --output json > FILE writes it; queryapproved can add to it\n",
        ),
        (
            &["--keep", &id],
            64,
            "error: missing:[hash] is not installed in DIR\nhint: peer lifecycle chaincode queryinstalled prints the package IDs\n",
        ),
        (
            &["--core", core],
            17,
            "error: DIR/core.yaml: there are no external builders\nhint: ccs doctor examines the file; a variable of the peer \
             may hold the builders\n",
        ),
    ] {
        let output = prune(&volume, &[options, &["--yes"]].concat());
        assert_eq!((output.status.code(), volume.steady(&stderr(&output)).as_str()), (Some(code), message));
    }
    let peer = fs::File::options().write(true).open(&lock).unwrap();
    peer.try_lock().unwrap();
    let output = prune(&volume, &["--yes", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let message = "error: a peer uses DIR\nhint: stop the peer, or the command peer node, before you delete builds and packages\n";
    assert_eq!(volume.steady(&stderr(&output)), message);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["error"]["exit_code"], 1);
    drop(peer);
    fs::remove_file(lock).unwrap();
    let output = prune(&volume, &[]);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        volume.steady(&stderr(&output)),
        "error: DIR has no ledgersData/fileLock/LOCK, so it is unknown whether a peer uses it\nhint: name the folder in \
         peer.fileSystemPath of core.yaml\n"
    );
    assert_eq!(fs::read_dir(volume.path("externalbuilder/builds")).unwrap().count(), 5);
}

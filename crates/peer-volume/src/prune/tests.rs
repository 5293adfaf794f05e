//! Prunes volumes that each test makes.

use std::fs;
use std::os::unix::fs::symlink;

use ccs_builder::report::chain;

use super::*;

/// The folder of a stopped peer.
struct Volume(tempfile::TempDir);

impl Volume {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["ledgersData/fileLock", "externalbuilder/builds", "lifecycle/chaincodes"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("ledgersData/fileLock/LOCK"), "").unwrap();
        Self(root)
    }

    fn id(label: &str) -> PackageId {
        format!("{label}:{}", "ab".repeat(32)).parse().unwrap()
    }

    fn package(&self, label: &str) -> PackageId {
        let id = Self::id(label);
        let file = format!("lifecycle/chaincodes/{label}.{}.tar.gz", id.hash());
        fs::write(self.0.path().join(file), "a package").unwrap();
        id
    }

    fn build(&self, label: &str, builder: &str) -> PathBuf {
        let folder = self.0.path().join("externalbuilder/builds").join(Self::id(label).sanitized());
        for part in ["bld", "release/chaincode/server"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        fs::write(folder.join("build-info.json"), format!(r#"{{"builder_name":"{builder}"}}"#)).unwrap();
        folder
    }

    fn prune(&self) -> Prune<'_> {
        Prune { volume: self.0.path(), definitions: None, keep: &[], builders: None, is_confirmed: false }
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.path().join(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Returns label, kind, reason and rebuilding of each piece of garbage.
fn found(outcome: &Outcome) -> Vec<(&str, &str, &str, bool)> {
    let label = |garbage: &Garbage| garbage.package_id.split_once(':').unwrap().0.len();
    outcome
        .garbage
        .iter()
        .map(|it| (&it.package_id[..label(it)], it.kind.word(), it.reason.as_str(), it.is_rebuilt))
        .collect()
}

/// Makes a volume with one build of each kind, and an entry of another program.
fn everything() -> Volume {
    let volume = Volume::new();
    for label in ["good", "half", "gone", "waits"] {
        volume.package(label);
    }
    volume.build("good", "ccaas_builder");
    fs::remove_dir_all(volume.build("half", "ccaas_builder").join("bld")).unwrap();
    volume.build("gone", "old_builder");
    volume.build("orphan", "ccaas_builder");
    fs::create_dir(volume.0.path().join("externalbuilder/builds/name-1.0")).unwrap();
    symlink("good", volume.0.path().join("lifecycle/chaincodes/link")).unwrap();
    volume
}

const ORPHAN: (&str, &str, &str, bool) = ("orphan", "build", "the peer has no package of it", false);
const REST: (&str, &str, &str, bool) = ("orphan", "build", "an earlier ccs prune was interrupted", false);
const HALF: (&str, &str, &str, bool) = ("half", "build", "it is incomplete: there is no folder bld", true);

#[test]
fn without_definitions_only_builds_are_garbage_and_nothing_is_deleted_unasked() {
    let volume = everything();
    let outcome = volume.prune().run().unwrap();
    assert_eq!(found(&outcome), [HALF, ORPHAN]);
    let ignored: Vec<_> = outcome.ignored.iter().map(|it| (it.path.clone(), it.reason.as_str())).collect();
    let path = |name: &str| volume.0.path().join(name);
    assert_eq!(
        ignored,
        [
            (path("externalbuilder/builds/name-1.0"), "its name is not LABEL-HASH"),
            (path("lifecycle/chaincodes/link"), "its name is not LABEL.HASH.tar.gz"),
        ]
    );
    assert!(outcome.garbage.iter().all(|garbage| !garbage.deleted && garbage.path.exists()));
    let builders = ["ccaas_builder".to_owned()];
    let outcome = Prune { builders: Some(&builders), ..volume.prune() }.run().unwrap();
    let gone = ("gone", "build", "its builder \"old_builder\" is not in core.yaml", true);
    assert_eq!(found(&outcome), [gone, HALF, ORPHAN]);
}

#[test]
fn confirmed_garbage_is_deleted_and_the_rest_stays() {
    let volume = everything();
    // A killed command has left this.
    let rest = format!("externalbuilder/builds/.ccs-pruned-{}", Volume::id("orphan").sanitized());
    fs::create_dir_all(volume.0.path().join(rest).join("bld")).unwrap();
    let listed = volume.prune().run().unwrap();
    assert_eq!(found(&listed), [REST, HALF, ORPHAN]);
    assert_eq!(listed.ignored.len(), 2, "{:?}", listed.ignored);
    let outcome = Prune { is_confirmed: true, ..volume.prune() }.run().unwrap();
    assert!(outcome.failure.is_none() && outcome.garbage.iter().all(|garbage| garbage.deleted));
    let [gone, good] = ["gone", "good"].map(|label| Volume::id(label).sanitized());
    assert_eq!(volume.names("externalbuilder/builds"), [gone, good, "name-1.0".to_owned()]);
    assert_eq!(volume.names("lifecycle/chaincodes").len(), 5);
    assert!(volume.prune().run().unwrap().garbage.is_empty());
}

#[test]
fn packages_go_only_if_definitions_or_packages_to_keep_are_given() {
    let volume = everything();
    let (good, waits) = (Volume::id("good"), Volume::id("waits"));
    let text = format!(
        r#"{{"installed_chaincodes":[{{"package_id":"{good}","references":{{"c":{{"chaincodes":[{{}}]}}}}}},{{"package_id":"{waits}"}}]}}"#
    );
    let file = volume.0.path().join("installed.json");
    fs::write(&file, text).unwrap();
    let mut definitions = Definitions::default();
    definitions.read(&file).unwrap();
    let prune = Prune { definitions: Some(&definitions), ..volume.prune() };
    // The list does not contain the packages half and gone, so they stay.
    assert_eq!(found(&prune.run().unwrap()), [HALF, ORPHAN, ("waits", "package", UNUSED, false)]);
    let keep = [waits.clone()];
    assert_eq!(found(&Prune { keep: &keep, ..prune }.run().unwrap()), [HALF, ORPHAN]);
    let prune = Prune { keep: &keep, is_confirmed: true, ..volume.prune() };
    let outcome = prune.run().unwrap();
    let (unused, package) =
        (|label| (label, "build", UNUSED, false), |label| (label, "package", UNUSED, false));
    assert_eq!(
        found(&outcome),
        [
            unused("gone"),
            unused("good"),
            unused("half"),
            ORPHAN,
            package("gone"),
            package("good"),
            package("half")
        ]
    );
    assert_eq!(volume.names("externalbuilder/builds"), ["name-1.0"]);
    let file = format!("waits.{}.tar.gz", waits.hash());
    assert_eq!(volume.names("lifecycle/chaincodes"), ["link".to_owned(), file]);
}

#[test]
fn a_wrong_package_to_keep_deletes_nothing() {
    let volume = everything();
    let keep = [Volume::id("god")];
    let error = Prune { keep: &keep, is_confirmed: true, ..volume.prune() }.run().unwrap_err();
    assert_eq!(error.to_string(), format!("{} is not installed in {}", keep[0], volume.0.path().display()));
    assert_eq!(error.code().unwrap().number(), 64);
    assert_eq!(volume.names("externalbuilder/builds").len(), 5);
    let missing = Path::new("/missing/volume");
    let error = Prune { volume: missing, ..volume.prune() }.run().unwrap_err();
    assert_eq!(chain(&error), "cannot read /missing/volume: there is no such file");
    assert!(error.hint().unwrap().starts_with("peer.fileSystemPath of core.yaml names"), "{error}");
    let error = Definitions::default().read(&missing.join("a.json")).unwrap_err();
    assert_eq!(chain(&error), "cannot read /missing/volume/a.json: there is no such file");
    assert!(error.hint().unwrap().starts_with("peer lifecycle chaincode queryinstalled"), "{error}");
}

#[test]
fn without_a_folder_of_packages_no_build_is_garbage() {
    let volume = everything();
    fs::rename(volume.0.path().join("lifecycle"), volume.0.path().join("elsewhere")).unwrap();
    let error = Prune { is_confirmed: true, ..volume.prune() }.run().unwrap_err();
    let shown = volume.0.path().display();
    let text = "has builds but no lifecycle/chaincodes, so it is unknown which packages are installed";
    assert_eq!(error.to_string(), format!("{shown} {text}"));
    assert_eq!(error.hint().as_deref(), Some("name the folder in peer.fileSystemPath of core.yaml"));
    assert_eq!(error.code().unwrap().number(), 64);
    assert_eq!(volume.names("externalbuilder/builds").len(), 5);
}

#[test]
fn a_volume_in_use_is_refused() {
    let volume = everything();
    let lock = volume.0.path().join("ledgersData/fileLock/LOCK");
    let peer = fs::File::options().write(true).open(&lock).unwrap();
    peer.try_lock().unwrap();
    let error = volume.prune().run().unwrap_err();
    assert_eq!(error.to_string(), format!("a peer uses {}", volume.0.path().display()));
    assert!(error.hint().unwrap().starts_with("stop the peer"), "{error}");
    drop(peer);
    let builds = fs::File::open(volume.0.path().join("externalbuilder/builds")).unwrap();
    builds.try_lock().unwrap();
    let error = volume.prune().run().unwrap_err();
    assert!(error.to_string().starts_with("another command of ccs changes the builds in "), "{error}");
    drop(builds);
    fs::remove_file(lock).unwrap();
    let error = volume.prune().run().unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("name the folder in peer.fileSystemPath of core.yaml"));
}

#[test]
fn a_link_in_the_volume_leads_nowhere() {
    let (volume, other) = (Volume::new(), everything());
    fs::remove_dir(volume.0.path().join("externalbuilder/builds")).unwrap();
    symlink(other.0.path().join("externalbuilder/builds"), volume.0.path().join("externalbuilder/builds"))
        .unwrap();
    let error = Prune { is_confirmed: true, ..volume.prune() }.run().unwrap_err();
    let builds = volume.0.path().join("externalbuilder/builds");
    let text = format!("cannot read {}: it is a symbolic link or not a folder", builds.display());
    assert_eq!(chain(&error), text);
    assert_eq!(other.names("externalbuilder/builds").len(), 5);
}

#[test]
fn a_peer_without_builds_has_no_garbage() {
    let volume = Volume::new();
    fs::remove_dir_all(volume.0.path().join("externalbuilder")).unwrap();
    volume.package("docker");
    let outcome = volume.prune().run().unwrap();
    assert!(outcome.garbage.is_empty() && outcome.ignored.is_empty());
}

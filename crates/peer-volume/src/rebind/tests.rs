//! Rebinds builds in volumes that each test makes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ccs_builder::report::chain;
use rcgen::{CertificateParams, DnType, KeyPair};

use super::*;

const OLD: &str = r#"{"address":"old:9999","tls_required":false,"client_auth_required":false}"#;
const NEW: &str = r#"{"address":"new:9999","tls_required":false,"client_auth_required":false}"#;

/// The builds of a peer, with one build.
struct Volume {
    root: tempfile::TempDir,
    id: String,
}

impl Volume {
    fn new(connection: &str) -> Self {
        Self::of(tempfile::tempdir().unwrap(), connection)
    }

    /// Makes a volume in memory, where it takes no time to wait for the disk.
    fn in_memory(connection: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self::of(root.unwrap(), connection)
    }

    fn of(root: tempfile::TempDir, connection: &str) -> Self {
        let volume = Self { root, id: String::new() };
        let id = volume.build("basic_1.0", "ab", BUILDER, connection);
        Self { id, ..volume }
    }

    /// Makes a build, and returns its package ID.
    fn build(&self, label: &str, byte: &str, builder: &str, connection: &str) -> String {
        let hash = byte.repeat(32);
        let folder = self.root.path().join(format!("{label}-{hash}"));
        let server = SERVER.iter().fold(folder.clone(), |path, name| path.join(name));
        fs::create_dir_all(&server).unwrap();
        fs::create_dir(folder.join("bld")).unwrap();
        fs::write(folder.join("build-info.json"), format!(r#"{{"builder_name":"{builder}"}}"#)).unwrap();
        for file in [server.join(FILE), folder.join("bld").join(FILE)] {
            fs::write(&file, connection).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o640)).unwrap();
        }
        format!("{label}:{hash}")
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join(self.id.replace(':', "-"))
    }

    fn released(&self) -> PathBuf {
        SERVER.iter().fold(self.folder(), |path, name| path.join(name)).join(FILE)
    }

    fn built(&self) -> PathBuf {
        self.folder().join("bld").join(FILE)
    }

    fn rebind<'a>(&self, package: &'a str, edit: &'a Edit) -> Rebind<'a> {
        Rebind {
            builds: self.root.path().to_owned(),
            package,
            builders: &[],
            edit,
            is_trial: false,
            now: SystemTime::now(),
        }
    }

    fn run(&self, edit: &Edit) -> Result<Outcome, Error> {
        self.rebind("basic_1.0", edit).run()
    }
}

fn address(address: &str) -> Edit {
    Edit { address: Some(address.to_owned()), ..Edit::default() }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Makes a certificate that signs itself, and its key.
fn pair(name: &str) -> Client {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    Client { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

#[test]
fn both_files_change_and_the_former_ones_stay() {
    let volume = Volume::new(OLD);
    let trial = Rebind { is_trial: true, ..volume.rebind(&volume.id, &address("new:9999")) }.run().unwrap();
    assert!(!trial.done && text(&volume.released()) == OLD && text(&volume.built()) == OLD);
    let outcome = volume.run(&address("new:9999")).unwrap();
    assert!(outcome.done);
    assert_eq!(outcome.written, [volume.released(), volume.built()]);
    assert_eq!(trial.written, outcome.written);
    let change = Change {
        field: "address".to_owned(),
        before: Some("old:9999".to_owned()),
        after: Some("new:9999".to_owned()),
    };
    assert_eq!(outcome.changes, [change]);
    for file in [volume.released(), volume.built()] {
        assert_eq!((text(&file).as_str(), mode(&file)), (NEW, 0o640));
        let former = file.with_file_name(FORMER);
        assert_eq!((text(&former).as_str(), mode(&former)), (OLD, 0o600));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 2, "no draft is left");
    }
    // The same again changes nothing, not even the former files.
    let again = volume.run(&address("new:9999")).unwrap();
    assert!(again.written.is_empty() && again.changes.is_empty());
    assert_eq!(text(&volume.released().with_file_name(FORMER)), OLD);
}

#[test]
fn a_command_that_was_killed_between_the_files_is_completed_by_the_next() {
    let volume = Volume::new(OLD);
    fs::write(volume.released(), NEW).unwrap();
    fs::write(volume.built().with_file_name(".ccs-draft-1-2"), "{").unwrap();
    let outcome = volume.run(&address("new:9999")).unwrap();
    assert_eq!(outcome.written, [volume.built()]);
    assert_eq!(text(&volume.built()), NEW);
    assert!(!volume.built().with_file_name(".ccs-draft-1-2").exists());
    fs::remove_file(volume.built()).unwrap();
    volume.run(&address("new:9999")).unwrap();
    assert_eq!((text(&volume.built()).as_str(), mode(&volume.built())), (NEW, 0o640));
}

#[test]
fn certificates_turn_tls_on_and_no_key_is_shown() {
    let volume = Volume::new(OLD);
    let (root, client) = (pair("ca"), pair("peer"));
    let edit = Edit {
        root_cert: Some(root.certificate.clone()),
        client: Some(client.clone()),
        dial_timeout: Some("10s".to_owned()),
        ..Edit::default()
    };
    let outcome = volume.run(&edit).unwrap();
    let (written, _) = Connection::parse(text(&volume.released()).as_bytes()).unwrap();
    assert!(written.tls_required && written.client_auth_required);
    assert_eq!((&written.client_key, &written.root_cert), (&client.key, &root.certificate));
    let fields: Vec<_> = outcome.changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(
        fields,
        ["dial_timeout", "tls_required", "client_auth_required", "root_cert", "client_cert", "client_key"]
    );
    let document = serde_json::to_string(&outcome).unwrap();
    assert!(!document.contains("PRIVATE") && document.contains(r#""after":"[redacted]""#), "{document}");
    let roots = outcome.changes[3].after.as_deref().unwrap();
    assert!(roots.starts_with("CN=ca (serial ") && roots.contains(", until 4096-"), "{roots}");
    assert_eq!([volume.released(), volume.built()].map(|file| mode(&file)), [0o640; 2]);
    let other = Edit { client: Some(Client { key: root.key, ..client }), ..Edit::default() };
    let error = volume.run(&other).unwrap_err();
    assert_eq!(error.code().unwrap().number(), 14);
    assert!(
        chain(&error).starts_with("connection.json: client_cert and client_key cannot be used: "),
        "{error}"
    );
}

#[test]
fn no_other_user_can_read_a_key() {
    let volume = Volume::new(OLD);
    let files = [volume.released(), volume.built()];
    let open = || {
        for file in &files {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
    };
    open();
    volume.run(&address("new:9999")).unwrap();
    assert_eq!(files.each_ref().map(|file| mode(file)), [0o644; 2]);
    let root_cert = Some(pair("ca").certificate);
    let edit = Edit { root_cert, client: Some(pair("peer")), ..Edit::default() };
    volume.run(&edit).unwrap();
    assert_eq!(files.each_ref().map(|file| mode(file)), [0o640; 2]);
    // The key of the former file counts as well.
    open();
    volume.run(&address("old:9999")).unwrap();
    assert_eq!(files.each_ref().map(|file| mode(file)), [0o640; 2]);
}

#[test]
fn an_invalid_connection_changes_nothing() {
    for (edit, code, message) in [
        (address("new"), 13, "connection.json: address \"new\" has no port"),
        (
            address("{{.peer_id}}:9999"),
            12,
            "connection.json: address contains a template, and only an install renders templates",
        ),
        (
            Edit { dial_timeout: Some("10".to_owned()), ..Edit::default() },
            16,
            "connection.json: dial_timeout: \"10\" is not a duration: the unit is missing",
        ),
        (
            Edit {
                whole: Some(Whole { path: "new.json".into(), bytes: b"null".to_vec() }),
                ..Edit::default()
            },
            11,
            "new.json: the document is null, not an object",
        ),
        (
            Edit {
                whole: Some(Whole {
                    path: "new.json".into(),
                    bytes: br#"{"address":"a:1","tls_required":true}"#.to_vec(),
                }),
                ..Edit::default()
            },
            14,
            "connection.json: tls_required is true and root_cert is missing",
        ),
    ] {
        let volume = Volume::new(OLD);
        let error = volume.run(&edit).unwrap_err();
        assert_eq!((chain(&error).as_str(), error.code().unwrap().number()), (message, code));
        assert!(text(&volume.released()) == OLD && text(&volume.built()) == OLD);
        assert!(!volume.released().with_file_name(FORMER).exists());
    }
}

#[test]
fn a_broken_file_is_replaced_by_a_whole_one_alone() {
    let volume = Volume::new(r#"{"address":"#);
    let error = volume.run(&address("new:9999")).unwrap_err();
    assert_eq!(error.code().unwrap().number(), 11);
    assert!(
        chain(&error).starts_with(&format!("{}: line 1, column ", volume.released().display())),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("pass the whole file with --connection FILE"));
    let whole = Whole { path: "new.json".into(), bytes: br#"{"address":"new:9999","tls":1}"#.to_vec() };
    let outcome = volume.run(&Edit { whole: Some(whole), ..Edit::default() }).unwrap();
    assert_eq!(outcome.warnings.len(), 2, "{:?}", outcome.warnings);
    assert!(outcome.warnings[0].starts_with("the former file is not valid: "), "{:?}", outcome.warnings);
    assert!(outcome.warnings[1].contains(r#"no peer reads the key "tls""#), "{:?}", outcome.warnings);
    assert_eq!(outcome.changes.last().unwrap().after.as_deref(), Some("1 byte"));
    assert_eq!(text(&volume.released().with_file_name(FORMER)), r#"{"address":"#);
}

#[test]
fn builds_that_are_not_ours_are_refused() {
    let volume = Volume::new(OLD);
    let edit = address("new:9999");
    let other = volume.build("k8s_1", "cd", "k8s_builder", OLD);
    let error = volume.rebind(&other, &edit).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the build of {other} is by the builder \"k8s_builder\", whose connection.json has rules of its own"
        )
    );
    assert!(error.hint().unwrap().ends_with("add --builder-name k8s_builder"), "{:?}", error.hint());
    let named = ["k8s_builder".to_owned()];
    Rebind { builders: &named, ..volume.rebind(&other, &edit) }.run().unwrap();

    let launched = volume.build("launched", "ef", BUILDER, OLD);
    let folder = volume.root.path().join(launched.replace(':', "-"));
    fs::write(folder.join("bld/launch.json"), "{}").unwrap();
    let error = volume.rebind("launched", &edit).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("ccs launch maintains the server of {launched} and writes its connection.json")
    );
    let builds = volume.root.path().display();
    let next = format!("ccs launch reconcile --settings launch.yaml --builds {builds} --package {launched}");
    assert_eq!(error.next(), Some(next));

    let dials = volume.build("dials", "12", BUILDER, OLD);
    fs::remove_dir_all(volume.root.path().join(dials.replace(':', "-")).join("release/chaincode")).unwrap();
    let error = volume.rebind("dials", &edit).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the build of {dials} has no release/chaincode/server/connection.json: the chaincode dials the peer"
        )
    );
    let half = volume.build("half", "34", BUILDER, OLD);
    fs::remove_dir_all(volume.root.path().join(half.replace(':', "-")).join("bld")).unwrap();
    let error = volume.rebind("half", &edit).run().unwrap_err();
    assert_eq!(error.to_string(), format!("the build of {half} is incomplete: there is no folder bld"));
}

#[test]
fn a_name_without_a_build_or_with_several_is_refused() {
    let volume = Volume::new(OLD);
    let edit = address("new:9999");
    let builds = volume.root.path().display();
    let error = volume.rebind("basic", &edit).run().unwrap_err();
    assert_eq!(error.to_string(), format!("{builds} has no build of basic"));
    assert_eq!(error.hint(), Some(format!("there are builds of {}", volume.id)));
    let other = volume.build("basic_1.0", "cd", BUILDER, OLD);
    let error = volume.run(&edit).unwrap_err();
    assert_eq!(error.to_string(), "2 packages have the label basic_1.0");
    assert_eq!(error.hint(), Some(format!("name one of {}, {other}", volume.id)));
    assert_eq!(error.code().unwrap().number(), 64);
    let missing = Rebind { builds: "/missing/builds".into(), ..volume.rebind("a", &edit) }.run().unwrap_err();
    assert_eq!(chain(&missing), "cannot read /missing/builds: there is no such file");
}

#[test]
fn a_link_in_a_build_is_refused() {
    let volume = Volume::new(OLD);
    let elsewhere = volume.root.path().join("elsewhere");
    fs::write(&elsewhere, OLD).unwrap();
    fs::remove_file(volume.released()).unwrap();
    symlink(&elsewhere, volume.released()).unwrap();
    let error = volume.run(&address("new:9999")).unwrap_err();
    assert_eq!(chain(&error), format!("cannot read {}: it is a symbolic link", volume.released().display()));
    assert_eq!(text(&elsewhere), OLD);
}

#[test]
fn two_commands_do_not_change_the_same_builds() {
    let volume = Volume::new(OLD);
    let held = fs::File::open(volume.root.path()).unwrap();
    held.try_lock().unwrap();
    let error = volume.run(&address("new:9999")).unwrap_err();
    let builds = volume.root.path().display();
    assert_eq!(error.to_string(), format!("another command of ccs changes the builds in {builds}"));
    Rebind { is_trial: true, ..volume.rebind("basic_1.0", &address("new:9999")) }.run().unwrap();
    drop(held);
    volume.run(&address("new:9999")).unwrap();
}

#[test]
fn a_reader_never_sees_a_part_of_a_file() {
    let volume = Volume::in_memory(OLD);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [volume.released(), volume.built()].map(|path| {
            let is_over = &is_over;
            scope.spawn(move || {
                let mut count = 0_usize;
                while !is_over.load(Ordering::Relaxed) {
                    let content = text(&path);
                    assert!(content == OLD || content == NEW, "{content}");
                    count += 1;
                }
                count
            })
        });
        for number in 0..1_000 {
            let to = if number % 2 == 0 { "new:9999" } else { "old:9999" };
            assert_eq!(volume.run(&address(to)).unwrap().written.len(), 2);
        }
        is_over.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    assert_eq!(text(&volume.released()), OLD);
}

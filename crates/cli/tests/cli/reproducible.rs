//! The same inputs result in the same package, for any user, place and time.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use assert_cmd::cargo::cargo_bin;

/// Where and when a package is made.
struct Circumstances {
    umask: &'static str,
    time_zone: &'static str,
    /// The age of the input files.
    age: Duration,
    /// The order in which the input files are made.
    reversed: bool,
    /// The user, where the test may change it.
    user: Option<u32>,
}

/// Creates the inputs in a separate folder and packages them there; returns the ID and the file.
fn package(circumstances: &Circumstances) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let index = r#"{"index":{"fields":["owner"]}}"#;
    let mut inputs = [
        ("META-INF/statedb/couchdb/indexes/b.json", index),
        ("META-INF/statedb/couchdb/indexes/a.json", index),
        ("connection.json", r#"{"address":"basic:9999","note":"kept"}"#),
    ];
    if circumstances.reversed {
        inputs.reverse();
    }
    for (path, text) in inputs {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::now() - circumstances.age)
            .unwrap();
    }
    // The user who packages must be able to write here.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let script = format!(
        "umask {}; exec {} package out.tgz --label basic_1.0 --connection connection.json --meta-inf META-INF",
        circumstances.umask,
        cargo_bin("ccs").display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(folder.path()).env("TZ", circumstances.time_zone);
    if let Some(user) = circumstances.user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), fs::read(folder.path().join("out.tgz")).unwrap())
}

/// Whether this process may become another user, and that user may start the program.
fn may_change_user() -> bool {
    let mut probe = Command::new(cargo_bin("ccs"));
    probe.arg("--version").current_dir(Path::new("/")).uid(65_534).gid(65_534);
    probe.output().is_ok_and(|output| output.status.success())
}

#[test]
fn folders_users_umasks_time_zones_and_dates_do_not_matter() {
    let here =
        Circumstances { umask: "022", time_zone: "UTC", age: Duration::ZERO, reversed: false, user: None };
    let elsewhere = Circumstances {
        umask: "077",
        time_zone: "Pacific/Kiritimati",
        age: Duration::from_hours(400 * 24),
        reversed: true,
        user: may_change_user().then_some(65_534),
    };
    let (id, bytes) = package(&here);
    assert_eq!((id.as_str(), &bytes), (package(&elsewhere).0.as_str(), &package(&elsewhere).1));
    assert_eq!(id, "basic_1.0:be708aa02b112259138fb18084b6b28ad45068b03f8c0595eeccf623bdbc4ada\n");
}

//! Runs `ccs-builder install DIR --every DURATION` as a process: it repairs changes, and ends at a signal.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A change of an installed program.
type Harm = &'static dyn Fn(&Path);

/// Starts the process and reads its settings to the end, after which the programs are installed.
fn started(bin: &Path) -> Child {
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_ccs-builder"))
        .args(["install", bin.to_str().unwrap(), "--every", "5ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(keeper.stdout.take().unwrap());
    let last = stdout.lines().map(Result::unwrap).find(|line| line.starts_with("CORE_CHAINCODE"));
    assert!(last.is_some(), "the settings end with the variable");
    keeper
}

/// Replaces a file in one step, because the process may check it at any time.
fn replace(place: &Path, make: impl FnOnce(&Path) -> io::Result<()>) {
    let new = place.with_extension("new");
    make(&new).unwrap();
    fs::rename(new, place).unwrap();
}

fn stop(mut keeper: Child, signal: Signal) {
    kill_process(Pid::from_child(&keeper), signal).unwrap();
    assert_eq!(keeper.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_missing_or_changed_is_installed_again() {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    let mut keeper = started(&bin);
    let mut said = BufReader::new(keeper.stderr.take().unwrap()).lines().map(Result::unwrap);
    let good = fs::read(bin.join("detect")).unwrap();

    let harms: [(&str, Harm); 4] = [
        ("detect", &|program| fs::remove_file(program).unwrap()),
        ("build", &|program| replace(program, |new| fs::write(new, "another builder"))),
        ("release", &|program| fs::set_permissions(program, fs::Permissions::from_mode(0o644)).unwrap()),
        ("detect", &|program| replace(program, |new| symlink("/nowhere", new))),
    ];
    for (name, harm) in harms {
        harm(&bin.join(name));
        let line = said.next().unwrap();
        assert_eq!(line, format!("ccs-builder: reinstalled missing or changed programs: {name}"));
        assert_eq!(fs::read(bin.join(name)).unwrap(), good);
        assert_eq!(fs::metadata(bin.join(name)).unwrap().permissions().mode() & 0o777, 0o755);
    }
    stop(keeper, Signal::TERM);
}

#[test]
fn an_interrupt_ends_it_too() {
    let folder = tempfile::tempdir().unwrap();
    stop(started(&folder.path().join("bin")), Signal::INT);
}

#[test]
fn a_folder_that_is_gone_for_good_ends_it_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("builder");
    fs::create_dir(folder.path().join("place")).unwrap();
    symlink("place", &link).unwrap();
    let mut keeper = started(&link.join("bin"));
    replace(&link, |file| fs::write(file, "nothing can be installed below a file, by root or not"));
    let ended = keeper.wait().unwrap();
    let said: Vec<_> = BufReader::new(keeper.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    assert_eq!(ended.code(), Some(20), "{said:?}");
    let start =
        format!("ccs-builder: error 20 input/output: cannot make the folder {}/bin: ", link.display());
    assert!(said.iter().all(|line| line.starts_with(&start)), "{said:?}");
}

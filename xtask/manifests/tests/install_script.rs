//! `install.sh`, with archives that `deploy/release/pack.sh` makes from stand-ins for the programs.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask_base::workspace;

const ARCHIVE: &str = "fabric-ccs-0.1.0-linux-amd64.tar.gz";
const PROGRAMS: [&str; 3] = ["ccs", "ccs-builder", "ccs-launcher"];

/// A folder with the release, a folder to install into, and stand-ins for other programs.
struct Site {
    folder: TempDir,
}

impl Site {
    /// Makes a release of programs that print their name.
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.pack(&PROGRAMS);
        site.sum();
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Packs the archive as the workflow of the release does.
    fn pack(&self, programs: &[&str]) {
        for program in programs {
            self.program(&format!("packed/{program}"), &format!("echo '{program} 0.1.0'"));
        }
        fs::create_dir_all(self.path("release")).unwrap();
        let mut pack = Command::new("sh");
        pack.arg(workspace::root().join("deploy/release/pack.sh"));
        pack.args([self.path("packed"), self.path("release").join(ARCHIVE)]).env("SOURCE_DATE_EPOCH", "0");
        succeed(&mut pack);
    }

    /// Writes the checksums.
    fn sum(&self) {
        let mut sum = Command::new("sh");
        succeed(sum.args(["-c", "sha256sum -- * > SHA256SUMS"]).current_dir(self.path("release")));
    }

    /// Runs the script without a network, with the archive unless `arguments` are others.
    fn run(&self, arguments: &[&str]) -> Output {
        let archive = self.path("release").join(ARCHIVE);
        let usual = ["--archive", archive.to_str().unwrap(), "--dir", "a folder/bin"];
        let path = format!("{}:{}", self.path("stand-ins").display(), std::env::var("PATH").unwrap());
        let mut script = Command::new("sh");
        script.arg(workspace::root().join("install.sh"));
        script.args(if arguments.is_empty() { &usual } else { arguments }).current_dir(self.folder.path());
        script.env("PATH", path).env("HOME", self.folder.path()).output().unwrap()
    }

    fn installed(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("a folder/bin")).into_iter().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns what a run that must fail has printed.
fn refusal(site: &Site, arguments: &[&str]) -> String {
    let output = site.run(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(site.installed(), [""; 0], "nothing may be installed");
    String::from_utf8(output.stderr).unwrap().replace(&site.folder.path().display().to_string(), "SITE")
}

#[test]
fn an_archive_is_installed_and_installed_again() {
    let site = Site::new();
    for _ in 0..2 {
        let output = site.run(&[]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = site.path("a folder/bin").display().to_string();
        let expected = format!(
            "installed ccs, ccs-builder and ccs-launcher in {folder}\nadd it to your PATH: export PATH=\"{folder}:$PATH\"\n"
        );
        assert_eq!(said, expected);
        assert_eq!(site.installed(), PROGRAMS);
    }
    let output = Command::new(site.path("a folder/bin/ccs-builder")).output().unwrap();
    assert_eq!(output.stdout, b"ccs-builder 0.1.0\n");
}

#[test]
fn the_archive_has_the_license_and_the_notices() {
    let site = Site::new();
    let list = Command::new("tar").arg("-tzf").arg(site.path("release").join(ARCHIVE)).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for file in ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"] {
        assert!(list.lines().any(|line| line == format!("./{file}")), "{file} is missing in\n{list}");
    }
}

#[test]
fn a_changed_archive_is_not_unpacked() {
    let site = Site::new();
    let archive = site.path("release").join(ARCHIVE);
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    site.program("stand-ins/tar", "touch unpacked");
    let said = refusal(&site, &[]);
    assert!(said.starts_with(&format!("error: the checksum of {ARCHIVE} is ")), "{said}");
    assert!(said.ends_with("hint: download the archive again\n"), "{said}");
    assert!(!site.path("unpacked").exists());
}

#[test]
fn an_archive_without_its_checksum_is_not_installed() {
    let site = Site::new();
    fs::write(site.path("release/SHA256SUMS"), "").unwrap();
    assert_eq!(refusal(&site, &[]), format!("error: SITE/release/SHA256SUMS has no checksum of {ARCHIVE}\n"));
    fs::remove_file(site.path("release/SHA256SUMS")).unwrap();
    let expected = format!(
        "error: there is no file SITE/release/SHA256SUMS with the checksum of {ARCHIVE}\nhint: pass it with --checksums\n"
    );
    assert_eq!(refusal(&site, &[]), expected);
}

#[test]
fn an_archive_without_a_program_installs_none() {
    let site = Site::new();
    fs::remove_dir_all(site.path("packed")).unwrap();
    site.pack(&["ccs", "ccs-builder"]);
    site.sum();
    let said = refusal(&site, &[]);
    assert_eq!(said, format!("error: SITE/release/{ARCHIVE} has no program ccs-launcher\n"));
}

#[test]
fn without_a_release_the_script_says_what_to_do() {
    let expected = "error: no release is published yet\n\
         hint: build from a checkout: cargo install --path crates/cli; or pass an archive with --archive\n";
    assert_eq!(refusal(&Site::new(), &["--dir", "a folder/bin"]), expected);
}

#[test]
fn a_download_that_fails_names_the_release() {
    let site = Site::new();
    site.program("stand-ins/curl", "exit 22");
    site.program("stand-ins/uname", "case $1 in -s) echo Linux ;; -m) echo aarch64 ;; esac");
    let expected = "error: cannot download fabric-ccs-9.9.9-linux-arm64.tar.gz of release 9.9.9\n\
         hint: see https://github.com/hyperledgendary/fabric-ccs/releases for the releases that exist\n";
    assert_eq!(refusal(&site, &["--version", "v9.9.9"]), expected);
}

#[test]
fn other_systems_and_processors_are_refused() {
    let site = Site::new();
    let hint = "hint: build from a checkout: cargo install --path crates/cli\n";
    site.program("stand-ins/uname", "case $1 in -s) echo Darwin ;; -m) echo arm64 ;; esac");
    assert_eq!(refusal(&site, &[]), format!("error: there is no archive for Darwin, only for Linux\n{hint}"));
    site.program("stand-ins/uname", "case $1 in -s) echo Linux ;; -m) echo s390x ;; esac");
    let expected =
        format!("error: there is no archive for the processor s390x, only for amd64 and arm64\n{hint}");
    assert_eq!(refusal(&site, &[]), expected);
}

#[test]
fn invalid_arguments_are_refused() {
    let site = Site::new();
    let hint = "hint: sh install.sh --help\n";
    assert_eq!(refusal(&site, &["--dir"]), format!("error: --dir needs a value\n{hint}"));
    assert_eq!(refusal(&site, &["--folder", "x"]), format!("error: unknown argument --folder\n{hint}"));
    assert_eq!(
        refusal(&site, &["--version", "../x"]),
        "error: ../x is not a version\nhint: for example: --version 0.1.0\n"
    );
    let help = site.run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("--checksums FILE"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let site = Site::new();
    fs::write(site.path("file"), "").unwrap();
    let archive = site.path("release").join(ARCHIVE);
    let said = refusal(&site, &["--archive", &archive.display().to_string(), "--dir", "file/bin"]);
    assert!(
        said.ends_with("error: cannot create file/bin\nhint: pass another folder with --dir\n"),
        "{said}"
    );
}

#[test]
fn the_workflow_packs_with_the_same_script() {
    let workflow = fs::read_to_string(workspace::root().join(".github/workflows/release.yml")).unwrap();
    assert!(workflow.contains("sh deploy/release/pack.sh packed "), "release.yml packs in another way");
    let name = "name=\"fabric-ccs-${GITHUB_REF_NAME#v}-linux-$PROCESSOR\"";
    assert!(workflow.contains(name), "the names of archives in install.sh differ from {name}");
}

#[test]
fn checksums_of_the_caller_count_also_for_a_download() {
    let site = Site::new();
    // `--output FILE URL` are the last words.
    let release = site.path("release").display().to_string();
    site.program(
        "stand-ins/curl",
        &format!("while [ $# -gt 2 ]; do shift; done; cp \"{release}/$(basename \"$2\")\" \"$1\""),
    );
    let run = |more: &[&str]| site.run(&[&["--version", "0.1.0", "--dir", "a folder/bin"], more].concat());
    fs::write(site.path("mine"), format!("{}  {ARCHIVE}\n", "0".repeat(64))).unwrap();
    let output = run(&["--checksums", "mine"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains(&format!("the checksum of {ARCHIVE} is ")) && text.contains("and mine has 0000"),
        "{text}"
    );
    assert_eq!(site.installed(), [""; 0]);
    let output = run(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(site.installed(), PROGRAMS);
}

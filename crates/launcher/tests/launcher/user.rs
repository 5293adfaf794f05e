//! `process.user`: chaincode and builds as another user. This requires root; otherwise the launch fails.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::process::{Signal, geteuid, kill_process};

use crate::site::{LIMIT, PACKAGE, Site, gone, said};

/// A user that no system has.
const SETTINGS: &str =
    "platform: process\nlanguages: [golang, node]\nprocess: {user: '40001:40002'}\nbuild: {cache: CACHE}\n";

/// Creates a builder whose temporary files that user can reach; [`None`] if this process is not root.
fn site(chaincode_type: &str) -> Option<Site> {
    let site = Site::new("", chaincode_type);
    let cache = site.path("cache");
    fs::write(site.path("launch.yaml"), SETTINGS.replace("CACHE", &cache.display().to_string())).unwrap();
    if geteuid().is_root() {
        for folder in [site.path(""), site.path("tmp")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).unwrap();
        }
        return Some(site);
    }
    None
}

fn with_fake_chaincode(script: &str) -> Option<Site> {
    let site = site("binary")?;
    site.source("chaincode", &format!("#!/bin/sh\n{script}\n"));
    let built = site.build();
    assert!(built.status.success(), "{}", said(&built));
    Some(site)
}

/// Returns the existing folders of launches and builds.
fn folders(site: &Site) -> Vec<PathBuf> {
    let users = site.path("tmp/fabric-ccs-0-users");
    fs::read_dir(users).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn empty(site: &Site) {
    let start = Instant::now();
    while !folders(site).is_empty() {
        assert!(start.elapsed() < LIMIT, "{:?} stay", folders(site));
        std::thread::yield_now();
    }
}

#[test]
fn without_root_no_other_user_can_be_named() {
    if geteuid().is_root() {
        return;
    }
    let site = Site::with_fake_chaincode("exit 1");
    fs::write(site.path("launch.yaml"), "platform: process\nprocess: {user: '40001:40002'}\n").unwrap();
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(24));
    let expected =
        "error 24 launch settings: process.user: 40001:40002 is not the user of the peer, which is";
    assert!(lines[0].contains(expected), "{lines:#?}");
}

#[test]
fn the_fake_chaincode_has_the_user_and_reads_nothing_of_the_peer() {
    let script = "echo $(id -u) $(id -g) $(id -G); grep -E 'CapEff|CapPrm|NoNewPrivs' /proc/self/status; cat \
                  $CORE_TLS_CLIENT_KEY_FILE; echo; cat SECRET; ls BLD; touch $HOME/x && echo home; echo again \
                  >/dev/stderr; stat -c '%a %u' $CORE_TLS_CLIENT_KEY_FILE; exit 7";
    let Some(site) = site("binary") else { return };
    let script = script
        .replace("SECRET", &site.path("meta/chaincode.json").display().to_string())
        .replace("BLD", &site.path("bld").display().to_string());
    site.source("chaincode", &format!("#!/bin/sh\n{script}\n"));
    assert!(site.build().status.success());
    fs::set_permissions(site.path("bld"), fs::Permissions::from_mode(0o700)).unwrap();
    let mut run = site.run("meta");
    run.says("the chaincode runs as the user 40001:40002");
    let (code, _, lines) = run.ends();
    assert_eq!(code, Some(46), "{lines:#?}");
    let said = |text: &str| lines.iter().any(|line| line == &format!("chaincode basic_1.0: {text}"));
    for text in
        ["40001 40002 40002", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"]
    {
        assert!(said(text), "{text}: {lines:#?}");
    }
    for text in ["KEY", "home", "again", "600 40001"] {
        assert!(said(text), "{text}: {lines:#?}");
    }
    assert_eq!(lines.iter().filter(|line| line.contains("Permission denied")).count(), 2, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("warning: the chaincode runs as the user of the peer")));
    assert!(folders(&site).is_empty());
}

#[test]
fn a_peer_that_closes_its_folder_is_told_what_the_user_cannot_enter() {
    let Some(site) = with_fake_chaincode("exit 1") else { return };
    fs::set_permissions(site.path(""), fs::Permissions::from_mode(0o700)).unwrap();
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(24));
    let expected = format!(
        "error 24 launch settings: process.user: 40001:40002 cannot enter {}; hint: name another folder as TMPDIR",
        fs::canonicalize(site.path("")).unwrap().display()
    );
    assert!(lines[0].contains(&expected), "{lines:#?}");
}

#[test]
fn sigterm_leaves_neither_process_nor_file() {
    let Some(site) = with_fake_chaincode("sleep 100 & echo child $!; echo ready; wait") else { return };
    let mut run = site.run("meta");
    let child = run.says("child ");
    run.says("ready");
    run.signal(Signal::TERM);
    assert_eq!(run.ends().0, Some(0));
    gone(&child);
    assert!(folders(&site).is_empty());
}

#[test]
fn when_run_is_killed_the_guard_removes_processes_and_files() {
    let Some(site) = with_fake_chaincode("sleep 100 & echo child $!; echo ready $$; wait") else { return };
    let mut run = site.run("meta");
    let child = run.says("child ");
    let pid = run.says("ready ");
    run.signal(Signal::KILL);
    gone(&pid);
    gone(&child);
    empty(&site);
}

#[test]
fn when_the_guard_is_killed_too_the_next_launch_removes_the_files() {
    let Some(site) = with_fake_chaincode("echo ready $$; exec sleep 100") else { return };
    let mut first = site.run("first");
    let pid = first.says("ready ");
    let left = folders(&site);
    kill_process(guard(&left[0]), Signal::KILL).unwrap();
    first.signal(Signal::KILL);
    // The kernel ends the first process with run.
    gone(&pid);
    let mut second = site.run("second");
    second.says("ready ");
    let now = folders(&site);
    assert_eq!((now.len(), now[0] == left[0]), (1, false), "{now:?}");
    second.signal(Signal::TERM);
    assert_eq!(second.ends().0, Some(0));
    assert!(folders(&site).is_empty());
}

/// Finds the guard of a folder.
fn guard(folder: &Path) -> rustix::process::Pid {
    let name = folder.as_os_str().as_encoded_bytes();
    let is_it = |line: &[u8]| {
        line.split(|byte| *byte == 0).skip(1).any(|word| word == b"--guard")
            && line.ends_with(&[name, b"\0"].concat())
    };
    let mut processes = fs::read_dir("/proc").unwrap().flatten();
    let found = processes.find(|it| fs::read(it.path().join("cmdline")).is_ok_and(|line| is_it(&line)));
    let number = found.unwrap().file_name().to_str().unwrap().parse().unwrap();
    rustix::process::Pid::from_raw(number).unwrap()
}

/// Puts the package where a peer has it, and a script as a tool.
fn source(chaincode_type: &str, tool: &str, script: &str) -> Option<(Site, PathBuf)> {
    let site = site(chaincode_type)?;
    let metadata = format!(r#"{{"path":"example.com/cc","type":"{chaincode_type}","label":"basic_1.0"}}"#);
    fs::write(site.path("metadata/metadata.json"), metadata).unwrap();
    for name in ["go.mod", "package.json"] {
        site.source(&format!("src/{name}"), "");
    }
    let path = site.path("tools").join(tool);
    fs::create_dir(site.path("tools")).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let scratch = site.path(&format!("fabric-{}123", PACKAGE.replace(':', "-")));
    fs::create_dir(&scratch).unwrap();
    fs::rename(site.path("src"), scratch.join("src")).unwrap();
    let source = scratch.join("src");
    Some((site, source))
}

#[test]
fn a_fake_go_builds_as_the_user_and_its_program_belongs_to_root() {
    let script = "for word; do out=$last; last=$word; done; printf \"#!/bin/sh\\necho built by $(id -u), runs as \\$(id -u)\\n\" > $out; \
                  chmod 6755 $out; touch $HOME/kept";
    let Some((site, source)) = source("golang", "go", script) else { return };
    let built = site.build_from(&source);
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert!(said(&built).contains("built: from source by the user 40001:40002 in "), "{}", said(&built));
    assert_eq!(site.built(), [("chaincode".to_owned(), 0o700), ("metadata.json".to_owned(), 0o600)]);
    assert!(site.path("cache/cache-40001/home/kept").exists());
    assert!(folders(&site).is_empty());
    let mut run = site.run("meta");
    run.says("chaincode basic_1.0: built by 40001, runs as 40001");
    assert_eq!(run.ends().0, Some(46));
}

#[test]
fn a_fake_go_that_links_to_a_file_of_root_gets_nothing() {
    let script = "for word; do out=$last; last=$word; done; ln -s SECRET $out";
    let Some((site, source)) = source("golang", "go", "") else { return };
    let secret = site.path("secret");
    fs::write(&secret, "#!/bin/sh\necho SECRET\n").unwrap();
    let script = format!("#!/bin/sh\n{}\n", script.replace("SECRET", &secret.display().to_string()));
    fs::write(site.path("tools/go"), script).unwrap();
    let built = site.build_from(&source);
    assert_eq!(built.status.code(), Some(23), "{}", said(&built));
    assert!(said(&built).contains("the build did not create chaincode: "), "{}", said(&built));
    assert!(site.built().is_empty(), "{:?}", site.built());
}

#[test]
fn a_fake_npm_installs_as_the_user_and_links_out_are_refused() {
    let installs = "case $1 in install) mkdir node_modules; echo cli > node_modules/cli.js; chmod 755 node_modules/cli.js; \
                    ln -s LINK node_modules/x;; *) id -u; cat node_modules/x; exit 1;; esac";
    for (link, code) in [("cli.js", 0), ("../../../../secret", 23)] {
        let Some((site, source)) = source("node", "npm", &installs.replace("LINK", link)) else { return };
        let built = site.build_from(&source);
        assert_eq!(built.status.code(), Some(code), "{}", said(&built));
        if code != 0 {
            assert!(said(&built).contains("which the peer does not keep"), "{}", said(&built));
            assert!(site.built().is_empty(), "{:?}", site.built());
            continue;
        }
        assert_eq!(
            fs::metadata(site.path("bld/src/node_modules/cli.js")).unwrap().permissions().mode() & 0o7777,
            0o700
        );
        let mut run = site.run("meta");
        run.says("chaincode basic_1.0: 40001");
        run.says("chaincode basic_1.0: cli");
        assert_eq!(run.ends().0, Some(46));
    }
}

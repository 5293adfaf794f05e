//! Packages of the type `prebuilt`. The chaincode is a script.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use rustix::process::Signal;

use crate::site::{Site, gone, said};

/// Makes a package whose archive holds files, each with its mode; `more` adds others.
fn site(files: &[(&str, &str, u32)], more: impl FnOnce(&std::path::Path)) -> Site {
    let site = Site::new("platform: process\n", "prebuilt");
    let folder = site.path("archive");
    fs::create_dir(&folder).unwrap();
    for (name, content, mode) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    more(&folder);
    let mut tar = Command::new("tar");
    tar.arg("-czf").arg(site.path("src/prebuilt.tgz")).arg("-C").arg(&folder).arg(".");
    assert!(tar.status().unwrap().success());
    site
}

#[test]
fn the_script_is_started_beside_the_other_files() {
    let script = "echo $CORE_PEER_ADDRESS $CORE_PEER_TLS_ENABLED; pwd; exec bin/fake-chaincode -v\n";
    let chaincode = "#!/bin/sh\necho ready $$ $1; sleep 100 & echo child $!; wait\n";
    let site = site(&[("start.sh", script, 0o644), ("bin/fake-chaincode", chaincode, 0o4755)], |_| {});
    assert_eq!(site.detect().status.code(), Some(0));
    let built = site.build();
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    let files =
        [("metadata.json", 0o600), ("prebuilt/bin/fake-chaincode", 0o755), ("prebuilt/start.sh", 0o644)];
    assert_eq!(site.built(), files.map(|(name, mode)| (name.to_owned(), mode)));
    let mut run = site.run("meta");
    run.says("chaincode basic_1.0: peer0.example.com:7052 true");
    let folder = fs::canonicalize(site.path("bld/prebuilt")).unwrap();
    run.says(&format!("chaincode basic_1.0: {}", folder.display()));
    let ready = run.says("ready ");
    let child = run.says("child ");
    run.signal(Signal::TERM);
    assert_eq!(run.ends().0, Some(0));
    gone(ready.strip_suffix(" -v").unwrap());
    gone(&child);
}

#[test]
fn the_interpreter_of_the_first_line_is_taken() {
    let site = site(&[("start.sh", "#!/usr/bin/env -S sh -e\nfalse\necho never\n", 0o644)], |_| {});
    assert_eq!(site.build().status.code(), Some(0));
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(46));
    assert!(
        lines.last().unwrap().contains("ended by itself with exit status 1 and wrote nothing"),
        "{lines:#?}"
    );
}

#[test]
fn an_archive_that_cannot_be_launched_is_refused_and_nothing_is_written() {
    let start = ("start.sh", "exit 1\n", 0o644);
    for (site, expected) in [
        (
            site(&[("other.sh", "", 0o644)], |_| {}),
            "prebuilt.tgz holds no file start.sh; hint: put the script that starts the chaincode at the top of the archive",
        ),
        (
            site(&[start], |folder| symlink("/etc/passwd", folder.join("link")).unwrap()),
            "prebuilt.tgz holds \"./link\", which is a symbolic link; hint: make tar follow links",
        ),
        (
            {
                let site = site(&[start], |_| {});
                site.source("prebuilt.tgz", "text without compression");
                site
            },
            "prebuilt.tgz cannot be read: it is not gzip",
        ),
        (
            Site::new("platform: process\n", "prebuilt"),
            "the package holds no prebuilt.tgz; hint: put it at the top of code.tar.gz",
        ),
    ] {
        let built = site.build();
        assert_eq!(built.status.code(), Some(22), "{}", said(&built));
        let line = said(&built);
        assert!(line.starts_with(&format!("build basic_1.0: error 22 binary: {expected}")), "{line}");
        assert_eq!(fs::read_dir(site.path("bld")).unwrap().count(), 0, "{:?}", site.built());
    }
}

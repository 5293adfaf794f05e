//! `run --detect` and `run --build`.

use std::fs;

use crate::site::{Site, said};

const PROCESS: &str = "platform: process\n";

#[test]
fn a_type_is_taken_when_the_settings_say_so() {
    for (settings, chaincode_type, code) in [
        (PROCESS, "binary", 0),
        (PROCESS, "Executable", 0),
        (PROCESS, "golang", 1),
        (PROCESS, "ccaas", 1),
        ("", "binary", 1),
        ("platform: none", "binary", 1),
        // With invalid settings, the build reports the error.
        ("platfrom: process", "binary", 0),
        ("platfrom: process", "golang", 1),
    ] {
        let detected = Site::new(settings, chaincode_type).detect();
        assert_eq!(detected.status.code(), Some(code), "{settings} {chaincode_type}");
        assert_eq!(said(&detected), "");
    }
}

#[test]
fn a_package_with_a_program_is_built() {
    let site = Site::new(PROCESS, "binary");
    site.source("chaincode", "#!/bin/sh\n");
    site.source("META-INF/statedb/couchdb/indexes/a.json", r#"{"index":{"fields":["a"]},"type":"json"}"#);
    let built = site.build();
    assert!(
        said(&built).starts_with("build basic_1.0: built: chaincode with 10 bytes for linux/"),
        "{}",
        said(&built)
    );
    assert_eq!(built.status.code(), Some(0));
    assert_eq!(
        site.built(),
        [
            ("META-INF/statedb/couchdb/indexes/a.json".to_owned(), 0o600),
            ("chaincode".to_owned(), 0o700),
            ("metadata.json".to_owned(), 0o600),
        ]
    );
}

#[test]
fn the_program_of_the_platform_is_built_with_its_document() {
    let site = Site::new(PROCESS, "binary");
    let this = fs::read("/proc/self/exe").unwrap();
    fs::create_dir(site.path("src/bin")).unwrap();
    fs::write(site.path("src/bin/own"), &this).unwrap();
    let target = ccs_launch::binary::Target::here();
    let document = format!(r#"{{"{target}":{{"file":"bin/own"}},"linux/none":{{"file":"other"}}}}"#);
    site.source("binary.json", &document);
    let built = site.build();
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert_eq!(fs::read(site.path("bld/chaincode")).unwrap(), this);
    assert_eq!(fs::read_to_string(site.path("bld/binary.json")).unwrap(), document);
}

#[test]
fn what_cannot_be_launched_is_refused_in_one_line_and_nothing_is_written() {
    let wrong = "ab".repeat(32);
    let target = ccs_launch::binary::Target::here();
    for (settings, files, expected) in [
        (
            "platfrom: process",
            &[][..],
            "error 24 launch settings: launch.yaml: line 1, column 1: there is no key \"platfrom\"; hint: did you mean platform?",
        ),
        (
            "",
            &[],
            "error 24 launch settings: launch.yaml: packages of the type \"binary\" are not launched; hint: write \
             platform: process into launch.yaml beside the folder bin of the builder",
        ),
        (
            PROCESS,
            &[],
            "error 22 binary: cannot read the program \"chaincode\" of the package: there is no such file; hint: put the \
             program as chaincode at the top of code.tar.gz, or name others in binary.json",
        ),
        (
            PROCESS,
            &[("chaincode", "text")],
            "error 22 binary: binary.json: the file \"chaincode\" is not a program; hint: a program begins with an ELF \
             header, or with #! and an interpreter",
        ),
        (
            PROCESS,
            &[
                ("x", "#!/x\n"),
                ("binary.json", &format!(r#"{{"{target}":{{"file":"x","sha256":"{wrong}"}}}}"#)),
            ],
            "error 22 binary: the program \"x\" has the SHA-256 \
             ed868789585e039bb16ed6723d30749221ba798d259ca01d9bfbf3ca3bee6842, not ab",
        ),
        (
            PROCESS,
            &[("chaincode", "#!/x\n"), ("META-INF/statedb/couchdb/indexes/a.json", "{")],
            "error 15 index: META-INF/statedb/couchdb/indexes/a.json: ",
        ),
    ] {
        let site = Site::new(settings, "binary");
        for (name, content) in files {
            site.source(name, content);
        }
        let built = site.build();
        let line = said(&built);
        assert!(line.starts_with(&format!("build basic_1.0: {expected}")), "{line}");
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let code: i32 = expected.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(built.status.code(), Some(code));
        assert!(site.built().is_empty(), "{:?}", site.built());
    }
}

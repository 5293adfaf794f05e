//! Packages of the type `k8s` on the platform `docker`, without an engine; `cargo xtask docker` uses one.

use std::fs;

use crate::site::{Site, said};

const IMAGE: &str = r#"{"name":"ghcr.io/example/contract","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#;

#[test]
fn images_are_taken_and_programs_are_not() {
    for (chaincode_type, code) in [("k8s", 0), ("ccaas", 0), ("binary", 1), ("golang", 1)] {
        let detected = Site::new("platform: docker", chaincode_type).detect();
        assert_eq!((detected.status.code(), said(&detected).as_str()), (Some(code), ""), "{chaincode_type}");
    }
}

#[test]
fn an_image_is_built_by_its_digest_or_by_its_tag_where_the_operator_takes_that() {
    let site = Site::new("platform: docker", "k8s");
    site.source("image.json", IMAGE);
    let line = said(&site.build());
    let built = "build basic_1.0: built: ghcr.io/example/contract@sha256:e5bd06";
    assert!(line.starts_with(built) && line.ends_with(" will run in a container\n"), "{line}");
    assert_eq!(fs::read_to_string(site.path("bld/image.json")).unwrap(), IMAGE);
    let tag = r#"{"name":"basic:1.0"}"#;
    site.source("image.json", tag);
    let refused = said(&site.build());
    assert!(
        refused.contains("error 21 image.json: image.json: the file must contain 'name' and 'digest'"),
        "{refused}"
    );
    let site = Site::new("platform: docker\ndocker: {allow_tags: true}", "k8s");
    site.source("image.json", tag);
    assert_eq!(said(&site.build()), "build basic_1.0: built: basic:1.0 will run in a container\n");
}

#[test]
fn a_launch_that_cannot_be_planned_says_what_to_write() {
    for (settings, part) in [
        (
            "platform: docker",
            "error 24 launch settings: the ID of the peer, which is part of the name of a container, is not known; hint: add CORE_PEER_ID",
        ),
        (
            "platform: docker\npeer_id: p\ndocker: {host: 'https://engine:2376'}",
            "error 24 launch settings: docker.host in launch.yaml: \"https://engine:2376\" needs certificates; hint: write unix://",
        ),
    ] {
        let site = Site::new(settings, "k8s");
        site.source("image.json", IMAGE);
        assert!(site.build().status.success());
        let (code, _, lines) = site.run("meta").ends();
        assert_eq!(code, Some(24));
        assert!(lines.last().unwrap().contains(part), "{lines:#?}");
    }
}

//! Packages of the type `ccaas` with an image, without a cluster; `cargo xtask kubernetes` uses one.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use crate::site::{Site, said};

const IMAGE: &str = r#"{"name":"ghcr.io/example/basic","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#;
const CONNECTION: &str = r#"{"address":"basic.example.com:9999"}"#;

/// Makes a package with both files.
fn package(settings: &str, image: &str) -> Site {
    let site = Site::new(settings, "ccaas");
    site.source("image.json", image);
    site.source("connection.json", CONNECTION);
    site
}

/// Builds in a folder that a peer would make for the package.
fn build_as_a_peer(site: &Site, variables: &[(&str, &str)]) -> Output {
    let folder = site.path(&format!("fabric-basic_1.0-{}123", "ab".repeat(32)));
    fs::create_dir(&folder).unwrap();
    symlink(site.path("src"), folder.join("src")).unwrap();
    let mut command = Command::new(site.path("bin/run"));
    command.arg("--build").args([folder.join("src"), site.path("metadata"), site.path("bld")]);
    command.env_clear().envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn what_the_settings_do_not_start_is_built_as_without_a_launcher() {
    for (settings, image) in [
        ("", IMAGE),
        ("platform: none", IMAGE),
        ("platform: process", "not JSON"),
        ("platform: kubernetes", &IMAGE.replace('}', r#","role":"client"}"#)),
        ("platform: docker", &IMAGE.replace('}', r#","role":"client"}"#)),
    ] {
        let site = package(settings, image);
        let built = site.build();
        assert_eq!(
            said(&built),
            "build basic_1.0: built: the peer will connect to basic.example.com:9999 in plaintext; 0 indexes\n",
            "{settings}"
        );
        let names: Vec<_> = site.built().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["connection.json", "metadata.json"], "{settings}");
    }
}

#[test]
fn an_error_of_such_a_build_has_the_code_and_words_of_the_builder() {
    let site = package("", IMAGE);
    site.source("connection.json", r#"{"address":"basic"}"#);
    let built = site.build();
    assert_eq!(built.status.code(), Some(13));
    assert!(said(&built).starts_with("build basic_1.0: error 13 address: "), "{}", said(&built));
}

#[test]
fn what_may_be_meant_to_be_started_is_never_built_otherwise() {
    for (settings, image, code, line) in [
        ("platfrom: kubernetes", IMAGE, 24, "error 24 launch settings: launch.yaml"),
        ("platform: kubernetes", "{}", 21, "error 21 image.json: image.json: the file must contain 'name'"),
        ("platform: kubernetes", r#"{"port":0}"#, 21, "error 21 image.json: image.json: invalid value"),
        ("platform: docker", "{}", 21, "error 21 image.json: image.json: the file must contain 'name'"),
        (
            "platform: docker",
            IMAGE,
            24,
            "error 24 launch settings: the ID of the peer, which is part of the name of a container, is not known",
        ),
    ] {
        let site = package(settings, image);
        let built = build_as_a_peer(&site, &[]);
        assert_eq!(built.status.code(), Some(code), "{}", said(&built));
        assert!(said(&built).contains(line), "{}", said(&built));
        assert!(site.built().is_empty());
    }
}

#[test]
fn a_start_needs_the_id_of_the_package_and_that_of_the_peer() {
    let site = package("platform: kubernetes", IMAGE);
    let built = site.build();
    assert_eq!(built.status.code(), Some(64), "{}", said(&built));
    assert!(said(&built).contains("is not in a folder fabric-basic_1.0-HASH"), "{}", said(&built));
    let built = build_as_a_peer(&site, &[("CORE_PEER_ID", "")]);
    assert_eq!(built.status.code(), Some(24), "{}", said(&built));
    assert!(
        said(&built).contains("CORE_PEER_ID is empty: each peer has its own chaincode"),
        "{}",
        said(&built)
    );
    assert!(site.built().is_empty());
}

#[test]
fn a_package_without_an_image_stays_with_the_builder_on_docker() {
    let site = Site::new("platform: docker", "ccaas");
    site.source("connection.json", CONNECTION);
    let built = site.build();
    assert_eq!(
        said(&built),
        "build basic_1.0: built: the peer will connect to basic.example.com:9999 in plaintext; 0 indexes\n"
    );
}

#[test]
fn a_start_without_an_engine_writes_nothing() {
    let settings =
        "platform: docker\npeer_id: p\ndocker: {host: 'unix:///nowhere/docker.sock', start_timeout: 1s}";
    let site = package(settings, IMAGE);
    let built = build_as_a_peer(&site, &[]);
    assert_eq!(built.status.code(), Some(47), "{}", said(&built));
    let lines = said(&built);
    for part in [
        "build basic_1.0: waits for the engine at unix:///nowhere/docker.sock: Socket not found",
        "error 47 not ready in time: the container did not run within 1 s; hint: pull the image",
    ] {
        assert!(lines.contains(part), "{lines}");
    }
    assert!(site.built().is_empty());
}

#[test]
fn a_start_outside_of_a_cluster_writes_nothing() {
    let site = package("platform: kubernetes\npeer_id: org1-peer0", IMAGE);
    let built = build_as_a_peer(&site, &[]);
    assert_eq!(built.status.code(), Some(24), "{}", said(&built));
    assert!(said(&built).contains("unable to load in-cluster config: "), "{}", said(&built));
    assert!(site.built().is_empty());
}

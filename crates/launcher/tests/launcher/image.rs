//! Packages of the type `k8s`, without a cluster; `cargo xtask kubernetes` uses one.

use std::fs;

use crate::site::{Site, said};

const IMAGE: &str = r#"{"name":"ghcr.io/example/contract","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#;

#[test]
fn the_type_is_taken_without_settings() {
    for (settings, chaincode_type, code) in
        [("", "k8s", 0), ("", "K8S", 0), ("platform: none", "k8s", 1), ("platfrom: none", "k8s", 0)]
    {
        let detected = Site::new(settings, chaincode_type).detect();
        assert_eq!((detected.status.code(), said(&detected).as_str()), (Some(code), ""), "{settings}");
    }
}

#[test]
fn a_package_of_fabric_builder_k8s_is_built() {
    let site = Site::new("", "k8s");
    site.source("image.json", IMAGE);
    site.source("META-INF/statedb/couchdb/indexes/a.json", r#"{"index":{"fields":["a"]},"type":"json"}"#);
    let built = site.build();
    assert!(
        said(&built).starts_with("build basic_1.0: built: ghcr.io/example/contract@sha256:e5bd06"),
        "{}",
        said(&built)
    );
    let names: Vec<_> = site.built().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["META-INF/statedb/couchdb/indexes/a.json", "image.json", "metadata.json"]);
    assert_eq!(fs::read_to_string(site.path("bld/image.json")).unwrap(), IMAGE);
}

#[test]
fn a_package_without_an_image_is_refused() {
    let site = Site::new("", "k8s");
    let built = site.build();
    assert_eq!(
        said(&built),
        "build basic_1.0: error 21 image.json: cannot read image.json: there is no such file; hint: put it at the top of \
         code.tar.gz\n"
    );
    assert_eq!(built.status.code(), Some(21));
    site.source("image.json", r#"{"name":"x"}"#);
    let line = said(&site.build());
    assert!(
        line.contains("error 21 image.json: image.json: the file must contain 'name' and 'digest'"),
        "{line}"
    );
    assert!(site.built().is_empty());
}

#[test]
fn a_launch_without_the_id_of_the_peer_says_how_to_set_it() {
    let site = Site::new("", "k8s");
    // A build of fabric-builder-k8s has no metadata.json.
    fs::write(site.path("bld/image.json"), IMAGE).unwrap();
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(24));
    assert_eq!(
        lines,
        [
            "run basic_1.0: error 24 launch settings: Expected CORE_PEER_ID environment variable; hint: add CORE_PEER_ID to \
             propagateEnvironment of the builder in core.yaml, or set peer_id in launch.yaml"
        ]
    );
}

#[test]
fn a_launch_outside_of_a_cluster_says_what_is_missing() {
    for (settings, part) in [
        ("peer_id: p", "error 24 launch settings: unable to load in-cluster config: "),
        (
            "peer_id: p\nchaincodes: [{pod: {spec: {restartPolicy: Always}}}]",
            "error 24 launch settings: launch.yaml: chaincodes[0].pod: spec.restartPolicy cannot be changed; hint: ",
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

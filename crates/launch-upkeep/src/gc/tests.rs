use serde_json::json;

use super::*;

const NOW: i64 = 1_796_011_200;
const OLD: &str = "2026-11-28T00:00:00Z";

fn found(kind: Kind, name: &str, package_id: &str) -> Workload {
    Workload {
        kind,
        role: if kind == Kind::Job { Role::Client } else { Role::Server },
        namespace: "hlf".to_owned(),
        name: name.to_owned(),
        uid: format!("uid of {} {name}", kind.word()),
        workload: name.trim_end_matches("-bcdfg").to_owned(),
        package_id: package_id.to_owned(),
        peer_id: "peer0".to_owned(),
        mspid: "Org1MSP".to_owned(),
        created: Some(OLD.to_owned()),
        applied: None,
        state: (kind != Kind::Service).then_some(State::Running),
        last_end: None,
    }
}

fn build(package_id: &str, object: Option<&str>) -> Build {
    let record = object.map(|object| {
        serde_json::from_value(json!({
            "platform": "kubernetes", "namespace": "hlf", "object": object, "image": "i", "port": 1, "tls": "none",
            "settings": "00",
        }))
        .unwrap()
    });
    Build {
        package_id: package_id.to_owned(),
        chaincode_type: "ccaas".to_owned(),
        folder: "/b/bld".into(),
        release: "/b/release".into(),
        record,
        is_removed: false,
    }
}

const SEARCH: Search<'static> = Search {
    peer_id: "peer0",
    mspid: "Org1MSP",
    is_named: false,
    builds: None,
    installed: None,
    names: &[],
    older_than: None,
    now: NOW,
};

fn told(search: &Search<'_>, found: &[Workload]) -> Vec<(String, &'static str, usize)> {
    let garbage = search.garbage(found);
    garbage.into_iter().map(|garbage| (garbage.workload, garbage.reason, garbage.objects.len())).collect()
}

fn builds() -> Builds {
    Builds { builds: vec![build("a:00", Some("a")), build("j:00", None)], warnings: Vec::new() }
}

#[test]
fn what_no_build_refers_to_may_go_and_what_is_used_stays() {
    let there = [
        found(Kind::Service, "a", "a:00"),
        found(Kind::Deployment, "a", "a:00"),
        found(Kind::Service, "b", "b:00"),
        found(Kind::Deployment, "b", "b:00"),
        found(Kind::Job, "j-bcdfg", "j:00"),
        found(Kind::Job, "k-bcdfg", "k:00"),
    ];
    let builds = builds();
    let search = Search { builds: Some(&builds), ..SEARCH };
    let none = "no build of the peer refers to it";
    assert_eq!(told(&search, &there), [("b".to_owned(), none, 2), ("k".to_owned(), none, 1)]);
    let objects: Vec<_> = search.garbage(&there)[0].objects.iter().map(|part| part.kind.word()).collect();
    assert_eq!(objects, ["deployment", "service"]);
    // Without builds, it is unknown whether one refers to it.
    assert!(told(&SEARCH, &there).is_empty());
}

#[test]
fn a_secret_goes_before_the_service_by_which_it_is_found() {
    let secret = || Part { kind: Kind::Secret, name: "b-tls".to_owned(), uid: "u".to_owned() };
    let order = |there: &[Workload]| {
        let mut garbage = Search { is_named: true, ..SEARCH }.garbage(there).remove(0);
        garbage.insert(secret());
        garbage.objects.iter().map(|part| part.kind.word()).collect::<Vec<_>>()
    };
    let (deployment, service) = (found(Kind::Deployment, "b", "b:00"), found(Kind::Service, "b", "b:00"));
    assert_eq!(order(&[service.clone(), deployment.clone()]), ["deployment", "secret", "service"]);
    assert_eq!(order(&[service]), ["secret", "service"]);
    assert_eq!(order(&[deployment]), ["deployment", "secret"]);
}

#[test]
fn an_install_that_is_under_way_is_left_alone() {
    let mut young = found(Kind::Deployment, "b", "b:00");
    young.created = Some("2026-11-29T23:55:00Z".to_owned());
    let builds = builds();
    let search = Search {
        builds: Some(&builds),
        now: crate::moment::seconds("2026-11-30T00:00:00Z").unwrap(),
        ..SEARCH
    };
    assert!(told(&search, &[young.clone()]).is_empty());
    assert_eq!(told(&Search { older_than: Some(0), ..search }, &[young.clone()]).len(), 1);
    young.created = None;
    assert!(told(&search, &[young]).is_empty());
    // A build takes over existing objects; the clock of its peer may be ahead.
    for applied in ["2026-11-29T23:55:00Z", "2026-11-30T00:01:00Z"] {
        let mut taken_over = found(Kind::Deployment, "b", "b:00");
        taken_over.applied = Some(applied.to_owned());
        assert!(told(&search, &[taken_over]).is_empty());
    }
}

#[test]
fn a_folder_without_the_peers_builds_is_no_reason_to_delete() {
    let there = [found(Kind::Deployment, "b", "b:00")];
    let empty = Builds::default();
    let search = Search { builds: Some(&empty), ..SEARCH };
    let garbage = search.garbage(&there);
    assert_eq!(garbage.len(), 1);
    let refused = |search: &Search<'_>, folder: &str| {
        search.is_certain(Some(Path::new(folder)), &there, &garbage).map_err(|failure| failure.line())
    };
    let said = refused(&search, "/p/externalbuilder/builds").unwrap_err();
    assert!(said.contains("nothing is deleted: /p/externalbuilder/builds holds no build"), "{said}");
    assert!(said.contains("hint: the peer has its builds in "), "{said}");
    assert!(said.contains("add --peer peer0"), "{said}");
    let builds = builds();
    let search = Search { builds: Some(&builds), ..SEARCH };
    let said = refused(&search, "/backup").unwrap_err();
    assert!(said.contains("/backup is not externalbuilder/builds of a peer"), "{said}");
    refused(&search, "/p/externalbuilder/builds/").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("externalbuilder/builds")).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("externalbuilder/builds"), &link).unwrap();
    refused(&search, &link.to_string_lossy()).unwrap();
    // Named objects are deleted even if builds refer to them.
    refused(&Search { builds: Some(&empty), is_named: true, ..SEARCH }, "/backup").unwrap();
    refused(&Search { builds: Some(&empty), names: &["b".to_owned()], ..SEARCH }, "/backup").unwrap();
}

#[test]
fn what_belongs_to_another_peer_is_never_touched() {
    let mut other_peer = found(Kind::Deployment, "b", "b:00");
    other_peer.peer_id = "peer1".to_owned();
    let mut other_organization = found(Kind::Deployment, "c", "c:00");
    other_organization.mspid = "Org2MSP".to_owned();
    let builds = builds();
    let names = ["b:00".to_owned(), "c".to_owned()];
    let search = Search { builds: Some(&builds), names: &names, ..SEARCH };
    let there = [other_peer, other_organization];
    assert!(told(&search, &there).is_empty());
    let retired = Search { peer_id: "peer1", is_named: true, ..SEARCH };
    assert_eq!(told(&retired, &there), [("b".to_owned(), "it belongs to the named peer", 1)]);
}

#[test]
fn what_may_be_another_organizations_is_listed_and_not_deleted() {
    let of = |name: &str, mspid: &str| {
        let mut found = found(Kind::Deployment, name, "b:00");
        mspid.clone_into(&mut found.mspid);
        found
    };
    let retired = |mspid: &'static str| Search { is_named: true, mspid, ..SEARCH };
    let refused = |search: &Search<'_>, there: &[Workload]| {
        let garbage = search.garbage(there);
        assert!(!garbage.is_empty());
        search.is_certain(None, there, &garbage).map_err(|failure| failure.line())
    };
    let said = refused(&retired(""), &[of("b", "Org2MSP")]).unwrap_err();
    assert!(
        said.contains("nothing is deleted: hlf/b belongs to a peer with the name peer0 in Org2MSP"),
        "{said}"
    );
    assert!(said.contains("hint: if that is this peer, add --mspid Org2MSP"), "{said}");
    refused(&retired("Org2MSP"), &[of("b", "Org2MSP")]).unwrap();
    // Peers that do not propagate their MSP ID.
    refused(&retired(""), &[of("b", "")]).unwrap();
    refused(&retired("Org1MSP"), &[of("b", "")]).unwrap();
    let both = [of("a", "Org1MSP"), of("b", "")];
    for mspid in ["", "Org1MSP", "Org2MSP"] {
        refused(&retired(mspid), &both).unwrap_err();
    }
    let said = refused(&retired("Org1MSP"), &both).unwrap_err();
    assert!(
        said.contains("hlf/b has no MSP ID, but other chaincode of a peer with the name peer0 has one"),
        "{said}"
    );
    assert!(said.contains("hint: if it belongs to this peer, name it: ccs launch gc b"), "{said}");
    refused(&Search { names: &["b".to_owned()], ..retired("Org1MSP") }, &both).unwrap();
    refused(&Search { names: &["b:00".to_owned()], ..retired("Org1MSP") }, &both).unwrap_err();
}

#[test]
fn what_was_named_goes_and_nothing_else() {
    let ended = |name: &str, package_id: &str| {
        let mut job = found(Kind::Job, name, package_id);
        job.state = Some(State::Ended("job: Complete".to_owned()));
        job
    };
    let running = found(Kind::Job, "i-bcdfg", "i:00");
    let unused = found(Kind::Deployment, "b", "b:00");
    let there =
        [found(Kind::Deployment, "a", "a:00"), unused, running, ended("j-bcdfg", "j:00"), ended("k", "k:00")];
    let builds = builds();
    for builds in [None, Some(&builds)] {
        for is_named in [false, true] {
            let names = ["hlf/a".to_owned(), "j:00".to_owned()];
            let search = Search { names: &names, builds, is_named, ..SEARCH };
            let expected = [("a".to_owned(), "it was named", 1), ("j".to_owned(), "it has ended", 1)];
            assert_eq!(told(&search, &there), expected);
            search.each_name_is_met(&search.garbage(&there)).unwrap();
        }
    }
    let names = ["a".to_owned(), "i:00".to_owned()];
    let search = Search { names: &names, is_named: true, ..SEARCH };
    let failure = search.each_name_is_met(&search.garbage(&there)).unwrap_err();
    assert_eq!(failure.code(), ExitCode::Usage);
    assert_eq!(failure.to_string(), "peer peer0 has no server with the name i:00");
}

#[test]
fn a_server_stays_when_a_channel_uses_its_package_and_no_other_server_has_replaced_it() {
    let installed = Installed::parse(
        br#"{"installed_chaincodes":[
            {"package_id":"b:00","label":"b","references":{"mychannel":{"chaincodes":[{"name":"b","version":"2"}]}}},
            {"package_id":"k:00","label":"k","references":{"mychannel":{"chaincodes":[{"name":"k","version":"2"}]}}}
        ]}"#,
    )
    .unwrap();
    let there = [found(Kind::Deployment, "b", "b:00"), found(Kind::Job, "k-bcdfg", "k:00")];
    let garbage = |build: Option<Build>| {
        let builds = Builds { builds: build.into_iter().collect(), warnings: Vec::new() };
        told(&Search { builds: Some(&builds), installed: Some(&installed), ..SEARCH }, &there)
    };
    assert!(garbage(None).is_empty());
    assert!(garbage(Some(build("b:00", None))).is_empty());
    let none = "no build of the peer refers to it";
    assert_eq!(garbage(Some(build("b:00", Some("b-of-the-next-build")))), [("b".to_owned(), none, 1)]);
}

#[test]
fn a_version_that_no_channel_uses_may_go_when_there_was_time_to_approve_it() {
    let installed = Installed::parse(
        br#"{"installed_chaincodes":[
            {"package_id":"a:00","label":"a"},
            {"package_id":"b:00","label":"b","references":{"mychannel":{"chaincodes":[{"name":"b","version":"2"}]}}}
        ]}"#,
    )
    .unwrap();
    let there = [found(Kind::Deployment, "a", "a:00"), found(Kind::Deployment, "b", "b:00")];
    let builds =
        Builds { builds: vec![build("a:00", Some("a")), build("b:00", Some("b"))], warnings: Vec::new() };
    let search = Search { builds: Some(&builds), installed: Some(&installed), ..SEARCH };
    assert_eq!(told(&search, &there), [("a".to_owned(), "no channel of the peer uses its package", 1)]);
    let mut young = there[0].clone();
    young.created = Some("2026-11-29T23:00:00Z".to_owned());
    assert!(told(&search, &[young]).is_empty());
}

#[test]
fn a_build_says_that_its_chaincode_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut build = build("a:00", Some("a"));
    folder.path().clone_into(&mut build.folder);
    fs::write(folder.path().join(record::FILE), "{}").unwrap();
    rename(&build, record::FILE, REMOVED).unwrap();
    assert!(folder.path().join(REMOVED).exists());
    bring_back(&build).unwrap();
    assert!(folder.path().join(record::FILE).exists());
    let failure = bring_back(&build).unwrap_err();
    assert!(failure.line().contains("cannot rename "), "{}", failure.line());
}

#[test]
fn a_container_goes_by_its_own_name_and_two_of_one_workload_are_two() {
    let mut server = found(Kind::Container, "dev-p-b", "b:00");
    server.namespace = String::new();
    let mut client = found(Kind::Container, "dev-p-c", "c:00");
    (client.namespace, client.role) = (String::new(), Role::Client);
    client.state = Some(State::Ended("Exited (1) 2 minutes ago".to_owned()));
    let builds = builds();
    let search = Search { builds: Some(&builds), ..SEARCH };
    let there = [server.clone(), server, client];
    let none = "no build of the peer refers to it";
    let expected = [
        ("dev-p-b".to_owned(), none, 1),
        ("dev-p-b".to_owned(), none, 1),
        ("dev-p-c".to_owned(), "it has ended", 1),
    ];
    assert_eq!(told(&search, &there), expected);
}

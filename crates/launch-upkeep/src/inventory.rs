//! Compares launched chaincode with the records of the peer's builds.

use ccs_launch::record::{KUBERNETES, Record};
use ccs_launch::settings::Role;
use serde::Serialize;

use crate::builds::{Build, Builds};
use crate::moment::age;
use crate::platforms::Listed;
use crate::workload::{Kind, State, Workload};

/// Why a state is unknown.
const UNLISTED: &str = "the account may not list Deployments";

/// A chaincode that a launch has created, or that a build has recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The package ID.
    pub package_id: String,
    /// The ID of the peer; [`None`] if only the build is known.
    pub peer_id: Option<String>,
    /// The platform.
    pub platform: String,
    /// The role: `client` if the chaincode dials the peer, `server` if the peer dials it.
    pub role: &'static str,
    /// The namespace; empty on Docker.
    pub namespace: String,
    /// The name of the Deployment, the Job, the container or, if only the Service remains, the Service.
    pub workload: String,
    /// `running`, `starting`, `failing`, `ended`, `gone` or `unknown`.
    pub state: &'static str,
    /// Why it waits, its problem, or how it last ended.
    pub reason: Option<String>,
    /// When it was created, as RFC 3339.
    pub created: Option<String>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<u64>,
    /// When its certificates expire, as RFC 3339.
    pub certificates_end: Option<String>,
    /// Whether a build of the peer refers to it; [`None`] if the builds of its peer are unknown.
    pub recorded: Option<bool>,
}

/// The document of `ccs launch list --json`. Its shape is in `docs/json.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The chaincode, by package and workload.
    pub chaincodes: Vec<Row>,
    /// The objects that could not be read.
    pub warnings: Vec<String>,
}

/// Compares existing objects with the records; the ID identifies the peer of the builds.
#[must_use]
pub fn compare(listed: &Listed, builds: Option<&Builds>, peer_id: Option<&str>, now: i64) -> Inventory {
    let found = &listed.found;
    let without_deployment = |service: &Workload| !found.iter().any(|other| is_deployment_of(other, service));
    let rows = found.iter().filter(|found| match found.kind {
        Kind::Job | Kind::Deployment | Kind::Container => true,
        Kind::Service => without_deployment(found),
        Kind::Secret => false,
    });
    let mut rows: Vec<Row> = rows.map(|found| row(found, listed, builds, peer_id, now)).collect();
    for build in builds.into_iter().flat_map(|builds| &builds.builds) {
        match &build.record {
            Some(record) if !found.iter().any(|found| is_of(record, found)) => {
                rows.push(not_found(build, record, listed));
            }
            _ => {}
        }
    }
    rows.sort_by(|one, other| (&one.package_id, &one.workload).cmp(&(&other.package_id, &other.workload)));
    let mut warnings = builds.map(|builds| builds.warnings.clone()).unwrap_or_default();
    warnings.extend(listed.warnings.clone());
    Inventory { chaincodes: rows, warnings }
}

/// Tells whether a record refers to a server.
fn is_of(record: &Record, found: &Workload) -> bool {
    found.role == Role::Server
        && record.platform == found.kind.platform()
        && (&record.namespace, &record.object) == (&found.namespace, &found.workload)
}

fn is_deployment_of(found: &Workload, service: &Workload) -> bool {
    found.kind == Kind::Deployment
        && (&found.namespace, &found.workload) == (&service.namespace, &service.workload)
}

fn row(found: &Workload, listed: &Listed, builds: Option<&Builds>, peer_id: Option<&str>, now: i64) -> Row {
    let (state, reason) = match &found.state {
        Some(State::Running) => ("running", found.last_end.clone()),
        Some(State::Starting(reason)) => ("starting", Some(reason.clone())),
        Some(State::Failing(reason)) => ("failing", Some(reason.clone())),
        Some(State::Ended(reason)) => ("ended", Some(reason.clone())),
        None if listed.unlisted.contains(&found.namespace) => ("unknown", Some(UNLISTED.to_owned())),
        None => ("gone", Some("the Service exists, but its Deployment is missing".to_owned())),
    };
    // The builds are those of one peer.
    let builds = builds.filter(|_| peer_id.is_none_or(|id| id == found.peer_id));
    let record = builds.and_then(|builds| recorded(builds, found));
    Row {
        package_id: found.package_id.clone(),
        peer_id: Some(found.peer_id.clone()),
        platform: found.kind.platform().to_owned(),
        role: if found.role == Role::Client { "client" } else { "server" },
        namespace: found.namespace.clone(),
        workload: found.name.clone(),
        state,
        reason,
        created: found.created.clone(),
        age_seconds: found.created.as_deref().and_then(|created| age(created, now)),
        certificates_end: record.and_then(|record| record.certificates_end.clone()),
        recorded: builds.map(|builds| refers_to(builds, found)),
    }
}

fn not_found(build: &Build, record: &Record, listed: &Listed) -> Row {
    let (state, reason) = if record.platform == KUBERNETES && listed.unlisted.contains(&record.namespace) {
        ("unknown", UNLISTED)
    } else {
        ("gone", "the build has started it, but none of its objects exists")
    };
    Row {
        package_id: build.package_id.clone(),
        peer_id: None,
        platform: record.platform.clone(),
        role: "server",
        namespace: record.namespace.clone(),
        workload: record.object.clone(),
        state,
        reason: Some(reason.to_owned()),
        created: None,
        age_seconds: None,
        certificates_end: record.certificates_end.clone(),
        recorded: Some(true),
    }
}

fn recorded<'b>(builds: &'b Builds, found: &Workload) -> Option<&'b Record> {
    let mut records = builds.builds.iter().filter_map(|build| build.record.as_ref());
    records.find(|record| is_of(record, found))
}

/// Tells whether a build refers to an object: by its record or, for chaincode that the peer launches, by the package.
#[must_use]
pub fn refers_to(builds: &Builds, found: &Workload) -> bool {
    match found.role {
        Role::Client => builds.of(&found.package_id).is_some(),
        Role::Server => recorded(builds, found).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_796_011_200;

    fn found(kind: Kind, name: &str, package_id: &str, peer_id: &str) -> Workload {
        Workload {
            kind,
            role: if kind == Kind::Job { Role::Client } else { Role::Server },
            namespace: "hlf".to_owned(),
            name: name.to_owned(),
            uid: format!("uid-{name}"),
            workload: name.to_owned(),
            package_id: package_id.to_owned(),
            peer_id: peer_id.to_owned(),
            mspid: "Org1MSP".to_owned(),
            created: Some("2026-11-30T03:00:00Z".to_owned()),
            applied: None,
            state: (kind != Kind::Service).then_some(State::Running),
            last_end: None,
        }
    }

    fn build(package_id: &str, object: Option<&str>) -> Build {
        let record = object.map(|object| {
            serde_json::from_value(serde_json::json!({
                "platform": "kubernetes", "namespace": "hlf", "object": object, "image": "i", "port": 1, "tls": "mutual",
                "settings": "00", "certificates_end": "2036-01-01T00:00:00Z",
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

    fn listed(found: &[Workload]) -> Listed {
        Listed { found: found.to_vec(), ..Listed::default() }
    }

    #[test]
    fn what_may_not_be_listed_is_not_taken_for_gone() {
        let service = found(Kind::Service, "a", "a:00", "peer0");
        let builds = Builds {
            builds: vec![build("a:00", Some("a")), build("b:00", Some("b"))],
            warnings: vec!["a build".to_owned()],
        };
        let mut there = listed(&[service.clone(), found(Kind::Job, "j", "j:00", "peer0")]);
        there.warnings.push("a right".to_owned());
        let shown = |there: &Listed| {
            let rows = compare(there, Some(&builds), Some("peer0"), NOW).chaincodes.into_iter();
            rows.map(|row| (row.workload, row.state, row.reason.unwrap_or_default())).collect::<Vec<_>>()
        };
        let states = |there: &Listed| shown(there).into_iter().map(|(_, state, _)| state).collect::<Vec<_>>();
        assert_eq!(states(&there), ["gone", "gone", "running"]);
        assert!(there.known().contains(&service));
        there.unlisted.insert("other".to_owned());
        assert_eq!(states(&there), ["gone", "gone", "running"]);
        there.unlisted.insert("hlf".to_owned());
        assert_eq!(states(&there), ["unknown", "unknown", "running"]);
        assert_eq!(shown(&there)[1].2, "the account may not list Deployments");
        assert!(!there.known().contains(&service) && there.known().len() == 1);
        assert_eq!(compare(&there, Some(&builds), None, NOW).warnings, ["a build", "a right"]);
    }

    #[test]
    fn both_directions_are_shown() {
        let there = [
            found(Kind::Deployment, "a", "a:00", "peer0"),
            found(Kind::Service, "a", "a:00", "peer0"),
            found(Kind::Deployment, "b", "b:00", "peer0"),
            found(Kind::Service, "d", "d:00", "peer0"),
            found(Kind::Job, "e", "e:00", "peer0"),
            found(Kind::Deployment, "f", "f:00", "peer1"),
        ];
        let builds = Builds {
            builds: vec![
                build("a:00", Some("a")),
                build("c:00", Some("c")),
                build("d:00", Some("d")),
                build("e:00", None),
            ],
            warnings: Vec::new(),
        };
        let inventory = compare(&listed(&there), Some(&builds), Some("peer0"), NOW);
        let shown: Vec<_> = inventory
            .chaincodes
            .iter()
            .map(|row| {
                (row.package_id.as_str(), row.role, row.state, row.recorded, row.certificates_end.is_some())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a:00", "server", "running", Some(true), true),
                ("b:00", "server", "running", Some(false), false),
                ("c:00", "server", "gone", Some(true), true),
                ("d:00", "server", "gone", Some(true), true),
                ("e:00", "client", "running", Some(true), false),
                ("f:00", "server", "running", None, false),
            ]
        );
        assert_eq!(inventory.chaincodes[0].age_seconds, Some(3600));
        let without_builds = compare(&listed(&there), None, None, NOW);
        assert!(without_builds.chaincodes.iter().all(|row| row.recorded.is_none()));
    }

    #[test]
    fn a_container_is_known_by_its_name_alone() {
        let mut container = found(Kind::Container, "dev-p-a", "a:00", "peer0");
        container.namespace = String::new();
        let mut built = build("a:00", Some("dev-p-a"));
        if let Some(record) = &mut built.record {
            (record.platform, record.namespace) = ("docker".to_owned(), String::new());
        }
        let builds = Builds { builds: vec![built], warnings: Vec::new() };
        let shown = |found: &[Workload]| {
            let inventory = compare(&listed(found), Some(&builds), Some("peer0"), NOW);
            let rows = inventory.chaincodes.into_iter();
            rows.map(|row| (row.platform, row.state, row.recorded)).collect::<Vec<_>>()
        };
        let docker = || "docker".to_owned();
        assert_eq!(shown(&[container.clone()]), [(docker(), "running", Some(true))]);
        assert_eq!(shown(&[]), [(docker(), "gone", Some(true))]);
        // The peer launches a client, so no record refers to it.
        container.role = Role::Client;
        assert_eq!(shown(&[container]).len(), 2);
    }

    #[test]
    fn what_is_wrong_is_shown_with_its_reason() {
        let mut failing = found(Kind::Deployment, "a", "a:00", "peer0");
        failing.state = Some(State::Failing("pod p: ErrImagePull".to_owned()));
        let mut restarted = found(Kind::Deployment, "b", "b:00", "peer0");
        restarted.last_end = Some("was started again once".to_owned());
        let inventory = compare(&listed(&[failing, restarted]), None, None, NOW);
        let shown: Vec<_> =
            inventory.chaincodes.iter().map(|row| (row.state, row.reason.as_deref().unwrap())).collect();
        assert_eq!(shown, [("failing", "pod p: ErrImagePull"), ("running", "was started again once")]);
    }
}

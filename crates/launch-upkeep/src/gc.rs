//! Finds and deletes unused objects of launches.

mod doubt;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ccs_launch::record;
use ccs_launch::settings::Role;
use ccs_launch::{ExitCode, Failure};
use serde::Serialize;

use crate::builds::{Build, Builds, REMOVED};
use crate::installed::Installed;
use crate::inventory::refers_to;
use crate::moment::seconds;
use crate::platforms::Platforms;
use crate::workload::{Kind, State, Workload};

/// The minimum age of a server to which no build refers: an install creates it up to 300 s before the peer keeps the build.
const INSTALL: u64 = 600;

/// The minimum age of a server that no channel uses: organizations approve between the install and the commit.
const APPROVALS: u64 = 24 * 3600;

/// The search criteria.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The ID of the peer; objects of other peers are kept.
    pub peer_id: &'a str,
    /// Its MSP ID; empty if it is unknown.
    pub mspid: &'a str,
    /// Whether the operator names the peer; without its builds, the search then includes all its objects.
    pub is_named: bool,
    /// The builds of the peer.
    pub builds: Option<&'a Builds>,
    /// The peer's list of its packages.
    pub installed: Option<&'a Installed>,
    /// Packages and workloads to delete even if they are in use; if empty, the search includes all unused ones.
    pub names: &'a [String],
    /// The minimum age of unused objects, in seconds.
    pub older_than: Option<u64>,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// An object that may be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `deployment`, `job`, `service`, `secret` or `container`.
    #[serde(serialize_with = "word")]
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its UID, or the ID of the container.
    pub uid: String,
}

/// A chaincode that may be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Garbage {
    /// The package ID.
    pub package_id: String,
    /// The ID of the peer.
    pub peer_id: String,
    /// The MSP ID of the peer; empty if the peer does not propagate it.
    pub mspid: String,
    /// The namespace; empty on Docker.
    pub namespace: String,
    /// The common identifier of its objects.
    pub workload: String,
    /// Why it may be deleted.
    pub reason: &'static str,
    /// How long ago it was created, or taken over by a build, in seconds.
    pub age_seconds: Option<u64>,
    /// Its objects, in the order of their deletion.
    pub objects: Vec<Part>,
    /// Whether they were deleted.
    pub deleted: bool,
}

impl Search<'_> {
    /// Finds the chaincode that may be deleted.
    #[must_use]
    pub fn garbage(&self, found: &[Workload]) -> Vec<Garbage> {
        let ours = || found.iter().filter(|found| self.is_ours(found) && self.is_meant(found));
        let workloads: BTreeSet<(&str, &str)> =
            ours().map(|found| (found.namespace.as_str(), found.workload.as_str())).collect();
        let mut garbage = Vec::new();
        for (namespace, workload) in workloads {
            let of_workload = || {
                ours().filter(|found| {
                    (found.namespace.as_str(), found.workload.as_str()) == (namespace, workload)
                })
            };
            // Each Job and container of a workload counts separately.
            garbage.extend(of_workload().filter(|found| is_alone(found)).filter_map(|found| {
                let reason = match found.role {
                    Role::Client => self.reason_of_client(found),
                    Role::Server => self.reason_of_server(found),
                };
                Some(self.of(found, vec![part(found)], reason?))
            }));
            let mut served: Vec<&Workload> = of_workload().filter(|found| !is_alone(found)).collect();
            served.sort_by_key(|found| found.kind != Kind::Deployment);
            if let Some(first) = served.first()
                && let Some(reason) = self.reason_of_server(first)
            {
                let parts = served.iter().map(|found| part(found)).collect();
                garbage.push(self.of(first, parts, reason));
            }
        }
        garbage
    }

    fn of(&self, found: &Workload, objects: Vec<Part>, reason: &'static str) -> Garbage {
        Garbage {
            package_id: found.package_id.clone(),
            peer_id: found.peer_id.clone(),
            mspid: found.mspid.clone(),
            namespace: found.namespace.clone(),
            workload: found.workload.clone(),
            reason,
            age_seconds: self.age(found),
            objects,
            deleted: false,
        }
    }

    /// Tells whether an object belongs to the peer: two organizations may have peers with the same name.
    fn is_ours(&self, found: &Workload) -> bool {
        let is_other = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        found.peer_id == self.peer_id && !is_other(&found.mspid, self.mspid)
    }

    /// Returns how long ago an object was created, or taken over by a build.
    fn age(&self, found: &Workload) -> Option<u64> {
        let moments = [&found.created, &found.applied].into_iter().flatten();
        let latest = moments.filter_map(|moment| seconds(moment)).max()?;
        u64::try_from(self.now.saturating_sub(latest)).ok()
    }

    /// Tells whether an object is older than a limit; an object without a time is not.
    fn is_older(&self, found: &Workload, limit: u64) -> bool {
        self.age(found).is_some_and(|age| age >= self.older_than.unwrap_or(limit))
    }

    /// Fails if a name matches no object of the list.
    pub fn each_name_is_met(&self, garbage: &[Garbage]) -> Result<(), Failure> {
        let is_met = |name: &&String| {
            garbage.iter().any(|found| names(name, &found.package_id, &found.namespace, &found.workload))
        };
        let Some(name) = self.names.iter().find(|name| !is_met(name)) else { return Ok(()) };
        Err(Failure::new(
            ExitCode::Usage,
            format!("peer {} has no server with the name {name}", self.peer_id),
        )
        .with_hint(
            "ccs launch list shows the names; chaincode that dials the peer can be deleted after it has ended",
        ))
    }

    /// Tells whether the names include an object; an empty list includes all.
    fn is_meant(&self, found: &Workload) -> bool {
        let is_named = |name: &String| names(name, &found.package_id, &found.namespace, &found.workload);
        self.names.is_empty() || self.names.iter().any(is_named)
    }

    /// Tells whether a channel uses the package.
    fn is_used(&self, found: &Workload) -> bool {
        self.installed.is_some_and(|installed| installed.is_used(&found.package_id))
    }

    fn reason_of_client(&self, client: &Workload) -> Option<&'static str> {
        match (&client.state, self.builds) {
            (Some(State::Ended(_)), _) => Some("it has ended"),
            _ if !self.names.is_empty() || self.is_used(client) => None,
            (_, Some(builds))
                if builds.of(&client.package_id).is_none() && self.is_older(client, INSTALL) =>
            {
                Some("no build of the peer refers to it")
            }
            (_, None) if self.is_named => Some("it belongs to the named peer"),
            _ => None,
        }
    }

    fn reason_of_server(&self, server: &Workload) -> Option<&'static str> {
        if !self.names.is_empty() {
            return Some("it was named");
        }
        if self.is_used(server) && !self.is_replaced(server) {
            return None;
        }
        if let Some(installed) = self.installed
            && !installed.is_used(&server.package_id)
            && self.is_older(server, APPROVALS)
        {
            return Some("no channel of the peer uses its package");
        }
        match self.builds {
            Some(builds) if !refers_to(builds, server) && self.is_older(server, INSTALL) => {
                Some("no build of the peer refers to it")
            }
            None if self.is_named && self.installed.is_none() => Some("it belongs to the named peer"),
            _ => None,
        }
    }

    /// Tells whether the build of the package has recorded another server.
    fn is_replaced(&self, server: &Workload) -> bool {
        let build = self.builds.and_then(|builds| builds.of(&server.package_id));
        build.is_some_and(|build| build.record.is_some())
            && self.builds.is_some_and(|builds| !refers_to(builds, server))
    }
}

/// Tells whether a name is that of a package or of a workload, with or without the namespace.
fn names(name: &str, package_id: &str, namespace: &str, workload: &str) -> bool {
    name == package_id || name == workload || name == Workload::place(namespace, workload)
}

/// Tells whether an object is the only one of its chaincode.
fn is_alone(found: &Workload) -> bool {
    matches!(found.kind, Kind::Job | Kind::Container)
}

fn part(found: &Workload) -> Part {
    Part { kind: found.kind, name: found.name.clone(), uid: found.uid.clone() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn word<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.word())
}

impl Garbage {
    /// Adds the Secret, if it exists and a launch has created it. Returns a warning if the account may not get it.
    pub fn add_secret(&mut self, platforms: &Platforms) -> Result<Option<String>, Failure> {
        // The Job owns its Secret, so Kubernetes deletes both together.
        let has_secret = |part: &Part| matches!(part.kind, Kind::Deployment | Kind::Service);
        if self.objects.iter().any(has_secret) {
            let name = format!("{}-tls", self.workload);
            match platforms.secret(&self.namespace, &name)? {
                Ok(Some(uid)) => self.insert(Part { kind: Kind::Secret, name, uid }),
                Ok(None) => {}
                Err(reason) => {
                    let secret = Workload::place(&self.namespace, &name);
                    return Ok(Some(format!("secret {secret} stays, if there is one: {reason}")));
                }
            }
        }
        Ok(None)
    }

    /// Deletes the Secret first. If this fails, the Service remains as well, so that the next run finds both.
    fn insert(&mut self, secret: Part) {
        let service = self.objects.iter().position(|part| part.kind == Kind::Service);
        self.objects.insert(service.unwrap_or(self.objects.len()), secret);
    }

    /// Deletes the objects by their UIDs, after renaming launch.json of the build.
    pub fn delete(&mut self, platforms: &Platforms, builds: Option<&Builds>) -> Result<(), Failure> {
        let build = builds.and_then(|builds| builds.of(&self.package_id));
        let recorded = build.filter(|build| {
            let record = build.record.as_ref();
            record.is_some_and(|record| {
                (&record.namespace, &record.object) == (&self.namespace, &self.workload)
            })
        });
        if let Some(build) = recorded {
            rename(build, record::FILE, REMOVED)?;
        }
        for part in &self.objects {
            platforms.delete(part.kind, &self.namespace, &part.name, &part.uid)?;
        }
        self.deleted = true;
        Ok(())
    }
}

/// Restores launch.json of a build.
pub fn bring_back(build: &Build) -> Result<(), Failure> {
    rename(build, REMOVED, record::FILE)
}

fn rename(build: &Build, from: &str, to: &str) -> Result<(), Failure> {
    let path = |name: &str| -> std::path::PathBuf { Path::new(&build.folder).join(name) };
    fs::rename(path(from), path(to)).map_err(|error| {
        Failure::new(ExitCode::InputOutput, format!("cannot rename {}: {error}", path(from).display()))
            .with_hint("run as the user of the peer, with the peer's builds mounted for writing")
    })
}

#[cfg(test)]
mod tests;

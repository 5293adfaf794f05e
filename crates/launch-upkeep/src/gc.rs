//! What launches have left and nothing uses any more.

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

/// How old a server must be that no build refers to: an install makes it before the peer keeps the build, within 300 s.
const INSTALL: u64 = 600;

/// How old a server must be that no channel uses: between an install and the commit, organizations approve.
const APPROVALS: u64 = 24 * 3600;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The ID of the peer: what belongs to another one is left alone.
    pub peer_id: &'a str,
    /// Its MSP ID; empty where it is not known.
    pub mspid: &'a str,
    /// Whether the peer was named, so that without its builds everything of it is meant.
    pub is_named: bool,
    /// The builds of the peer.
    pub builds: Option<&'a Builds>,
    /// What the peer says of its packages.
    pub installed: Option<&'a Installed>,
    /// Packages and workloads that are meant, whatever uses them; without one, whatever nothing uses is meant.
    pub names: &'a [String],
    /// How old, in seconds, what is unused must be.
    pub older_than: Option<u64>,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// An object that may go.
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

/// A chaincode that may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Garbage {
    /// The package ID.
    pub package_id: String,
    /// The ID of the peer.
    pub peer_id: String,
    /// The MSP ID of the peer; empty where the peer did not tell it.
    pub mspid: String,
    /// The namespace; empty on Docker.
    pub namespace: String,
    /// What its objects have in common.
    pub workload: String,
    /// Why it may go.
    pub reason: &'static str,
    /// How long ago it was made, or taken over by a build, in seconds.
    pub age_seconds: Option<u64>,
    /// Its objects, in the order in which they go.
    pub objects: Vec<Part>,
    /// Whether they were deleted.
    pub deleted: bool,
}

impl Search<'_> {
    /// Finds what may go.
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
            // Each Job and container of a workload is of its own.
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

    /// Tells whether an object belongs to the peer: two organizations may have peers of one name.
    fn is_ours(&self, found: &Workload) -> bool {
        let is_other = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        found.peer_id == self.peer_id && !is_other(&found.mspid, self.mspid)
    }

    /// Returns how long ago an object was made, or taken over by a build.
    fn age(&self, found: &Workload) -> Option<u64> {
        let moments = [&found.created, &found.applied].into_iter().flatten();
        let latest = moments.filter_map(|moment| seconds(moment)).max()?;
        u64::try_from(self.now.saturating_sub(latest)).ok()
    }

    /// Tells whether an object is older than a limit; one without a time is not.
    fn is_older(&self, found: &Workload, limit: u64) -> bool {
        self.age(found).is_some_and(|age| age >= self.older_than.unwrap_or(limit))
    }

    /// Fails if a name is that of nothing in the list.
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
            "ccs launch list shows the names; chaincode that dials the peer can be named when it has ended",
        ))
    }

    /// Tells whether an object is named; without names, each one is meant.
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
            (_, None) if self.is_named => Some("it belongs to the peer that was named"),
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
            None if self.is_named && self.installed.is_none() => {
                Some("it belongs to the peer that was named")
            }
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

/// Tells whether an object is all that there is of a chaincode.
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
    /// Adds the Secret, if it is there and a launch has made it. Returns a warning if the account may not look.
    pub fn add_secret(&mut self, platforms: &Platforms) -> Result<Option<String>, Failure> {
        // That of a Job belongs to it, and goes with it.
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

    /// Lets a Secret go before the Service: if it stays, the Service stays as well, and is found again.
    fn insert(&mut self, secret: Part) {
        let service = self.objects.iter().position(|part| part.kind == Kind::Service);
        self.objects.insert(service.unwrap_or(self.objects.len()), secret);
    }

    /// Deletes the objects by their UIDs. The build no longer says then that its chaincode is to be there.
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

/// Lets a build say again that its chaincode is to be there.
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

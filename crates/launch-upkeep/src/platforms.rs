//! The platforms on which a peer's chaincode may run.

use std::collections::BTreeSet;

use ccs_launch::docker::Engine;
use ccs_launch::record::{DOCKER, KUBERNETES};
use ccs_launch::settings::Platform;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_kubernetes as kubernetes;
use ccs_launch_kubernetes::Upkeep;

use crate::builds::Builds;
use crate::site::Site;
use crate::workload::{Kind, Workload};

/// The platforms of a peer: those of its settings, and those that its builds have recorded.
pub struct Platforms {
    cluster: Option<(Upkeep, BTreeSet<String>)>,
    engine: Option<Engine>,
}

/// The objects of launches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The objects.
    pub found: Vec<Workload>,
    /// The namespaces whose Deployments the account may not list.
    pub unlisted: BTreeSet<String>,
    /// The objects that could not be read.
    pub warnings: Vec<String>,
}

impl Listed {
    /// Returns the objects, except Services whose Deployment the account may not list.
    #[must_use]
    pub fn known(&self) -> Vec<Workload> {
        let is_known =
            |found: &&Workload| found.kind != Kind::Service || !self.unlisted.contains(&found.namespace);
        self.found.iter().filter(is_known).cloned().collect()
    }
}

impl Platforms {
    /// Connects to the platforms; `namespaces` are read in addition to those of settings and builds.
    pub fn of(site: &Site, builds: Option<&Builds>, namespaces: &[String]) -> Result<Self, Failure> {
        known(builds)?;
        let is_recorded = |platform: &str| {
            let recorded = builds.into_iter().flat_map(|builds| &builds.builds);
            recorded.filter_map(|build| build.record.as_ref()).any(|record| record.platform == platform)
        };
        let set = site.settings.platform;
        let has_cluster = matches!(set, None | Some(Platform::Kubernetes)) || is_recorded(KUBERNETES);
        let has_engine = set == Some(Platform::Docker) || is_recorded(DOCKER);
        Ok(Self {
            cluster: if has_cluster {
                Some((Upkeep::new(&site.cluster()?)?, places(site, builds, namespaces)?))
            } else {
                None
            },
            engine: if has_engine { Some(site.engine()?) } else { None },
        })
    }

    /// Lists the objects of launches.
    pub fn find(&self) -> Result<Listed, Failure> {
        let mut listed = Listed::default();
        if let Some((upkeep, namespaces)) = &self.cluster {
            for namespace in namespaces {
                let there = upkeep.find(namespace)?;
                listed.found.extend(there.found.into_iter().map(Workload::from));
                listed.warnings.extend(there.warnings);
                if there.unlisted.contains(&kubernetes::Kind::Deployment) {
                    listed.unlisted.insert(namespace.clone());
                }
            }
        }
        if let Some(engine) = &self.engine {
            let containers = ccs_launch_docker::list(engine, &|_| {})?;
            listed.found.extend(containers.into_iter().map(Workload::from));
        }
        Ok(listed)
    }

    /// Returns the cluster.
    pub(crate) fn cluster(&self) -> Result<&Upkeep, Failure> {
        self.cluster.as_ref().map(|(upkeep, _)| upkeep).ok_or_else(unknown)
    }

    /// Returns the UID of a Secret, if it exists and a launch has created it, or why the account may not get it.
    pub fn secret(&self, namespace: &str, name: &str) -> Result<Result<Option<String>, String>, Failure> {
        match &self.cluster {
            Some((upkeep, _)) => upkeep.secret(namespace, name),
            None => Ok(Ok(None)),
        }
    }

    /// Deletes the object with this UID, but not another one with the same name.
    pub fn delete(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Result<(), Failure> {
        let kind = match kind {
            Kind::Deployment => kubernetes::Kind::Deployment,
            Kind::Job => kubernetes::Kind::Job,
            Kind::Service => kubernetes::Kind::Service,
            Kind::Secret => kubernetes::Kind::Secret,
            Kind::Container => {
                let engine = self.engine.as_ref().ok_or_else(unknown)?;
                return ccs_launch_docker::remove(engine, uid, &|_| {}).map(drop);
            }
        };
        self.cluster()?.delete(namespace, kind, name, uid)
    }
}

/// Fails if a build has recorded an unknown platform, because its chaincode would seem to be missing.
fn known(builds: Option<&Builds>) -> Result<(), Failure> {
    for build in builds.into_iter().flat_map(|builds| &builds.builds) {
        let platform = build.record.as_ref().map(|record| record.platform.as_str());
        if let Some(platform) = platform
            && ![KUBERNETES, DOCKER].contains(&platform)
        {
            let reason =
                format!("the build of {} has recorded the unknown platform {platform}", build.package_id);
            return Err(
                Failure::new(ExitCode::Settings, reason).with_hint("use the ccs of the builder's release")
            );
        }
    }
    Ok(())
}

fn unknown() -> Failure {
    Failure::new(ExitCode::Settings, "the platform of the object is not known")
}

/// Returns the namespaces of settings and builds, and further ones.
pub fn places(site: &Site, builds: Option<&Builds>, others: &[String]) -> Result<BTreeSet<String>, Failure> {
    let recorded = builds.into_iter().flat_map(|builds| &builds.builds);
    let recorded = recorded.filter_map(|build| build.record.as_ref());
    let recorded = recorded.filter(|record| record.platform == KUBERNETES);
    let ruled = site.settings.chaincodes.iter().filter_map(|rule| rule.namespace.clone());
    let mut namespaces: BTreeSet<String> =
        recorded.map(|record| record.namespace.clone()).chain(ruled).collect();
    namespaces.extend(others.iter().cloned());
    namespaces.insert(site.cluster()?.namespace);
    Ok(namespaces)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::builds::Build;

    use super::*;

    #[test]
    fn a_platform_that_is_not_asked_is_named() {
        let of = |platform: &str| {
            let record = serde_json::json!({
                "platform": platform, "namespace": "", "object": "a", "image": "i", "port": 1, "tls": "none",
                "settings": "00",
            });
            let build = Build {
                package_id: "a:00".to_owned(),
                chaincode_type: "ccaas".to_owned(),
                folder: PathBuf::from("/b/bld"),
                release: PathBuf::from("/b/release"),
                record: Some(serde_json::from_value(record).unwrap()),
                is_removed: false,
            };
            Builds { builds: vec![build], warnings: Vec::new() }
        };
        known(None).unwrap();
        known(Some(&of(KUBERNETES))).unwrap();
        known(Some(&of(DOCKER))).unwrap();
        let failure = known(Some(&of("nomad"))).unwrap_err();
        assert_eq!(failure.code(), ExitCode::Settings);
        assert_eq!(failure.to_string(), "the build of a:00 has recorded the unknown platform nomad");
    }
}

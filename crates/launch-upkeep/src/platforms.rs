//! The platforms on which a peer's chaincode is, or may be.

use std::collections::BTreeSet;

use ccs_launch::docker::Engine;
use ccs_launch::settings::Platform;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_kubernetes as kubernetes;
use ccs_launch_kubernetes::Upkeep;

use crate::builds::Builds;
use crate::site::Site;
use crate::workload::{DOCKER, KUBERNETES, Kind, Workload};

/// The platforms of a peer: those of its settings, and those that its builds have recorded.
pub struct Platforms {
    cluster: Option<(Upkeep, BTreeSet<String>)>,
    engine: Option<Engine>,
}

impl Platforms {
    /// Connects to the platforms; further namespaces are looked at besides those that settings and builds name.
    pub fn of(site: &Site, builds: Option<&Builds>, namespaces: &[String]) -> Result<Self, Failure> {
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

    /// Lists what launches have made, with what could not be looked at.
    pub fn find(&self) -> Result<(Vec<Workload>, Vec<String>), Failure> {
        let (mut found, mut warnings) = (Vec::new(), Vec::new());
        if let Some((upkeep, namespaces)) = &self.cluster {
            for namespace in namespaces {
                let (objects, complaints) = upkeep.find(namespace)?;
                found.extend(objects.into_iter().map(Workload::from));
                warnings.extend(complaints);
            }
        }
        if let Some(engine) = &self.engine {
            let containers = ccs_launch_docker::list(engine, &|_| {})?;
            found.extend(containers.into_iter().map(Workload::from));
        }
        Ok((found, warnings))
    }

    /// Returns the cluster.
    pub(crate) fn cluster(&self) -> Result<&Upkeep, Failure> {
        self.cluster.as_ref().map(|(upkeep, _)| upkeep).ok_or_else(unknown)
    }

    /// Returns the UID of a Secret, if it is there and a launch has made it, or why the account may not look.
    pub fn secret(&self, namespace: &str, name: &str) -> Result<Result<Option<String>, String>, Failure> {
        match &self.cluster {
            Some((upkeep, _)) => upkeep.secret(namespace, name),
            None => Ok(Ok(None)),
        }
    }

    /// Deletes an object with this UID, and no other one of its name.
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

fn unknown() -> Failure {
    Failure::new(ExitCode::Settings, "the platform of the object is not known")
}

/// Returns every namespace that settings and builds name, and others.
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

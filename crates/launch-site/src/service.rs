//! The plan of a chaincode that the peer dials, on the platform `kubernetes`.

use std::fs;

use ccs_launch::Failure;
use ccs_launch::image::{Image, Tls};
use ccs_launch::kubernetes::{SETTINGS, Server, ServerPlan, Target};
use ccs_launch::record::{KUBERNETES, Record};
use ccs_launch::server::Certificates;
use ccs_launch::settings::{Role, Settings, Subject};
use sha2::{Digest as _, Sha256};

use crate::certificates;

/// The default domain of a cluster.
const DOMAIN: &str = "cluster.local";

/// The file with the domains of a pod's cluster.
const RESOLVER: &str = "/etc/resolv.conf";

/// The input of a service's plan.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    /// The package ID.
    pub package_id: &'a str,
    /// The type in metadata.json.
    pub chaincode_type: &'a str,
    /// The image of the package.
    pub image: &'a Image,
    /// The MSP ID of the peer, if it is known.
    pub mspid: &'a str,
    /// The operator's settings.
    pub settings: &'a Settings,
}

/// A planned service.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The objects, and how the peer reaches them.
    pub plan: ServerPlan,
    /// The content of launch.json.
    pub record: Record,
}

impl<'a> Service<'a> {
    /// Returns the chaincode for which rules are selected.
    #[must_use]
    pub fn subject(&self) -> Subject<'a> {
        Subject { package: self.package_id, chaincode_type: self.chaincode_type, role: Role::Server }
    }

    /// Makes the plan, with new certificates.
    pub fn plan(&self, target: &Target) -> Result<Planned, Failure> {
        let (certificates, end) = self.certificates(target)?.unzip();
        self.plan_with(target, certificates.as_ref(), end)
    }

    /// Creates new certificates, and returns when they expire; [`None`] without TLS.
    pub fn certificates(&self, target: &Target) -> Result<Option<(Certificates, String)>, Failure> {
        let server = self.server(target);
        server.check()?;
        if self.image.tls == Tls::None {
            return Ok(None);
        }
        let resolver = fs::read_to_string(RESOLVER).unwrap_or_default();
        certificates::make(&server.object(), &server.hosts(&domains(&resolver))).map(Some)
    }

    /// Makes the plan with existing certificates.
    pub fn plan_with(
        &self,
        target: &Target,
        certificates: Option<&Certificates>,
        end: Option<String>,
    ) -> Result<Planned, Failure> {
        let server = self.server(target);
        server.check()?;
        let mut plan = server.plan(&self.subject(), certificates)?;
        let checksum = certificates.map(|certificates| certificates.checksum.clone());
        let record = record(&plan, self.image, (end, checksum));
        plan.deployment["metadata"]["annotations"][SETTINGS] = record.settings.clone().into();
        Ok(Planned { plan, record })
    }

    fn server<'t>(&'t self, target: &'t Target) -> Server<'t> {
        let Self { package_id, image, mspid, settings, .. } = *self;
        Server { target, settings, image, package_id, mspid }
    }
}

/// Finds the domains of the cluster in the settings of the resolver of a pod.
fn domains(resolver: &str) -> Vec<String> {
    let searched = resolver.lines().filter_map(|line| line.trim().strip_prefix("search "));
    let found = searched.flat_map(str::split_whitespace).filter_map(|domain| domain.strip_prefix("svc."));
    let mut domains: Vec<String> = found
        .map(|domain| domain.trim_end_matches('.').to_owned())
        .filter(|domain| !domain.is_empty())
        .collect();
    if domains.is_empty() {
        domains.push(DOMAIN.to_owned());
    }
    domains
}

fn record(
    plan: &ServerPlan,
    image: &Image,
    (certificates_end, checksum): (Option<String>, Option<String>),
) -> Record {
    Record {
        platform: KUBERNETES.to_owned(),
        namespace: plan.namespace.clone(),
        object: plan.object.clone(),
        address: None,
        image: image.reference(),
        port: image.port,
        tls: image.tls,
        settings: hex::encode(Sha256::digest(plan.settings_alone().to_string())),
        certificates_end,
        checksum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domains_are_those_that_a_pod_searches() {
        let pod = "search hlf.svc.example.org svc.example.org example.org\nnameserver 10.96.0.10\n";
        assert_eq!(domains(pod), ["example.org"]);
        assert_eq!(domains("nameserver 192.0.2.1\n"), ["cluster.local"]);
    }
}

//! Packages with an image whose chaincode waits for the peer to dial: the install starts it, on the platform `kubernetes`.

use std::fs;
use std::path::Path;
use std::process::ExitCode as Status;
use std::time::{Duration, Instant};

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_builder::program::Program;
use ccs_builder::report::Report;
use ccs_files::{PackageId, PackageMetadata};
use ccs_launch::image::{self, Image, Tls};
use ccs_launch::kubernetes::{Certificates, Server, ServerPlan};
use ccs_launch::record::{self, Record};
use ccs_launch::settings::{Platform, Role, Settings, Subject};
use ccs_launch::{ExitCode, Failure};
use sha2::{Digest as _, Sha256};

use crate::log::Log;
use crate::order::{Package, of_builder};
use crate::surroundings::Surroundings;
use crate::{certificates, place};

/// How long a build may take: a peer waits for an install for 300 s, and stops nothing then.
const LIMIT: Duration = Duration::from_secs(270);

/// The domain of a cluster when nothing else is set.
const DOMAIN: &str = "cluster.local";

/// Where a pod finds the domains of its cluster.
const RESOLVER: &str = "/etc/resolv.conf";

/// Tells whether a package for the builder stays with it: chaincode as a service that the settings do not start.
///
/// With broken settings it does not: whether the operator wants it started is not known, and an install cannot be done again.
pub(crate) fn stays_with_the_builder(
    source: &Path,
    metadata: &PackageMetadata,
    surroundings: &Surroundings,
) -> bool {
    let chaincode_type = &metadata.chaincode_type;
    let Ok(settings) = &surroundings.settings else { return false };
    metadata.is_chaincode_as_a_service()
        && (settings.platform_for(chaincode_type) != Platform::Kubernetes
            || match input::read(&source.join(image::FILE), image::MAX_SIZE) {
                Ok(content) => {
                    Image::parse(&content).is_ok_and(|image| image.role_in(chaincode_type) == Role::Client)
                }
                Err(error) => matches!(error, input::ReadError::Missing),
            })
}

/// Builds a package as `build` does without a launcher, to the byte.
pub(crate) fn build_as_the_builder(folders: [&Path; 3]) -> Status {
    let mut report = Report::new(Program::Build);
    let surroundings = ccs_builder::context::Surroundings::of_this_process();
    match ccs_builder::stages::build(folders, &surroundings, &mut report) {
        Ok(()) => Status::SUCCESS,
        Err(error) => {
            report.error(&error);
            error.code().into()
        }
    }
}

/// Starts the chaincode, waits until the peer can dial it, and writes what `release` needs; returns what was done.
pub(crate) fn build(
    package: Package<'_>,
    metadata: &PackageMetadata,
    (image, image_content): (&Image, Vec<u8>),
    (settings, log): (&Settings, &Log),
) -> Result<String, Failure> {
    let begin = Instant::now();
    let id = package_id(package.source, metadata)?;
    let subject = Subject { package: &id, chaincode_type: &metadata.chaincode_type, role: Role::Server };
    let target = place::target(settings, &subject)?;
    let mspid = std::env::var("CORE_PEER_LOCALMSPID").unwrap_or_default();
    let server = Server { target: &target, settings, image, package_id: &id, mspid: &mspid };
    server.check()?;
    let (certificates, end) = match image.tls {
        Tls::None => (None, None),
        Tls::Mutual | Tls::Server => {
            let resolver = fs::read_to_string(RESOLVER).unwrap_or_default();
            let (certificates, end) =
                certificates::make(&server.object(), &server.hosts(&domains(&resolver)))?;
            (Some(certificates), Some(end))
        }
    };
    let plan = server.plan(&subject, certificates.as_ref())?;
    let record = serde_json::to_vec(&record(&plan, image, end)).map_err(|error| {
        Failure::new(ExitCode::InputOutput, format!("cannot write {}: {error}", record::FILE))
    })?;
    let how = how(&plan, certificates.as_ref());
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .file(image::FILE, image_content)
        .folder("META-INF", package.meta_inf)
        .file("connection.json", plan.connection.to_json())
        .file(record::FILE, record);
    let start = ccs_launch_kubernetes::Start {
        plan: &plan,
        target: &target,
        limit: LIMIT.saturating_sub(begin.elapsed()),
        say: &|message| log.write(message),
    };
    ccs_launch_kubernetes::start(&start, || output.write().map_err(|error| of_builder(&error)))?;
    Ok(format!(
        "{} runs as deployment {}/{}; the peer will connect to {} {how}",
        image.reference(),
        plan.namespace,
        plan.object,
        plan.connection.address
    ))
}

/// Returns the package ID, which `build` finds in the name of the folder that the peer has made for it alone.
fn package_id(source: &Path, metadata: &PackageMetadata) -> Result<String, Failure> {
    let absolute = std::path::absolute(source).unwrap_or_default();
    let folder = absolute.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let id = folder.and_then(PackageId::from_scratch_folder);
    let id = id.filter(|id| id.label().as_str() == metadata.label).ok_or_else(|| {
        Failure::new(
            ExitCode::Usage,
            format!(
                "{} is not in a folder fabric-{}-HASH, so the package ID is not known",
                source.display(),
                metadata.label
            ),
        )
        .with_hint(
            "a peer calls build with such a folder; without image.json, or with platform: none, no ID is needed",
        )
    })?;
    Ok(id.to_string())
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

fn record(plan: &ServerPlan, image: &Image, certificates_end: Option<String>) -> Record {
    Record {
        platform: "kubernetes".to_owned(),
        namespace: plan.namespace.clone(),
        object: plan.object.clone(),
        image: image.reference(),
        port: image.port,
        tls: image.tls,
        settings: hex::encode(Sha256::digest(plan.settings_alone().to_string())),
        certificates_end,
    }
}

fn how(plan: &ServerPlan, certificates: Option<&Certificates>) -> &'static str {
    match certificates {
        None => "in plaintext",
        Some(_) if plan.connection.client_auth_required => "over mutual TLS",
        Some(_) => "over TLS",
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

    #[test]
    fn the_package_is_known_by_the_folder_of_the_peer() {
        let metadata = |label: &str| PackageMetadata {
            chaincode_type: "ccaas".to_owned(),
            label: label.to_owned(),
            path: String::new(),
        };
        let hash = "ab".repeat(32);
        let source = format!("/tmp/fabric-basic-{hash}123/src");
        let id = package_id(Path::new(&source), &metadata("basic")).unwrap();
        assert_eq!(id, format!("basic:{hash}"));
        for (source, label) in [("/tmp/src", "basic"), (source.as_str(), "other")] {
            let failure = package_id(Path::new(source), &metadata(label)).unwrap_err();
            assert_eq!(failure.code(), ExitCode::Usage);
        }
    }
}

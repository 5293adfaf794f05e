//! Packages with an image whose chaincode the peer dials: the install starts it.

use std::path::Path;
use std::process::ExitCode as Status;
use std::time::{Duration, Instant};

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_builder::program::Program;
use ccs_builder::report::Report;
use ccs_files::{Connection, PackageMetadata};
use ccs_launch::image::{self, Image};
use ccs_launch::record::{self, Record};
use ccs_launch::settings::{Platform, Role, Settings};
use ccs_launch::{ExitCode, Failure};
use ccs_launch_site::service::{Planned, Service};
use ccs_launch_site::{Surroundings, container, place};

use crate::log::Log;
use crate::order::{Package, of_builder};
use crate::package_id::package_id;

/// How long a build may take. A peer waits for an install for 300 s, and then does not stop the build.
const LIMIT: Duration = Duration::from_secs(270);

/// Tells whether the builder keeps a package: chaincode as a service that the settings do not start.
///
/// With invalid settings, it does not: the operator's intent is unknown, and an install cannot be repeated.
pub(crate) fn stays_with_the_builder(
    source: &Path,
    metadata: &PackageMetadata,
    surroundings: &Surroundings,
) -> bool {
    let chaincode_type = &metadata.chaincode_type;
    let Ok(settings) = &surroundings.settings else { return false };
    metadata.is_chaincode_as_a_service()
        && (!matches!(settings.platform_for(chaincode_type), Platform::Kubernetes | Platform::Docker)
            || match input::read(&source.join(image::FILE), image::MAX_SIZE) {
                // A missing digest does not affect the role.
                Ok(content) => Image::parse_with_tags(&content)
                    .is_ok_and(|image| image.role_in(chaincode_type) == Role::Client),
                Err(error) => matches!(error, input::ReadError::Missing),
            })
}

/// Builds a package exactly as `build` does without a launcher.
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

/// Starts the chaincode on Kubernetes, waits until the peer can dial it, and writes the files for `release`; returns a summary.
pub(crate) fn build_on_kubernetes(
    package: Package<'_>,
    metadata: &PackageMetadata,
    (image, image_content): (&Image, Vec<u8>),
    (settings, log): (&Settings, &Log),
) -> Result<String, Failure> {
    let begin = Instant::now();
    let (id, mspid) = (id(package.source, metadata)?, mspid());
    let service =
        Service { package_id: &id, chaincode_type: &metadata.chaincode_type, image, mspid: &mspid, settings };
    let target = place::target(settings, &service.subject())?;
    let Planned { plan, record } = service.plan(&target)?;
    let how = how(&plan.connection);
    let start = ccs_launch_kubernetes::Start {
        plan: &plan,
        target: &target,
        limit: LIMIT.saturating_sub(begin.elapsed()),
        dials: true,
        caller: ccs_launch_kubernetes::Caller::Build,
        say: &|message| log.write(message),
    };
    ccs_launch_kubernetes::start(&start, || write(package, image_content, (&plan.connection, &record)))?;
    Ok(format!(
        "{} runs as deployment {}/{}; the peer will connect to {} {how}",
        image.reference(),
        plan.namespace,
        plan.object,
        plan.connection.address
    ))
}

/// Starts the chaincode in a container of a Docker engine; otherwise like [`build_on_kubernetes`].
pub(crate) fn build_on_docker(
    package: Package<'_>,
    metadata: &PackageMetadata,
    (image, image_content): (&Image, Vec<u8>),
    (settings, log): (&Settings, &Log),
) -> Result<String, Failure> {
    let begin = Instant::now();
    let (id, mspid) = (id(package.source, metadata)?, mspid());
    let service =
        Service { package_id: &id, chaincode_type: &metadata.chaincode_type, image, mspid: &mspid, settings };
    let planned = container::plan(&service, &ccs_launch_docker::run_id()?)?;
    let start = ccs_launch_docker::Start {
        plan: &planned.plan,
        limit: LIMIT.saturating_sub(begin.elapsed()),
        caller: ccs_launch_docker::Caller::Build,
        say: &|message| log.write(message),
    };
    let mut done = String::new();
    ccs_launch_docker::start(&start, |address| {
        let (connection, record) = planned.at(address);
        done = format!(
            "{} runs as the container {}; the peer will connect to {address} {}",
            image.reference(),
            record.object,
            how(&connection)
        );
        write(package, image_content, (&connection, &record))
    })?;
    Ok(done)
}

/// Writes the files for `release` and `ccs launch`.
fn write(
    package: Package<'_>,
    image_content: Vec<u8>,
    (connection, record): (&Connection, &Record),
) -> Result<(), Failure> {
    let record = serde_json::to_vec(record).map_err(|error| {
        Failure::new(ExitCode::InputOutput, format!("cannot write {}: {error}", record::FILE))
    })?;
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .file(image::FILE, image_content)
        .folder("META-INF", package.meta_inf)
        .file("connection.json", connection.to_json())
        .file(record::FILE, record);
    output.write().map_err(|error| of_builder(&error))
}

/// Returns the package ID, or an error that says how to do without it.
fn id(source: &Path, metadata: &PackageMetadata) -> Result<String, Failure> {
    package_id(source, metadata).map_err(|failure| {
        failure.with_hint(
            "a peer calls build with such a folder; without image.json, or with platform: none, no ID is needed",
        )
    })
}

/// Returns the MSP ID of the peer; empty where the peer does not propagate it.
fn mspid() -> String {
    std::env::var("CORE_PEER_LOCALMSPID").unwrap_or_default()
}

fn how(connection: &Connection) -> &'static str {
    match (connection.tls_required, connection.client_auth_required) {
        (false, _) => "in plaintext",
        (true, true) => "over mutual TLS",
        (true, false) => "over TLS",
    }
}

//! Packages with an image, on the platform `docker`.

use std::env;
use std::path::Path;

use ccs_files::PackageMetadata;
use ccs_launch::Failure;
use ccs_launch::docker::{self, may_have_tags};
use ccs_launch::image::Image;
use ccs_launch::settings::{Role, Settings, Subject};
use ccs_launch_site::{image_file, place};

use crate::image_package::write;
use crate::log::{Log, write_line};
use crate::order::{Launch, Package};
use crate::service;

/// Checks the image's name, and writes the files for `run`, or starts chaincode that the peer dials; returns a summary.
pub(crate) fn build(
    package: Package<'_>,
    metadata: &PackageMetadata,
    (settings, log): (&Settings, &Log),
) -> Result<String, Failure> {
    let (content, image) = read(package.source, settings)?;
    if image.role_in(&metadata.chaincode_type) == Role::Server {
        return service::build_on_docker(package, metadata, (&image, content), (settings, log));
    }
    write(package, content)?;
    Ok(format!("{} will run in a container", image.reference()))
}

/// Starts the image in a container, and returns when the container has ended.
pub(crate) fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let (_, image) = read(launch.build, launch.settings)?;
    let chaincode = &launch.chaincode;
    let subject = Subject {
        package: &chaincode.chaincode_id,
        chaincode_type: &launch.metadata.chaincode_type,
        role: image.role_in(&launch.metadata.chaincode_type),
    };
    let host = place::container().or_else(place::host);
    let surroundings = docker::Surroundings { variable: &|name| env::var(name).ok(), host: host.as_deref() };
    let planned = docker::Launch { surroundings, settings: launch.settings, image: &image, chaincode };
    let plan = planned.plan(&subject, &ccs_launch_docker::run_id()?)?;
    let label = chaincode.label();
    ccs_launch_docker::run(&ccs_launch_docker::Launch {
        plan: &plan,
        say: &|message| launch.log.write(message),
        chaincode: &|line| write_line(&format!("chaincode {label}: {line}")),
    })
}

/// Reads image.json. Only the launch knows whether this chaincode may have an image without a digest.
fn read(folder: &Path, settings: &Settings) -> Result<(Vec<u8>, Image), Failure> {
    let content = image_file::read(folder)?;
    let image =
        if may_have_tags(settings) { Image::parse_with_tags(&content) } else { Image::parse(&content) }?;
    Ok((content, settings.images.admit(image)?))
}

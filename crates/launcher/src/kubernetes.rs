//! Packages with an image, on the platform `kubernetes`.

use std::path::Path;

use ccs_files::PackageMetadata;
use ccs_launch::Failure;
use ccs_launch::image::{self, Image};
use ccs_launch::kubernetes;
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
        return service::build_on_kubernetes(package, metadata, (&image, content), (settings, log));
    }
    write(package, content)?;
    Ok(format!("{} will run on Kubernetes", image.reference()))
}

/// Starts the image as a Job, and returns when the Job has ended.
pub(crate) fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let (_, image) = read(launch.build, launch.settings)?;
    let chaincode = &launch.chaincode;
    let subject = Subject {
        package: &chaincode.chaincode_id,
        chaincode_type: &launch.metadata.chaincode_type,
        role: image.role_in(&launch.metadata.chaincode_type),
    };
    let target = place::target(launch.settings, &subject)?;
    let planned = kubernetes::Launch { target: &target, settings: launch.settings, image: &image, chaincode };
    let plan = planned.plan(&subject, &ccs_launch_kubernetes::suffix()?)?;
    let line = |line: &str| write_line(&format!("chaincode {}: {line}", chaincode.label()));
    ccs_launch_kubernetes::run(&ccs_launch_kubernetes::Launch {
        plan: &plan,
        target: &target,
        chaincode_id: &chaincode.chaincode_id,
        say: &|message| launch.log.write(message),
        chaincode: launch.settings.kubernetes.output.then_some(&line),
    })
}

/// Tells whether fabric-builder-k8s wrote a build: without metadata.json. A peer keeps such builds if this builder replaces
/// fabric-builder-k8s under the same name.
pub(crate) fn is_build_without_metadata(build: &Path) -> bool {
    !build.join("metadata.json").exists() && build.join(image::FILE).is_file()
}

fn read(folder: &Path, settings: &Settings) -> Result<(Vec<u8>, Image), Failure> {
    let content = image_file::read(folder)?;
    let image = settings.images.admit(Image::parse(&content)?)?;
    Ok((content, image))
}

//! Packages with an image, on the platform `kubernetes`.

use std::path::Path;

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_files::PackageMetadata;
use ccs_launch::image::{self, Image};
use ccs_launch::kubernetes;
use ccs_launch::settings::{Role, Settings, Subject};
use ccs_launch::{ExitCode, Failure};

use crate::log::Log;
use crate::order::{Launch, Package, of_builder};
use crate::place::target;
use crate::service;

/// Checks the image's name, and writes what `run` needs, or starts what the peer dials; returns what was done.
pub(crate) fn build(
    package: Package<'_>,
    metadata: &PackageMetadata,
    (settings, log): (&Settings, &Log),
) -> Result<String, Failure> {
    let (content, image) = read(package.source)?;
    if image.role_in(&metadata.chaincode_type) == Role::Server {
        return service::build(package, metadata, (&image, content), (settings, log));
    }
    Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .file(image::FILE, content)
        .folder("META-INF", package.meta_inf)
        .write()
        .map_err(|error| of_builder(&error))?;
    Ok(format!("{} will run on Kubernetes", image.reference()))
}

/// Starts the image as a Job, and ends when that has ended.
pub(crate) fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let (_, image) = read(launch.build)?;
    let chaincode = &launch.chaincode;
    let subject = Subject {
        package: &chaincode.chaincode_id,
        chaincode_type: &launch.metadata.chaincode_type,
        role: image.role_in(&launch.metadata.chaincode_type),
    };
    let target = target(launch.settings, &subject)?;
    let planned = kubernetes::Launch { target: &target, settings: launch.settings, image: &image, chaincode };
    let plan = planned.plan(&subject, &ccs_launch_kubernetes::suffix()?)?;
    ccs_launch_kubernetes::run(&ccs_launch_kubernetes::Launch {
        plan: &plan,
        target: &target,
        chaincode_id: &chaincode.chaincode_id,
        say: &|message| launch.log.write(message),
    })
}

/// Tells whether a build is one of fabric-builder-k8s, which leaves metadata.json out: a peer keeps it when the builder is
/// replaced under the same name.
pub(crate) fn is_build_without_metadata(build: &Path) -> bool {
    !build.join("metadata.json").exists() && build.join(image::FILE).is_file()
}

/// Reads the file image.json of a package or a build.
pub(crate) fn read_content(folder: &Path) -> Result<Vec<u8>, Failure> {
    input::read(&folder.join(image::FILE), image::MAX_SIZE).map_err(|error| {
        Failure::new(ExitCode::ImageJson, format!("cannot read {}: {error}", image::FILE))
            .with_hint("put it at the top of code.tar.gz")
    })
}

fn read(folder: &Path) -> Result<(Vec<u8>, Image), Failure> {
    let content = read_content(folder)?;
    let image = Image::parse(&content)?;
    Ok((content, image))
}

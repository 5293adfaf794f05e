//! Packages with an image, on the platform `kubernetes`.

use std::env;
use std::fs;
use std::path::Path;

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_launch::image::{self, Image};
use ccs_launch::kubernetes::{self, Target};
use ccs_launch::settings::{Role, Subject};
use ccs_launch::{ExitCode, Failure};

use crate::order::{Launch, Package, of_builder};

/// Where a pod finds the namespace of its service account.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Where Linux tells the name of the host.
const HOST: &str = "/proc/sys/kernel/hostname";

/// Checks the image's name, and writes what `run` needs; returns what was done.
pub(crate) fn build(package: Package<'_>) -> Result<String, Failure> {
    let (content, image) = read(package.source)?;
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
        role: image.role.unwrap_or(Role::Client),
    };
    let word = |path: &str| {
        let text = fs::read_to_string(path).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let (own_namespace, host) = (word(OWN_NAMESPACE), word(HOST));
    let surroundings = kubernetes::Surroundings {
        variable: &|name| env::var(name).ok(),
        own_namespace: own_namespace.as_deref(),
        host: host.as_deref(),
    };
    let target = Target::new(surroundings, launch.settings, &subject)?;
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

fn read(folder: &Path) -> Result<(Vec<u8>, Image), Failure> {
    let content = input::read(&folder.join(image::FILE), image::MAX_SIZE).map_err(|error| {
        Failure::new(ExitCode::ImageJson, format!("cannot read {}: {error}", image::FILE))
            .with_hint("put it at the top of code.tar.gz")
    })?;
    let image = Image::parse(&content)?;
    Ok((content, image))
}

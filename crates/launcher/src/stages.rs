//! `--detect`, `--build` and `run`: the common part of all platforms.

use std::path::Path;

use ccs_builder::input;
use ccs_builder::meta_inf::{self, Tree};
use ccs_builder::report::MAX_WARNINGS;
use ccs_builder::stages::read_metadata;
use ccs_files::PackageMetadata;
use ccs_launch::kind::Kind;
use ccs_launch::settings::Platform;
use ccs_launch::{Chaincode, ExitCode, Failure};
use ccs_launch_site::{Surroundings, claim};

use crate::log::Log;
use crate::order::{Launch, Package, of_builder};
use crate::{docker, kubernetes, prebuilt, process, service, source};

/// The largest chaincode.json, in bytes.
const MAX_CHAINCODE: u64 = 1 << 20;

/// Tells whether the settings launch the package. It prints nothing for other packages, because the peer asks each builder.
///
/// With invalid settings, it claims packages that only a launcher builds. Their build then reports the error, whereas the peer
/// would only report that no builder claims them.
pub(crate) fn detect(metadata_folder: &Path, surroundings: &Surroundings) -> Result<bool, Failure> {
    let (metadata, _) = read_metadata(metadata_folder).map_err(|error| of_builder(&error))?;
    let chaincode_type = &metadata.chaincode_type;
    Ok(match &surroundings.settings {
        Ok(settings) => settings.claim(chaincode_type).is_some(),
        Err(_) => Kind::of(chaincode_type).is_some_and(Kind::has_no_other_builder),
    })
}

/// The folders of one build.
pub(crate) struct Build<'a> {
    /// The package's source.
    pub(crate) source: &'a Path,
    /// The folder of metadata.json.
    pub(crate) metadata_folder: &'a Path,
    /// BLD.
    pub(crate) out: &'a Path,
}

impl Build<'_> {
    /// Tells whether the builder alone handles the package, and builds it.
    pub(crate) fn stays_with_the_builder(&self, surroundings: &Surroundings) -> bool {
        let metadata = read_metadata(self.metadata_folder);
        metadata
            .is_ok_and(|(metadata, _)| service::stays_with_the_builder(self.source, &metadata, surroundings))
    }

    /// Checks the package, and writes the files for `run` and `release`.
    pub(crate) fn carry_out(&self, surroundings: &Surroundings, log: &mut Log) -> Result<(), Failure> {
        let (metadata, metadata_content) =
            read_metadata(self.metadata_folder).map_err(|error| of_builder(&error))?;
        log.set_label(&metadata.label);
        let settings = surroundings.settings.as_ref().map_err(Clone::clone)?;
        let claim = claim(settings, &metadata.chaincode_type)?;
        let package = Package {
            source: self.source,
            out: self.out,
            metadata_content,
            meta_inf: read_meta_inf(self.source, log)?,
        };
        let done = match (claim.kind, claim.platform) {
            (Kind::Binary, _) => process::build(package)?,
            (Kind::Prebuilt, _) => prebuilt::build(package)?,
            (Kind::Image | Kind::Service, Platform::Docker) => {
                docker::build(package, &metadata, (settings, log))?
            }
            (Kind::Image | Kind::Service, _) => kubernetes::build(package, &metadata, (settings, log))?,
            (Kind::Source(language), _) => {
                source::build(package, language, &metadata, (settings, surroundings, log))?
            }
        };
        log.write(&format!("built: {done}"));
        Ok(())
    }
}

/// The folders of one launch.
pub(crate) struct Run<'a> {
    /// BLD.
    pub(crate) build: &'a Path,
    /// RUNMETA.
    pub(crate) run_metadata: &'a Path,
}

impl Run<'_> {
    /// Launches the package, and returns when the chaincode has ended.
    pub(crate) fn carry_out(&self, surroundings: &Surroundings, log: &mut Log) -> Result<(), Failure> {
        let path = self.run_metadata.join("chaincode.json");
        let content = input::read(&path, MAX_CHAINCODE).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot read {}: {error}", path.display()))
                .with_hint("the second argument is the folder in which the peer puts chaincode.json")
        })?;
        let chaincode = Chaincode::parse(&content)?;
        log.set_label(chaincode.label());
        let settings = surroundings.settings.as_ref().map_err(Clone::clone)?;
        let metadata = self.metadata(&chaincode)?;
        let claim = claim(settings, &metadata.chaincode_type)?;
        let launch = Launch {
            build: self.build,
            run_metadata: self.run_metadata,
            chaincode,
            metadata,
            settings,
            surroundings,
            log,
        };
        match (claim.kind, claim.platform) {
            (Kind::Binary, _) => process::run_binary(&launch),
            (Kind::Prebuilt, _) => prebuilt::run(&launch),
            (Kind::Source(language), _) => process::run(&launch, |build| language.start(build)),
            (Kind::Image | Kind::Service, Platform::Docker) => docker::run(&launch),
            (Kind::Image | Kind::Service, _) => kubernetes::run(&launch),
        }
    }

    fn metadata(&self, chaincode: &Chaincode) -> Result<PackageMetadata, Failure> {
        if kubernetes::is_build_without_metadata(self.build) {
            let label = chaincode.label().to_owned();
            return Ok(PackageMetadata { chaincode_type: "k8s".to_owned(), label, path: String::new() });
        }
        Ok(read_metadata(self.build).map_err(|error| of_builder(&error))?.0)
    }
}

fn read_meta_inf(source: &Path, log: &Log) -> Result<Tree, Failure> {
    let mut warnings = Vec::new();
    let tree = meta_inf::of_source(source, &mut warnings);
    for warning in warnings.iter().take(MAX_WARNINGS) {
        log.write(&format!("warning: {warning}"));
    }
    tree.map_err(|error| of_builder(&error))
}

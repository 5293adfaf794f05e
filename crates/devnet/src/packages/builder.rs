//! The builder of the peer, which is installed when the first package needs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ccs_chaincode::Source;
use ccs_channel::Index;
use ccs_dial::ConnectionInfo;
use ccs_files::PackageId;
use ccs_host::{BuildEvent, Environment, ExternalBuilder};
use ccs_launch::kind::Kind;
use ccs_launch::settings::FILE;
use tokio::sync::OnceCell;

use crate::deployment;
use crate::error::Error;
use crate::event::{Event, Report};
use crate::options::Options;

/// Default settings of the launcher: programs, and source in each language, run as processes.
const SETTINGS: &str = "platform: process\nlanguages: [golang, node, java]\n";

/// Output of the builder for a package.
#[derive(Debug)]
pub(super) struct Built {
    /// How the peer reaches the chaincode.
    pub(super) source: Source,
    /// Output folder of `build`, for a chaincode that `run` launches.
    pub(super) launched: Option<PathBuf>,
    /// CouchDB indexes of the package.
    pub(super) indexes: Vec<Index>,
}

/// Programs of the builder.
pub(super) struct Builder {
    options: Options,
    programs: ExternalBuilder,
    environment: Environment,
    installed: OnceCell<()>,
    launcher: OnceCell<()>,
    report: Report,
}

impl Builder {
    /// Creates an instance from the options and the folder to install the programs in.
    pub(super) fn new(options: &Options, peer: &str, folder: &Path, report: &Report) -> Self {
        let mut environment: Environment = std::env::vars_os().collect();
        environment.insert("CORE_PEER_ID".into(), peer.into());
        environment.insert("CORE_PEER_LOCALMSPID".into(), options.msp.as_str().into());
        Self {
            options: options.clone(),
            programs: deployment::builder(folder, &environment),
            environment,
            installed: OnceCell::new(),
            launcher: OnceCell::new(),
            report: Arc::clone(report),
        }
    }

    /// Returns the builder, and the environment variables of the peer.
    pub(super) fn for_launches(&self) -> (ExternalBuilder, Environment) {
        (self.programs.clone(), self.environment.clone())
    }

    /// Runs the builder's programs on a package, unless a build exists below the same `peer.fileSystemPath`, and reads
    /// their output. Reports the lines that they write to stderr, as a peer logs them.
    pub(super) async fn build(
        &self,
        package: (&PackageId, &Path),
        file_system: &Path,
    ) -> Result<Built, Error> {
        self.installed.get_or_try_init(async || self.install()).await?;
        if self.is_launched(package.1)? {
            self.launcher.get_or_try_init(async || self.install_launcher()).await?;
        }
        let id = package.0.to_string();
        let mut observe = |event: BuildEvent<'_>| {
            if let BuildEvent::StderrLine { builder, line, .. } = event {
                let (builder, line) = (builder.to_owned(), line.to_owned());
                (self.report)(Event::Builder { builder, id: id.clone(), line });
            }
        };
        let programs = (&self.programs, &self.environment);
        let released = deployment::build(package, programs, file_system, &mut observe).await?;
        let indexes = Index::read_all(&released.folder)
            .map_err(|source| Error::Indexes { folder: released.folder.clone(), source })?;
        Ok(match released.connection {
            Some(connection) => {
                let source = Source::Server(ConnectionInfo::read(&connection)?);
                Built { source, launched: None, indexes }
            }
            None => Built { source: Source::Client, launched: Some(released.build), indexes },
        })
    }

    /// Returns whether a launcher decides how a package runs.
    fn is_launched(&self, file: &Path) -> Result<bool, Error> {
        let chaincode_type = ccs_package_tools::chaincode_type(file)?;
        let kind = Kind::of(&chaincode_type);
        if kind == Some(Kind::Image) && self.options.launch.is_none() {
            return Err(Error::NoSettings { chaincode_type });
        }
        Ok(match kind {
            None => false,
            Some(Kind::Service) => self.options.launch.is_some(),
            Some(_) => true,
        })
    }

    fn install(&self) -> Result<(), Error> {
        Ok(self.options.programs.install(&self.programs.path)?)
    }

    /// Installs the launcher as `run`, unless the builder has installed its own, and writes the settings.
    fn install_launcher(&self) -> Result<(), Error> {
        let settings = self.programs.path.join(FILE);
        self.options.programs.install_launcher(&self.programs.path)?;
        match &self.options.launch {
            Some(file) => {
                fs::copy(file, settings).map(drop).map_err(|error| Error::system("copy", file, error))
            }
            None => fs::write(&settings, SETTINGS).map_err(|error| Error::system("write", &settings, error)),
        }
    }
}

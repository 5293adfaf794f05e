//! The builder of the peer, which is installed when the first package needs it.

use std::path::{Path, PathBuf};

use ccs_chaincode::Source;
use ccs_channel::Index;
use ccs_dial::ConnectionInfo;
use ccs_files::PackageId;
use ccs_host::Event;
use tokio::sync::OnceCell;

use crate::commands::dev::story::Story;
use crate::deployment;
use crate::failure::Failure;
use crate::programs;

/// What the builder has made of a package.
#[derive(Debug)]
pub(super) struct Built {
    /// How the chaincode is reached.
    pub(super) source: Source,
    /// What it asks of CouchDB.
    pub(super) indexes: Vec<Index>,
}

/// The builder's programs.
#[derive(Debug)]
pub(super) struct Builder {
    /// The executable that was named, if one was.
    executable: Option<PathBuf>,
    folder: PathBuf,
    installed: OnceCell<()>,
    story: Story,
}

impl Builder {
    /// Names the builder's executable, and where it is to be installed.
    pub(super) fn new(executable: Option<PathBuf>, folder: PathBuf, story: Story) -> Self {
        Self { executable, folder, installed: OnceCell::new(), story }
    }

    /// Runs the programs over a package, unless that was done below the same `peer.fileSystemPath`, and reads what
    /// they release. What they write to stderr is told, as a peer's log has it.
    pub(super) async fn build(
        &self,
        package: (&PackageId, &Path),
        file_system: &Path,
    ) -> Result<Built, Failure> {
        self.installed.get_or_try_init(async || self.install()).await?;
        let id = package.0.to_string();
        let mut tell = |event: Event<'_>| {
            if let Event::StderrLine { builder, line, .. } = event {
                self.story.builder(builder, &id, line);
            }
        };
        let released = deployment::build(package, &self.folder, file_system, &mut tell).await?;
        let info = ConnectionInfo::read(&released.connection)
            .map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
        let indexes = Index::read_all(&released.folder).map_err(|error| {
            Failure::new(format!("cannot read the indexes in {}: {error}", released.folder.display()))
        })?;
        Ok(Built { source: Source::Server(info), indexes })
    }

    fn install(&self) -> Result<(), Failure> {
        deployment::install(&programs::ccs_builder(self.executable.as_deref())?, &self.folder).map(drop)
    }
}

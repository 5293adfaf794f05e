//! The builder of the peer, which is installed when the first package needs it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ccs_chaincode::Source;
use ccs_channel::Index;
use ccs_dial::ConnectionInfo;
use ccs_files::PackageId;
use ccs_host::BuildEvent;
use tokio::sync::OnceCell;

use crate::deployment;
use crate::error::Error;
use crate::event::{Event, Report};
use crate::options::FindBuilder;

/// What the builder has made of a package.
#[derive(Debug)]
pub(super) struct Built {
    /// How the chaincode is reached.
    pub(super) source: Source,
    /// What it asks of CouchDB.
    pub(super) indexes: Vec<Index>,
}

/// The builder's programs.
pub(super) struct Builder {
    find: FindBuilder,
    folder: PathBuf,
    installed: OnceCell<()>,
    report: Report,
}

impl Builder {
    /// Says how the builder's executable is found, and where it is to be installed.
    pub(super) fn new(find: FindBuilder, folder: PathBuf, report: &Report) -> Self {
        Self { find, folder, installed: OnceCell::new(), report: Arc::clone(report) }
    }

    /// Runs the programs over a package, unless that was done below the same `peer.fileSystemPath`, and reads what
    /// they release. What they write to stderr is reported, as a peer's log has it.
    pub(super) async fn build(
        &self,
        package: (&PackageId, &Path),
        file_system: &Path,
    ) -> Result<Built, Error> {
        self.installed.get_or_try_init(async || self.install()).await?;
        let id = package.0.to_string();
        let mut observe = |event: BuildEvent<'_>| {
            if let BuildEvent::StderrLine { builder, line, .. } = event {
                let (builder, line) = (builder.to_owned(), line.to_owned());
                (self.report)(Event::Builder { builder, id: id.clone(), line });
            }
        };
        let released = deployment::build(package, &self.folder, file_system, &mut observe).await?;
        let info = ConnectionInfo::read(&released.connection)?;
        let indexes = Index::read_all(&released.folder)
            .map_err(|source| Error::Indexes { folder: released.folder.clone(), source })?;
        Ok(Built { source: Source::Server(info), indexes })
    }

    fn install(&self) -> Result<(), Error> {
        deployment::install(&self.find.find()?, &self.folder)?;
        Ok(())
    }
}

//! The contracts `everything` in Go that the administrator deploys, and the processes in which they serve.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::administrator::Administrator;
use super::packages;
use crate::dev_peer::programs::Language;
use crate::dev_peer::servers::{Link, Server};
use crate::processes::Running;

/// A contract that serves until it is dropped.
pub(super) struct Contract {
    /// Its package.
    pub(super) package: PathBuf,
    /// The ID of its package.
    pub(super) id: String,
    _process: Running,
}

impl Contract {
    /// Makes the package and starts the contract behind it.
    pub(super) fn start(folder: &Path, label: &str, link: Link) -> Result<Self> {
        let server = Server::make(folder, Language::Go, label, link)?;
        let process = server.start(&folder.join("contracts.log"))?;
        Ok(Self { package: server.package, id: server.id, _process: process })
    }
}

/// The chaincode of the steps: the first version and the next one.
pub(super) struct Versions {
    pub(super) first: Contract,
    pub(super) next: Contract,
}

impl Versions {
    /// Starts both versions, and tells the administrator what they are called in the steps.
    pub(super) fn start(folder: &Path, administrator: &mut Administrator<'_>) -> Result<Self> {
        let first = Contract::start(folder, "everything_1.0", Link::MutualTls)?;
        let next = Contract::start(folder, "everything_2.0", Link::Plaintext)?;
        let path = |package: &Path| package.to_string_lossy().into_owned();
        administrator.name("$PACKAGE", path(&first.package));
        administrator.name("$ID", first.id.clone());
        administrator.name("$NEXT_PACKAGE", path(&next.package));
        administrator.name("$NEXT_ID", next.id.clone());
        administrator.name("$PORTLESS", path(&packages::portless(folder)?));
        Ok(Self { first, next })
    }
}

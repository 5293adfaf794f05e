//! `run BLD RUNMETA`, with which a builder launches a chaincode that connects to the peer.
//!
//! As in Fabric 3.1 `core/container/externalbuilder/{externalbuilder,instance,session}.go`, RUNMETA is a private
//! folder with chaincode.json, which is removed after the program has ended. The program is stopped with SIGTERM, and
//! killed after five seconds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::builder::{Environment, ExternalBuilder};
use crate::event::{BuildEvent, BuilderStep};
use crate::scratch::{create_unique, write_new};
use crate::step::{BuildLimits, Call, Runner, StepFailure};

/// Time between SIGTERM and SIGKILL.
const TERMINATION: Duration = Duration::from_secs(5);

/// Launch of a chaincode.
pub struct Run<'a> {
    /// Builder that built the package.
    pub builder: &'a ExternalBuilder,
    /// Environment variables of the peer.
    pub environment: &'a Environment,
    /// Output folder of `build`.
    pub build: &'a Path,
    /// Content of chaincode.json, which includes a private key.
    pub chaincode: &'a [u8],
}

/// Error from a launch.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// chaincode.json cannot be written.
    #[error("cannot write chaincode.json for run")]
    Metadata(#[source] io::Error),
    /// The program could not be started, or failed.
    #[error(transparent)]
    Program(#[from] StepFailure),
}

impl Run<'_> {
    /// Runs the program until it ends. Stops it when `stop` completes. Passes each line of its stderr to `line`.
    pub async fn until(
        self,
        stop: impl Future<Output = ()> + Send,
        line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), RunError> {
        let folder = Folder::create().map_err(RunError::Metadata)?;
        write_new(&folder.0.join("chaincode.json"), self.chaincode, 0o600).map_err(RunError::Metadata)?;
        let mut observer = |event: BuildEvent<'_>| {
            if let BuildEvent::StderrLine { line: text, .. } = event {
                line(text);
            }
        };
        let limits = BuildLimits::default();
        let mut runner = Runner { environment: self.environment, limits, observer: &mut observer };
        let arguments = [self.build.to_owned(), folder.0.clone()];
        let call = Call { builder: self.builder, step: BuilderStep::Run, arguments: &arguments };
        runner.run_until(call, stop, TERMINATION).await?;
        Ok(())
    }
}

/// Folder RUNMETA.
struct Folder(PathBuf);

impl Folder {
    fn create() -> io::Result<Self> {
        create_unique(&std::env::temp_dir(), "fabric-run").map(Self)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is still private.
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! `run BLD RUNMETA`, by which a builder launches a chaincode that dials the peer.
//!
//! Fabric 3.1 `core/container/externalbuilder/{externalbuilder,instance,session}.go`: RUNMETA is a private folder with
//! chaincode.json, removed when the program has ended; the program is asked to end by SIGTERM, and killed after five seconds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::builder::{Environment, ExternalBuilder};
use crate::event::{BuildEvent, BuilderStep};
use crate::scratch::{create_unique, write_new};
use crate::step::{BuildLimits, Call, Runner, StepFailure};

/// How long the program has between SIGTERM and SIGKILL.
const TERMINATION: Duration = Duration::from_secs(5);

/// A launch.
pub struct Run<'a> {
    /// The builder that built the package.
    pub builder: &'a ExternalBuilder,
    /// The variables of the peer.
    pub environment: &'a Environment,
    /// What `build` made.
    pub build: &'a Path,
    /// The content of chaincode.json, which holds a key.
    pub chaincode: &'a [u8],
}

/// A launch has failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// chaincode.json cannot be written.
    #[error("cannot write chaincode.json for run")]
    Metadata(#[source] io::Error),
    /// The program could not be started, or ended with another status than 0.
    #[error(transparent)]
    Program(#[from] StepFailure),
}

impl Run<'_> {
    /// Runs the program to its end; after `stop` it is asked to end. `line` gets each line that it writes to stderr.
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

/// RUNMETA.
struct Folder(PathBuf);

impl Folder {
    fn create() -> io::Result<Self> {
        create_unique(&std::env::temp_dir(), "fabric-run").map(Self)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is private all the same.
        let _ = fs::remove_dir_all(&self.0);
    }
}

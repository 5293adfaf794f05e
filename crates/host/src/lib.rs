//! Runs external builders on a package, by the rules of a peer.
//!
//! Steps, folders, modes, environment and texts are those of Fabric 3.1 `core/container/externalbuilder`
//! (`externalbuilder.go`, `session.go`, `copy.go`). There are three deliberate differences: operations that would
//! block a real peer forever end after [`BuildLimits`], a build that could not be stored leaves no files behind, and
//! a program that is still running when the host stops waiting is killed.

mod builder;
mod copy;
mod durable;
mod error;
mod event;
mod host;
mod package;
mod run;
mod scratch;
mod stderr;
mod step;

pub use builder::{Environment, ExternalBuilder};
pub use copy::CopyError;
pub use durable::DurableBuild;
pub use error::BuildError;
pub use event::{BuildEvent, BuilderStep, StepOutcome};
pub use host::{BuildHost, remove_unfinished_builds};
pub use package::{PackageSource, Unpack, UnpackError};
pub use run::{Run, RunError};
pub use step::{BuildLimits, StepFailure};

//! The builder and the launcher within this executable, which runs them when it is called by their names.
//!
//! `ccs demo` and `ccs dev` link this executable as detect, build, release and run into the folder of a builder, so that
//! each of them runs as a process of its own, as it does for a peer.

use std::env;
use std::process::ExitCode;

use ccs_builder::program::Program;

/// The name of the launcher in the folder of a builder.
const RUN: &str = ccs_builder::launcher::NAME;

/// Runs the program under whose name this executable is called; [`None`] if that is another name.
pub(crate) fn run_as_called() -> Option<ExitCode> {
    let called = env::args_os().next()?;
    if Program::called_as(&called).is_some() {
        return Some(ccs_builder::command::run(env::args_os()));
    }
    let is_launcher = std::path::Path::new(&called).file_name().is_some_and(|name| name == RUN);
    is_launcher.then(launcher)
}

#[cfg(target_os = "linux")]
fn launcher() -> ExitCode {
    ccs_launcher::run(env::args_os())
}

/// Rejects the package: the launcher supervises processes with system calls of Linux.
#[cfg(not(target_os = "linux"))]
fn launcher() -> ExitCode {
    anstream::eprintln!("run: chaincode can be launched on Linux only");
    ExitCode::FAILURE
}

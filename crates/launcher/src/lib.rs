//! `ccs-launcher`, installed as `bin/run` of a builder: from a command line to an exit code.
//!
//! A peer calls `run BLD RUNMETA`; `detect` and `build` of the same builder call `run --detect` and `run --build` for
//! packages of types that they do not know, and `build` for those with an image. Each platform has its own crate.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `request` | command lines |
//! | `stages` | `--detect`, `--build` and `run` |
//! | `order` | the input of a platform from the stages |
//! | `docker` | packages with an image, on the platform `docker` |
//! | `kubernetes` | packages with an image, on the platform `kubernetes` |
//! | `image_package` | writes the files for both |
//! | `service` | those whose chaincode the peer dials |
//! | `process` | packages with a program, on the platform `process` |
//! | `prebuilt` | packages with an archive of programs, on the same platform |
//! | `source` | packages with source, on the same platform |
//! | `foreign` | the result of a build as another user |
//! | `scratch` | folders that a failed build removes |
//! | `package_id` | the ID of a package during its build |
//! | `log` | the lines on stderr |

mod docker;
mod foreign;
mod image_package;
mod kubernetes;
mod log;
mod order;
mod package_id;
mod prebuilt;
mod process;
mod request;
mod scratch;
mod service;
mod source;
mod stages;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use ccs_launch::Failure;
use ccs_launch_site::Surroundings;

use crate::log::Log;
use crate::request::Request;

/// Runs a command line, including the executable's name, and returns its exit code.
#[must_use]
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let request = match request::read(command_line) {
        Ok(request) => request,
        Err(failure) => return fail(&Log::new("run"), &failure),
    };
    match request {
        Request::Detect { metadata } => {
            let log = Log::new("detect");
            match stages::detect(&metadata, &Surroundings::of_this_process()) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::from(1),
                Err(failure) => fail(&log, &failure),
            }
        }
        Request::Build { source, metadata, out } => {
            let mut log = Log::new("build");
            let build = stages::Build { source: &source, metadata_folder: &metadata, out: &out };
            let surroundings = Surroundings::of_this_process();
            if build.stays_with_the_builder(&surroundings) {
                return service::build_as_the_builder([&source, &metadata, &out]);
            }
            let result = build.carry_out(&surroundings, &mut log);
            end(&log, result)
        }
        Request::Run { build, run_metadata } => {
            let mut log = Log::new("run");
            let run = stages::Run { build: &build, run_metadata: &run_metadata };
            let result = run.carry_out(&Surroundings::of_this_process(), &mut log);
            end(&log, result)
        }
        Request::Child(words) => ccs_launch_process::child(words),
        Request::Guard(words) => ccs_launch_process::guard(&words),
        Request::Version(program) => print(&format!("{}\n", request::version(program))),
        Request::Help => print(request::HELP),
    }
}

fn end(log: &Log, result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(log, &failure),
    }
}

fn fail(log: &Log, failure: &Failure) -> ExitCode {
    log.write(&failure.line());
    failure.code().into()
}

fn print(text: &str) -> ExitCode {
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    if written.is_ok() { ExitCode::SUCCESS } else { ccs_launch::ExitCode::InputOutput.into() }
}

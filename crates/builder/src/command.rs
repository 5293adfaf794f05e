//! Runs a command line of `ccs-builder`, also called `detect`, `build` and `release`, and returns its exit code.
//!
//! `ccs` runs the stages with the same code, when it is called under their names.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::context::{Arguments, Surroundings};
use crate::exit::ExitCode as Code;
use crate::install::Order;
use crate::keep::{Stop, keep};
use crate::program::{self, Program, Request};
use crate::report::{Report, error_line};
use crate::{Error, install, launcher, stages};

/// Runs a command line, including the executable's name.
#[must_use]
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> ExitCode {
    match program::request(command_line) {
        Request::Run(Program::Install, arguments) => install(arguments).into(),
        Request::Run(program, arguments) => run_stage(program, arguments).into(),
        Request::Version(program) => print(&format!("{}\n", program::version(program))).into(),
        Request::Help => print(program::HELP).into(),
        Request::Unknown(name) => fail(&Error::UnknownProgram(name)).into(),
    }
}

/// Runs a stage for a peer: messages go to stderr only.
fn run_stage(program: Program, arguments: Vec<OsString>) -> Code {
    let mut report = Report::new(program);
    let result = stage(program, arguments, &mut report);
    result.unwrap_or_else(|error| {
        report.error(&error);
        error.code()
    })
}

fn stage(program: Program, arguments: Vec<OsString>, report: &mut Report) -> Result<Code, Error> {
    match program {
        Program::Detect => {
            // The peer passes the source as well, but only the type matters.
            let Arguments([_, metadata]) = Arguments::read(program, arguments.clone())?;
            if stages::detect(&metadata, report)? {
                return Ok(Code::Ok);
            }
            hand_over(program, &arguments)?;
            Ok(Code::NotOurs)
        }
        Program::Build => {
            let Arguments([source, metadata, out]) = Arguments::read(program, arguments.clone())?;
            if !stages::detect(&metadata, report)? || launcher::is_asked_for(&source) {
                hand_over(program, &arguments)?;
            }
            let folders: [&Path; 3] = [&source, &metadata, &out];
            stages::build(folders, &Surroundings::of_this_process(), report).map(|()| Code::Ok)
        }
        Program::Release => {
            let Arguments([out, release]) = Arguments::read(program, arguments)?;
            stages::release(&out, &release, report).map(|()| Code::Ok)
        }
        Program::Install => Ok(install(arguments)),
    }
}

/// Calls the launcher, if there is one, for a package of another type or with an image.
fn hand_over(program: Program, arguments: &[OsString]) -> Result<(), Error> {
    match launcher::beside_this_program() {
        Some(run) => Err(launcher::become_launcher(run, program, arguments)),
        None => Ok(()),
    }
}

/// Runs `install` for an operator: the result goes to stdout.
fn install(arguments: Vec<OsString>) -> Code {
    Order::read(arguments).and_then(|order| carry_out(&order)).unwrap_or_else(|error| fail(&error))
}

fn carry_out(order: &Order) -> Result<Code, Error> {
    if let Some(run) = order.launcher_that_stays() {
        eprintln!("ccs-builder: {} stays as it is; --launcher replaces it as well", run.display());
    }
    let Some(every) = order.every else {
        return Ok(print(&install::install(order)?));
    };
    let mut stop = Stop::on_signals()?;
    // The reader of stdout may have exited; keep the programs installed all the same.
    print(&install::install(order)?);
    keep(order, every, &mut stop, |line| eprintln!("ccs-builder: {line}"))?;
    Ok(Code::Ok)
}

fn fail(error: &Error) -> Code {
    eprintln!("ccs-builder: {}", error_line(error));
    error.code()
}

fn print(text: &str) -> Code {
    use std::io::Write as _;
    if std::io::stdout().lock().write_all(text.as_bytes()).is_err() { Code::InputOutput } else { Code::Ok }
}

//! The step between `run` and the chaincode.
//!
//! Limits, and death with the parent, are set by a process for itself. Between fork and exec that would take `unsafe`; so
//! this program is started once more, sets them, and becomes the chaincode.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use ccs_launch::process::Plan;
use ccs_launch::settings::{Bytes, Limits};
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, setrlimit};

/// How the line begins with which the step says that it did not become the chaincode.
pub(crate) const NOT_STARTED: &str = "the chaincode did not start: ";

/// The exit status that comes with that line.
pub(crate) const NOT_STARTED_STATUS: u8 = 125;

/// Returns the words after `--child`: this process, the four limits, the program, its arguments.
pub(crate) fn words(plan: &Plan) -> Vec<OsString> {
    let Limits { memory, open_files, processes, nice } = &plan.limits;
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string()).into();
    let mut words = vec![
        std::process::id().to_string().into(),
        number(memory.map(|Bytes(bytes)| bytes)),
        number(*open_files),
        number(*processes),
        number(nice.map(u64::from)),
        plan.program.clone().into_os_string(),
    ];
    words.extend(plan.arguments.iter().map(OsString::from));
    words
}

/// Becomes the chaincode, for the words after `--child`; comes back only with a failure.
#[must_use]
pub fn child(words: Vec<OsString>) -> ExitCode {
    let reason = become_chaincode(words);
    // The parent reads it, as it reads everything that the chaincode writes.
    let line = format!("{NOT_STARTED}{reason}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), line.as_bytes());
    ExitCode::from(NOT_STARTED_STATUS)
}

fn become_chaincode(words: Vec<OsString>) -> String {
    let mut words = words.into_iter();
    let mut number = || words.next().and_then(|word| word.to_str()?.parse::<u64>().ok());
    let (parent, memory, files, processes, nice) = (number(), number(), number(), number(), number());
    let (Some(parent), Some(program)) = (parent, words.next()) else {
        return "only ccs-launcher itself uses --child".to_owned();
    };
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
        return format!("cannot ask for the signal at the parent's death: {error}");
    }
    let parent = i32::try_from(parent).ok().and_then(Pid::from_raw);
    if getppid() != parent {
        return "its parent has ended".to_owned();
    }
    for (resource, name, value) in [
        (Resource::Core, "core dumps", Some(0)),
        (Resource::As, "memory", memory),
        (Resource::Nofile, "open_files", files),
        (Resource::Nproc, "processes", processes),
    ] {
        let Some(value) = value else { continue };
        // The peer's own limit cannot be raised.
        let maximum = getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
        let limit = Rlimit { current: Some(maximum), maximum: Some(maximum) };
        if let Err(error) = setrlimit(resource, limit) {
            return format!("cannot limit {name} to {value}: {error}");
        }
    }
    if let Some(nice) = nice.and_then(|nice| i32::try_from(nice).ok())
        && let Err(error) = rustix::process::nice(nice)
    {
        return format!("cannot set nice to {nice}: {error}");
    }
    let error = Command::new(&program).args(words).exec();
    format!("cannot execute {}: {error}", program.display())
}

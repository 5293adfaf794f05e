//! The step between `run` and the chaincode.
//!
//! A process sets limits, its user and the signal at its parent's death for itself. Doing this between fork and exec would require
//! `unsafe`. Instead, `run` starts this program again, which sets them and becomes the chaincode.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use ccs_launch::Account;
use ccs_launch::process::Plan;
use ccs_launch::settings::{Bytes, Limits};
use rustix::fs::fchown;
use rustix::process::{Gid, Pid, Resource, Rlimit, Signal, Uid, getppid, getrlimit, setrlimit};
use rustix::thread::{set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// The beginning of the line that reports that the step could not become the chaincode.
pub(crate) const NOT_STARTED: &str = "the chaincode did not start: ";

/// The exit status after that line.
pub(crate) const NOT_STARTED_STATUS: u8 = 125;

/// Returns the arguments after `--child`: this process, the user and the group, the four limits, the program, its arguments.
pub(crate) fn words(plan: &Plan) -> Vec<OsString> {
    let Limits { memory, open_files, processes, nice } = &plan.limits;
    let account = plan.other.as_ref().map(|other| other.account);
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string()).into();
    let mut words = vec![
        std::process::id().to_string().into(),
        number(account.map(|account| account.user.into())),
        number(account.map(|account| account.group.into())),
        number(memory.map(|Bytes(bytes)| bytes)),
        number(*open_files),
        number(*processes),
        number(nice.map(u64::from)),
        plan.program.clone().into_os_string(),
    ];
    words.extend(plan.arguments.iter().map(OsString::from));
    words
}

/// Becomes the chaincode, for the arguments after `--child`; returns only if this fails.
#[must_use]
pub fn child(words: Vec<OsString>) -> ExitCode {
    let reason = become_chaincode(words);
    // The parent reads it like all output of the chaincode.
    let line = format!("{NOT_STARTED}{reason}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), line.as_bytes());
    ExitCode::from(NOT_STARTED_STATUS)
}

fn become_chaincode(words: Vec<OsString>) -> String {
    let mut words = words.into_iter();
    let mut number = || match words.next()?.to_str()? {
        "-" => Some(None),
        word => word.parse::<u64>().ok().map(Some),
    };
    let numbers = [number(), number(), number(), number(), number(), number(), number()];
    let (
        [Some(Some(parent)), Some(user), Some(group), Some(memory), Some(files), Some(processes), Some(nice)],
        Some(program),
    ) = (numbers, words.next())
    else {
        return "only ccs-launcher itself uses --child".to_owned();
    };
    if let Err(reason) = limit(memory, files, processes, nice) {
        return reason;
    }
    let id = |number: Option<u64>| number.map(u32::try_from).transpose();
    match (id(user), id(group)) {
        (Ok(None), Ok(None)) => {}
        (Ok(Some(user)), Ok(Some(group))) => {
            if let Err(error) = become_user(Account { user, group }) {
                return format!("cannot become the user {user}:{group}: {error}");
            }
        }
        _ => return "a user and a group belong together".to_owned(),
    }
    // A change of the user resets the signal, so this comes afterwards.
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
        return format!("cannot ask for the signal at the parent's death: {error}");
    }
    let parent = i32::try_from(parent).ok().and_then(Pid::from_raw);
    if getppid() != parent {
        return "its parent has ended".to_owned();
    }
    let error = Command::new(&program).args(words).exec();
    format!("cannot execute {}: {error}", program.display())
}

/// Sets the limits of this process.
fn limit(
    memory: Option<u64>,
    files: Option<u64>,
    processes: Option<u64>,
    nice: Option<u64>,
) -> Result<(), String> {
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
            return Err(format!("cannot limit {name} to {value}: {error}"));
        }
    }
    if let Some(nice) = nice.and_then(|nice| i32::try_from(nice).ok())
        && let Err(error) = rustix::process::nice(nice)
    {
        return Err(format!("cannot set nice to {nice}: {error}"));
    }
    Ok(())
}

/// Drops all privileges of root. The process has one thread, so the user of the thread is that of the process.
fn become_user(account: Account) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(account.user), Gid::from_raw(account.group));
    // Until then the peer's user owns the pipes, and the other user could not open /dev/stderr.
    fchown(io::stdout(), Some(user), Some(group))?;
    fchown(io::stderr(), Some(user), Some(group))?;
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // Programs with the set-user-ID bit must not grant more rights.
    set_no_new_privs(true)?;
    Ok(())
}

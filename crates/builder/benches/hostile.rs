//! Measures the time and the peak resident memory that the builder needs for each hostile package.
//!
//! Run it with `cargo bench -p ccs-builder --bench hostile`. An argument after `--` selects packages by a
//! part of their name, and the variable `CCS_HOSTILE_BUILDER` selects another program, such as the static
//! one. The limits are 2 s and 64 MiB for each package; the last line prints the worst values.

#[path = "../tests/hostile/der.rs"]
mod der;
#[path = "../tests/hostile/packages.rs"]
mod packages;
#[path = "../tests/hostile/run.rs"]
mod run;

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

/// Marks the intermediate process between this program and the builder. A new process inherits the peak
/// memory of its parent until it executes a program, so the parent must be small.
const LAUNCHED: &str = "CCS_HOSTILE_LAUNCHED";

fn main() -> io::Result<()> {
    if std::env::var_os(LAUNCHED).is_some() {
        return launch();
    }
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let mut worst = [0, 0];
    println!("{:26} {:>4} {:>9} {:>9}  expected", "package", "exit", "ms", "KiB");
    for package in packages::all() {
        if wanted.as_ref().is_some_and(|wanted| !package.name.contains(wanted)) {
            continue;
        }
        let folder = run::lay_out(&package)?;
        let output = launcher(&run::build(&package, folder.path()))?.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [code, time, memory] = numbers[..] else { return Err(io::Error::other(said.into_owned())) };
        let expected = format!("{} {}", package.exit, package.message);
        println!("{:26} {code:>4} {time:>9} {memory:>9}  {expected}", package.name);
        worst = [worst[0].max(time), worst[1].max(memory)];
    }
    println!("worst: {} ms, {} KiB", worst[0], worst[1]);
    Ok(())
}

/// Returns a command that runs this program as the intermediate process, with the same arguments for the
/// builder.
fn launcher(build: &Command) -> io::Result<Command> {
    let mut launcher = Command::new(std::env::current_exe()?);
    let program = std::env::var_os("CCS_HOSTILE_BUILDER").unwrap_or(build.get_program().to_owned());
    launcher.arg(program).args(build.get_args()).env_clear().env(LAUNCHED, "1");
    launcher.envs(build.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ok(launcher)
}

/// Runs the builder and prints its exit code, the elapsed milliseconds and its peak resident memory in KiB.
fn launch() -> io::Result<()> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env_remove(LAUNCHED)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut said = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        stderr.read_to_end(&mut said)?;
    }
    let used = child.wait4()?;
    let code = used.status.code().unwrap_or(255);
    println!("{code} {} {}", start.elapsed().as_millis(), used.rusage.maxrss / 1024);
    Ok(())
}

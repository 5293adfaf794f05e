//! Runs a program and prints what it took: wall time and CPU time in microseconds, peak memory in KiB.
//!
//! `launch PROGRAM [ARGUMENT...]` fails when the program does, whose stderr is passed on.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use wait4::Wait4;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: launch PROGRAM [ARGUMENT...]");
        return ExitCode::from(64);
    };
    let start = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let used = match command.spawn().and_then(Wait4::wait4) {
        Ok(used) => used,
        Err(error) => {
            eprintln!("cannot run {}: {error}", command.get_program().display());
            return ExitCode::FAILURE;
        }
    };
    let wall_in_us = start.elapsed().as_micros();
    let cpu_in_us = (used.rusage.utime + used.rusage.stime).as_micros();
    println!("{wall_in_us} {cpu_in_us} {}", used.rusage.maxrss / 1024);
    if used.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

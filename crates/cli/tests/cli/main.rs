//! The command `ccs`, run as a process.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod archive;
mod completions;
mod demo;
mod dev;
mod diff;
mod doctor;
mod env;
mod explain;
mod fake_gateway;
mod folder;
mod general;
mod help;
mod hostile;
mod id;
mod inspect;
mod launch;
mod launched;
mod lint;
mod man;
mod node_sample;
mod package;
mod probe;
mod prune;
mod rebind;
mod render;
mod reproducible;
mod secrets;
mod tls;
mod unpack;
mod user;
mod volume;

use std::process::Output;

use assert_cmd::Command;

/// Runs `ccs` without the variables that would change what it does.
fn ccs(arguments: &[&str]) -> Output {
    Command::cargo_bin("ccs").unwrap().args(arguments).env_remove("CARGO").output().unwrap()
}

/// Runs `ccs` in a folder, so that what it prints does not depend on where that is.
fn ccs_in(folder: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("ccs").unwrap();
    command.args(arguments).current_dir(folder).env_remove("CARGO").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

//! One module for each command.

mod completions;
mod demo;
mod env;
mod file;
mod id;
mod package;
mod probe;
mod sample_chaincode;
mod tls;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(options) => demo::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Id(options) => id::run(&options),
        Command::Env(options) => env::run(&options),
        Command::Tls(command) => tls::run(&command),
        Command::Probe(options) => probe::run(&options),
        Command::Completions { shell } => completions::run(shell),
        Command::SampleChaincode => sample_chaincode::run(),
    }
}

/// Writes a result to stdout.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    anstream::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::new(format!("cannot write to standard output: {error}")))
}

/// Writes a result to stdout as JSON.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Failure::from_error(&error))?;
    text.push('\n');
    print(&text)
}

//! One module for each command.

mod blocks;
mod call;
mod completions;
mod demo;
mod dev;
mod diff;
mod doctor;
mod env;
mod events;
mod explain;
mod file;
mod id;
mod inspect;
mod lint;
mod man;
mod package;
mod probe;
mod render;
mod sample_chaincode;
mod tls;
mod unpack;

use std::path::Path;

use crate::cli::Command;
use crate::failure::Failure;
use crate::shell;
use crate::style;

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(options) => demo::run(&options),
        Command::Dev(options) => dev::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Id(options) => id::run(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Lint(options) => lint::run(&options),
        Command::Render(options) => render::run(&options),
        Command::Unpack(options) => unpack::run(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Env(options) => env::run(&options),
        Command::Tls(command) => tls::run(&command),
        Command::Probe(options) => probe::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Invoke(options) => call::invoke(&options),
        Command::Query(options) => call::query(&options),
        Command::Events(options) => events::run(&options),
        Command::Blocks(options) => blocks::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Completions { shell } => completions::run(shell),
        Command::Man(options) => man::run(&options),
        Command::SampleChaincode => sample_chaincode::run(),
    }
}

/// Says on stderr what works and yet may not be meant.
fn warn(message: &str) {
    let warn = style::WARN;
    anstream::eprintln!("{warn}warning:{warn:#} {}", style::safe(message));
}

/// Writes a path as a word of a command.
fn word(path: &Path) -> String {
    shell::quote(&style::safe(&path.to_string_lossy()))
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

/// Writes a result to stdout as JSON on one line.
fn print_json_line(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string(value).map_err(|error| Failure::from_error(&error))?;
    text.push('\n');
    print(&text)
}

/// Makes what runs the asynchronous part of a command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))
}

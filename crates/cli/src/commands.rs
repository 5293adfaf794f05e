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
mod id;
mod inspect;
mod launch;
mod lint;
mod man;
mod package;
mod probe;
mod prune;
mod rebind;
mod render;
mod sample_chaincode;
mod tls;
mod unpack;
mod user;

use crate::cli::Command;
use crate::failure::Failure;
use crate::output;

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
        Command::Launch(command) => launch::run(&command),
        Command::Prune(options) => prune::run(&options),
        Command::Rebind(options) => rebind::run(&options),
        Command::Probe(options) => probe::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::User(command) => user::run(&command),
        Command::Invoke(options) => call::invoke(&options),
        Command::Query(options) => call::query(&options),
        Command::Events(options) => events::run(&options),
        Command::Blocks(options) => blocks::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Completions { shell } => completions::run(shell),
        Command::Man(options) => man::run(&options),
        Command::Version => output::print(concat!("ccs ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::SampleChaincode => sample_chaincode::run(),
    }
}

//! The command `ccs`: chaincode as a service for Hyperledger Fabric.

mod cli;
mod commands;
mod failure;
mod layout;
mod network;
mod output;
mod roles;
mod stop_signals;
mod style;
mod table;

use std::process::ExitCode;

use clap::FromArgMatches as _;

fn main() -> ExitCode {
    if let Some(code) = roles::run_as_called() {
        return code;
    }
    let arguments = cli::command().get_matches();
    let cli = cli::Cli::from_arg_matches(&arguments).unwrap_or_else(|error| error.exit());
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.code()
        }
    }
}

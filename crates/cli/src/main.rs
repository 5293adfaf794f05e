//! The command `ccs`: chaincode as a service for Hyperledger Fabric.

mod cli;
mod commands;
mod failure;
mod layout;
mod network;
mod output;
mod programs;
mod stop_signals;
mod style;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.code()
        }
    }
}

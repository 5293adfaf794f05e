//! The command `ccs`: chaincode as a service for Hyperledger Fabric.

mod cli;
mod commands;
mod deployment;
mod environment;
mod failure;
mod json_text;
mod layout;
mod moment;
mod network;
mod output;
mod package_file;
mod programs;
mod severity;
mod shell;
mod stop_signals;
mod style;
mod table;
mod tls;

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

//! The command `ccs`: chaincode as a service for Hyperledger Fabric.

mod cli;
mod commands;
mod failure;
mod invocation;
mod layout;
mod network;
mod output;
mod progress;
mod roles;
mod stop_signals;
mod style;
mod table;

use std::process::ExitCode;

use invocation::Invocation;

fn main() -> ExitCode {
    if let Some(code) = roles::run_as_called() {
        return code;
    }
    let invocation = match Invocation::read() {
        Ok(invocation) => invocation,
        Err(code) => return code,
    };
    let failure = match commands::run(invocation.command) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure) => failure,
    };
    failure.print();
    if invocation.json {
        output::print_failure(&failure);
    }
    failure.code()
}

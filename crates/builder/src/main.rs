//! The program `ccs-builder`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ccs_builder::command::run(std::env::args_os())
}

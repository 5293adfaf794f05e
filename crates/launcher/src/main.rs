//! The program `ccs-launcher`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ccs_launcher::run(std::env::args_os())
}

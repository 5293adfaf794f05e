//! `cargo xtask size`: the builder is one static file, and a small one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Endianness, elf};

use crate::builder_programs;
use crate::tally::Tally;

/// What to look at.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// The program; the static builder is built when this is not given
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// The most the builder may have, 3 MiB. Three stripped Go programs have 7.2 MiB.
const BUDGET_IN_BYTES: u64 = 3 * 1024 * 1024;

/// Checks the size and the kind of the file.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => builder_programs::build()?,
    };
    let content = std::fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    let is_small = check_size(&program, content.len() as u64);
    let needs = needs_loader(&content).with_context(|| format!("{} is no program", program.display()))?;
    let is_static = match &needs {
        None => report(true, "static", "no interpreter, no shared library"),
        Some(loader) => report(false, "static", &format!("it needs the loader {loader}")),
    };
    Ok(is_small + is_static)
}

fn check_size(program: &Path, size: u64) -> Tally {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let percent = size * 100 / BUDGET_IN_BYTES;
    report(
        size <= BUDGET_IN_BYTES,
        "size",
        &format!("{name} has {size} bytes, {percent} % of {BUDGET_IN_BYTES}"),
    )
}

fn report(holds: bool, check: &str, finding: &str) -> Tally {
    println!("{} {check}: {finding}", if holds { "passed " } else { "FAILED " });
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// Gives the loader that an ELF program asks for, or that its list of shared libraries implies.
fn needs_loader(content: &[u8]) -> Result<Option<String>> {
    let header = elf::FileHeader64::<Endianness>::parse(content)?;
    let endian = header.endian()?;
    for segment in header.program_headers(endian, content)? {
        if let Some(loader) = segment.interpreter(endian, content)? {
            return Ok(Some(String::from_utf8_lossy(loader).into_owned()));
        }
        // A static program that relocates itself has a dynamic section too; what it must not have is a library in it.
        let dynamic = segment.dynamic(endian, content)?.unwrap_or_default();
        if dynamic.iter().any(|entry| object::read::elf::Dyn::tag(entry, endian) == elf::DT_NEEDED) {
            return Ok(Some("of its shared libraries".to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{BUDGET_IN_BYTES, check_size, needs_loader};
    use crate::tally::Tally;

    #[test]
    fn one_byte_over_the_budget_is_too_much() {
        let program = std::path::Path::new("ccs-builder");
        assert_eq!(check_size(program, BUDGET_IN_BYTES), Tally::PASSED);
        assert_eq!(check_size(program, BUDGET_IN_BYTES + 1), Tally::FAILED);
    }

    #[test]
    fn a_program_with_a_loader_is_found_out() {
        // The test program itself is built for the host, whose libc is shared.
        let program =
            std::fs::read(std::env::current_exe().expect("a running program")).expect("it can be read");
        let loader = needs_loader(&program).expect("it is a program");
        assert!(loader.is_some_and(|loader| loader.contains("ld-linux")));
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        assert!(needs_loader(b"#!/bin/sh\n").is_err());
    }
}

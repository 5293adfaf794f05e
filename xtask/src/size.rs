//! `cargo xtask size`: checks that the builder and the launcher are small static files.

use std::path::PathBuf;

use anyhow::{Context, Result};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Endianness, elf};

use crate::builder_programs;
use crate::tally::Tally;

/// Options of `cargo xtask size`.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// A ccs-builder or ccs-launcher to check; without it, both are compiled and checked
    #[arg(long = "program", value_name = "FILE")]
    programs: Vec<PathBuf>,
}

/// A program, and its size limit in bytes.
struct Budget {
    program: PathBuf,
    bytes: u64,
}

/// The size limit of the builder, 3 MiB. Three stripped Go programs have 7.2 MiB.
const BUILDER_IN_BYTES: u64 = 3 * 1024 * 1024;

/// The name of the launcher.
const LAUNCHER: &str = "ccs-launcher";

/// The size limit of the launcher, 8 MiB.
const LAUNCHER_IN_BYTES: u64 = 8 * 1024 * 1024;

/// Checks the size and the kind of the files.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let mut programs = options.programs.clone();
    if programs.is_empty() {
        let builder = builder_programs::build_with_launcher()?;
        programs = vec![builder.with_file_name(LAUNCHER), builder];
    }
    programs.into_iter().map(|program| check(&Budget::of(program))).sum()
}

impl Budget {
    fn of(program: PathBuf) -> Self {
        let is_launcher = program.file_name().is_some_and(|name| name == LAUNCHER);
        Self { program, bytes: if is_launcher { LAUNCHER_IN_BYTES } else { BUILDER_IN_BYTES } }
    }
}

fn check(budget: &Budget) -> Result<Tally> {
    let program = &budget.program;
    let content = std::fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let is_small = check_size(budget, content.len() as u64);
    let needs = needs_loader(&content).with_context(|| format!("{} is not a program", program.display()))?;
    let is_static = match &needs {
        None => report(true, "static", "no interpreter, no shared library"),
        Some(loader) => report(false, "static", &format!("it needs the loader {loader}")),
    };
    Ok(is_small + is_static)
}

fn check_size(Budget { program, bytes }: &Budget, size: u64) -> Tally {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let percent = size * 100 / bytes;
    report(size <= *bytes, "size", &format!("{name} has {size} bytes, {percent} % of {bytes}"))
}

fn report(holds: bool, check: &str, finding: &str) -> Tally {
    println!("{} {check}: {finding}", if holds { "passed " } else { "FAILED " });
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// Returns the loader that an ELF program requests, or that its list of shared libraries implies.
fn needs_loader(content: &[u8]) -> Result<Option<String>> {
    let header = elf::FileHeader64::<Endianness>::parse(content)?;
    let endian = header.endian()?;
    for segment in header.program_headers(endian, content)? {
        if let Some(loader) = segment.interpreter(endian, content)? {
            return Ok(Some(String::from_utf8_lossy(loader).into_owned()));
        }
        // A static program that relocates itself has a dynamic section as well, but without any library.
        let dynamic = segment.dynamic(endian, content)?.unwrap_or_default();
        if dynamic.iter().any(|entry| object::read::elf::Dyn::tag(entry, endian) == elf::DT_NEEDED) {
            return Ok(Some("of its shared libraries".to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{Budget, check_size, needs_loader};
    use crate::tally::Tally;

    #[test]
    fn one_byte_over_the_budget_is_too_much() {
        let budget = Budget { program: "ccs-builder".into(), bytes: 100 };
        assert_eq!(check_size(&budget, 100), Tally::PASSED);
        assert_eq!(check_size(&budget, 101), Tally::FAILED);
    }

    #[test]
    fn a_program_with_a_loader_is_found_out() {
        // The test program is built for the host, whose libc is shared.
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

//! Packages of the type `prebuilt`: an archive of programs, and a script that starts the chaincode.
//!
//! fabric-builders defines the type (`builders/prebuilt`). It unpacks the archive and sources the script in bash, in the folder of
//! both. The launcher instead executes the script in that folder, with the interpreter in its first line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::process::Start;
use crate::{ExitCode, Failure};

/// The archive, at the top of code.tar.gz.
pub const ARCHIVE: &str = "prebuilt.tgz";

/// The script, at the top of the archive.
pub const SCRIPT: &str = "start.sh";

/// The folder of BLD in which the archive is unpacked.
pub const FOLDER: &str = "prebuilt";

/// How many bytes at the beginning of the script the kernel reads for the interpreter (Linux `BINPRM_BUF_SIZE`).
pub const HEAD: u64 = 256;

/// The default interpreter of a script.
const SHELL: &str = "/bin/sh";

/// Returns the command for the script in a folder, from its first bytes. The script need not be executable.
#[must_use]
pub fn start(build: &Path, head: &[u8]) -> Start {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let words = line.strip_prefix(b"#!").map(<[u8]>::trim_ascii).unwrap_or_default();
    let end = words.iter().position(u8::is_ascii_whitespace).unwrap_or(words.len());
    let (interpreter, argument) = words.split_at(end);
    let interpreter = if interpreter.is_empty() { SHELL.as_bytes() } else { interpreter };
    // The kernel passes everything after the interpreter as one argument.
    let argument = String::from_utf8_lossy(argument.trim_ascii()).into_owned();
    let arguments = Some(argument).filter(|argument| !argument.is_empty()).into_iter();
    Start {
        program: PathBuf::from(OsStr::from_bytes(interpreter)),
        arguments: arguments.chain([format!("./{SCRIPT}")]).collect(),
        folder: Some(build.join(FOLDER)),
    }
}

/// Returns the failure of a package without the archive.
#[must_use]
pub fn no_archive() -> Failure {
    Failure::new(ExitCode::Binary, format!("the package holds no {ARCHIVE}"))
        .with_hint(format!("put it at the top of code.tar.gz, with the program and {SCRIPT} in it"))
}

/// Returns the failure of an archive without the script.
#[must_use]
pub fn no_script() -> Failure {
    Failure::new(ExitCode::Binary, format!("{ARCHIVE} holds no file {SCRIPT}"))
        .with_hint("put the script that starts the chaincode at the top of the archive")
}

/// Returns the failure of an archive that cannot be unpacked.
#[must_use]
pub fn refused((reason, hint): (String, Option<String>)) -> Failure {
    Failure::new(ExitCode::Binary, reason).with_hint_if_any(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_interpreter() {
        for (head, expected) in [
            ("#!/bin/bash\nexec ./chaincode\n", "/bin/bash ./start.sh"),
            ("#! /usr/bin/env bash \n", "/usr/bin/env bash ./start.sh"),
            ("#!/bin/sh -e -u\n", "/bin/sh|-e -u|./start.sh"),
            ("exec ./chaincode\n", "/bin/sh ./start.sh"),
            ("#!\n", "/bin/sh ./start.sh"),
            ("", "/bin/sh ./start.sh"),
        ] {
            let Start { program, arguments, folder } = start(Path::new("/bld"), head.as_bytes());
            let mut words = vec![program.display().to_string()];
            words.extend(arguments);
            let separator = if expected.contains('|') { "|" } else { " " };
            assert_eq!(words.join(separator), expected, "{head:?}");
            assert_eq!(folder, Some(PathBuf::from("/bld/prebuilt")));
        }
    }
}

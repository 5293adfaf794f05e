//! Packages with an archive of programs and a script that starts them, on the platform `process`.

use std::fs::File;
use std::io::{BufReader, Read as _};

use ccs_builder::output::Output;
use ccs_launch::prebuilt::{ARCHIVE, FOLDER, HEAD, SCRIPT, no_archive, no_script, refused, start};
use ccs_launch::{ExitCode, Failure};
use ccs_package::Limits;
use ccs_package::disk::{DiskError, unpack_archive};

use crate::order::{Launch, Package, of_builder};
use crate::process;
use crate::scratch::Folder;

/// Unpacks the archive next to the files for `release`; returns a summary.
pub(crate) fn build(package: Package<'_>) -> Result<String, Failure> {
    let path = package.source.join(ARCHIVE);
    if !path.is_file() {
        return Err(no_archive());
    }
    let archive = File::open(&path).map_err(|error| Failure::system("read", &path, error))?;
    let unpacked = Folder::make(package.out.join(FOLDER))?;
    unpack_archive(BufReader::new(archive), unpacked.path(), &Limits::default())
        .map_err(|error| failure(&error))?;
    if !unpacked.path().join(SCRIPT).is_file() {
        return Err(no_script());
    }
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .folder("META-INF", package.meta_inf);
    output.write().map_err(|error| of_builder(&error))?;
    unpacked.keep();
    Ok(format!("{SCRIPT} of {ARCHIVE} starts the chaincode, which will dial the peer"))
}

/// Starts the script, and returns when it has ended.
pub(crate) fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let path = launch.build.join(FOLDER).join(SCRIPT);
    let mut head = Vec::new();
    let read = File::open(&path).and_then(|script| script.take(HEAD).read_to_end(&mut head));
    read.map_err(|error| Failure::system("read", &path, error))?;
    process::run(launch, |build| start(build, &head))
}

fn failure(error: &DiskError) -> Failure {
    match error {
        DiskError::Package(error) => refused(error.within(ARCHIVE)),
        error => Failure::new(ExitCode::InputOutput, format!("cannot unpack {ARCHIVE}: {error}"))
            .with_hint_if_any(error.hint()),
    }
}

//! Packages with a program, on the platform `process`.

use std::env;
use std::path::Path;

use ccs_builder::input::{self, ReadError};
use ccs_builder::output::Output;
use ccs_files::PackageHash;
use ccs_launch::binary::{self, Binary, Target};
use ccs_launch::process::{Call, OtherUser, Start};
use ccs_launch::settings::User;
use ccs_launch::variables::INHERITED;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_process::{Identity, UserFolder, supervise};
use ccs_launch_site::account;
use sha2::{Digest as _, Sha256};

use crate::log::write_line;
use crate::order::{Launch, Package, of_builder};

/// The largest binary.json, in bytes.
const MAX_DOCUMENT: u64 = 1 << 20;

/// The largest program, in bytes.
const MAX_PROGRAM: u64 = 512 << 20;

/// Checks the program for this platform, and writes it with its arguments; returns a summary.
pub(crate) fn build(package: Package<'_>) -> Result<String, Failure> {
    let document = read_document(package.source)?;
    let binary = parse(document.as_deref())?;
    let target = Target::here();
    let program = binary.program(&target)?;
    let path = package.source.join(&program.file);
    let content = input::read(&path, MAX_PROGRAM).map_err(|error| {
        let failure = Failure::new(
            ExitCode::Binary,
            format!("cannot read the program {:?} of the package: {error}", program.file),
        );
        failure.with_hint(if document.is_some() {
            "put it into code.tar.gz at the place that binary.json names"
        } else {
            "put the program as chaincode at the top of code.tar.gz, or name others in binary.json"
        })
    })?;
    program.check(&content, &target, || PackageHash::from_digest(Sha256::digest(&content).into()))?;
    let done = format!("{} with {} bytes for {target} will dial the peer", program.file, content.len());
    let mut output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .folder("META-INF", package.meta_inf);
    if let Some(document) = document {
        output = output.file(binary::FILE, document);
    }
    output.program(binary::PROGRAM, content).write().map_err(|error| of_builder(&error))?;
    Ok(done)
}

/// Starts the program that `build` wrote, and returns when it has ended.
pub(crate) fn run_binary(launch: &Launch<'_>) -> Result<(), Failure> {
    let binary = parse(read_document(launch.build)?.as_deref())?;
    run(launch, |build| Start::of_binary(build, &binary))
}

/// Starts the chaincode of a build, and returns when it has ended; `start` returns the command for the folder of the build.
pub(crate) fn run(launch: &Launch<'_>, start: impl FnOnce(&Path) -> Start) -> Result<(), Failure> {
    let (package, temporary) = (&launch.chaincode.chaincode_id, &launch.surroundings.temporary);
    let process = launch.settings.process_for(package, &launch.metadata.chaincode_type);
    // Dropped, and so removed, when the launch has ended.
    let own_folder = own_folder(process.user.as_ref(), temporary)?;
    let other = own_folder.as_ref().map(|(other, _)| other);
    let inherited: Vec<(String, String)> =
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?))).collect();
    let call = Call {
        build: launch.build,
        run_metadata: launch.run_metadata,
        chaincode: &launch.chaincode,
        inherited: &inherited,
        other,
    };
    let plan = call.plan(start, process);
    let peer = launch.surroundings.peer_id.as_ref().or(launch.settings.peer_id.as_ref());
    let identity = Identity {
        peer: [peer.map_or("", String::as_str), &launch.chaincode.mspid, &launch.chaincode.peer_address],
        package,
        temporary,
    };
    launch.log.write(&match other {
        None => {
            "warning: the chaincode runs as the user of the peer, so it can read the peer's keys and ledger"
                .to_owned()
        }
        Some(other) => format!("the chaincode runs as the user {}", other.account),
    });
    let label = launch.chaincode.label().to_owned();
    let log = launch.log.clone();
    supervise(
        &plan,
        &identity,
        ccs_launch_process::Output {
            own: Box::new(move |message| log.write(message)),
            chaincode: Box::new(move |line| write_line(&format!("chaincode {label}: {line}"))),
        },
    )
}

/// Creates the folder of the user in the settings, if it is not the peer's user.
pub(crate) fn own_folder(
    user: Option<&User>,
    temporary: &Path,
) -> Result<Option<(OtherUser, UserFolder)>, Failure> {
    let Some(account) = account::of(user)? else { return Ok(None) };
    let folder = UserFolder::make(temporary)?;
    let path = folder.path().to_owned();
    account::check_entry(account, path.parent().unwrap_or(temporary), "TMPDIR")?;
    Ok(Some((OtherUser { account, folder: path }, folder)))
}

fn read_document(folder: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match input::read(&folder.join(binary::FILE), MAX_DOCUMENT) {
        Ok(content) => Ok(Some(content)),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(Failure::new(ExitCode::Binary, format!("cannot read {}: {error}", binary::FILE))),
    }
}

fn parse(document: Option<&[u8]>) -> Result<Binary, Failure> {
    document.map_or_else(|| Ok(Binary::default()), Binary::parse)
}

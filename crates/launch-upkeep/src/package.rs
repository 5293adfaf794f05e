//! The parts of a package file that a launch reads.

use std::convert::Infallible;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ccs_files::PackageMetadata;
use ccs_launch::{ExitCode, Failure, binary, image, prebuilt};
use ccs_package::{Limits, ReadError, VisitError, archived_head, visit_code};

/// The largest binary.json, in bytes.
const MAX_DOCUMENT: u64 = 1 << 20;

/// A package file, with the files of its code that a launch reads.
#[derive(Clone, Debug)]
pub struct Package {
    /// The package ID.
    pub id: String,
    /// The content of metadata.json.
    pub metadata: PackageMetadata,
    /// The content of image.json, if it exists.
    pub image: Option<Vec<u8>>,
    /// The content of binary.json, if it exists.
    pub binary: Option<Vec<u8>>,
    /// For a package with prebuilt.tgz: the first bytes of its script, or why they cannot be read.
    pub prebuilt: Option<Result<Vec<u8>, Failure>>,
}

impl Package {
    /// Reads a package by the rules of a peer.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let cannot = |code, reason: String| {
            Failure::new(code, format!("cannot read {}: {reason}", path.display())).with_hint(
                "name a package file, as peer lifecycle chaincode package and ccs package write it",
            )
        };
        let file = File::open(path).map_err(|error| cannot(ExitCode::InputOutput, error.to_string()))?;
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            return Err(cannot(ExitCode::InputOutput, "it is not a file".to_owned()));
        }
        let (mut image, mut binary, mut archive) = (None, None, None);
        let read = visit_code(BufReader::new(file), &Limits::default(), |entry, content| {
            let (kept, limit) = match entry.path().to_str() {
                Some(image::FILE) => (&mut image, image::MAX_SIZE),
                Some(binary::FILE) => (&mut binary, MAX_DOCUMENT),
                Some(prebuilt::ARCHIVE) => {
                    archive = Some(script(content));
                    return Ok(());
                }
                _ => return Ok::<(), Infallible>(()),
            };
            let mut bytes = Vec::new();
            // The reader of the package reports incomplete files itself.
            let _ = content.take(limit + 1).read_to_end(&mut bytes);
            *kept = Some(bytes);
            Ok(())
        });
        let package = read.map_err(|error| match error {
            VisitError::Read(error) => {
                let code = if matches!(error, ReadError::Io(_)) {
                    ExitCode::InputOutput
                } else {
                    ExitCode::Metadata
                };
                cannot(code, error.to_string())
            }
            VisitError::Visitor(never) => match never {},
        })?;
        for (name, content, limit) in
            [(image::FILE, &image, image::MAX_SIZE), (binary::FILE, &binary, MAX_DOCUMENT)]
        {
            if content.as_ref().is_some_and(|content| content.len() as u64 > limit) {
                return Err(cannot(ExitCode::InputOutput, format!("{name} has more than {limit} bytes")));
            }
        }
        let (id, metadata) = (package.id().to_string(), package.metadata().clone());
        Ok(Self { id, metadata, image, binary, prebuilt: archive })
    }
}

/// Finds the script in the archive of a package of the type `prebuilt`.
fn script(archive: &mut dyn Read) -> Result<Vec<u8>, Failure> {
    archived_head(archive, &Limits::default(), Path::new(prebuilt::SCRIPT), prebuilt::HEAD)
        .map_err(|error| prebuilt::refused(error.within(prebuilt::ARCHIVE)))?
        .ok_or_else(prebuilt::no_script)
}

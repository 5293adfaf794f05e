//! The parts of a package that a launcher reads (the image, the programs, or the source), and the errors of its `build`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ccs_files::PackageMetadata;
use ccs_launch::binary::{self, Binary, Target};
use ccs_launch::image::{self, Image};
use ccs_launch::kind::Kind;
use ccs_launch::settings::{Build, Language};
use ccs_launch::source::{Source, Tools};
use ccs_launch::{ExitCode, Failure, prebuilt};
use ccs_package::{Limits, archived_head};

use crate::error::Error;
use crate::files::{Facts, Files};

/// The largest binary.json, in bytes.
const MAX_BINARY: u64 = 1 << 20;

/// The largest file that is packed, in bytes.
pub(crate) const MAX_PROGRAM: u64 = 512 << 20;

/// Returns the errors of the launcher's `build`, in its order; the launcher itself stops at the first.
pub(crate) fn failures(metadata: &PackageMetadata, files: &Files<'_>) -> Result<Vec<Failure>, Error> {
    Ok(match Kind::of(&metadata.chaincode_type) {
        None => Vec::new(),
        Some(Kind::Image) => {
            read_image(files).and_then(|image| image.ok_or_else(no_image)).err().into_iter().collect()
        }
        Some(Kind::Service) => read_image(files).err().into_iter().collect(),
        Some(Kind::Binary) => match read_binary(files) {
            Ok(binary) => {
                programs(&binary, files)?.into_iter().filter_map(|program| program.failure).collect()
            }
            Err(failure) => vec![failure],
        },
        Some(Kind::Prebuilt) => prebuilt_archive(files)?.into_iter().collect(),
        Some(Kind::Source(language)) => source(language, &metadata.path, files).err().into_iter().collect(),
    })
}

/// Reads image.json, if it exists. It may omit the digest, because the operator can allow this.
pub(crate) fn read_image(files: &Files<'_>) -> Result<Option<Image>, Failure> {
    let content = files.read(image::FILE, image::MAX_SIZE).map_err(|error| {
        Failure::new(ExitCode::ImageJson, format!("cannot read {}: {error}", image::FILE))
    })?;
    content.map(|content| Image::parse_with_tags(&content)).transpose()
}

fn no_image() -> Failure {
    Failure::new(ExitCode::ImageJson, format!("the package holds no {}", image::FILE))
        .with_hint("ccs package --image NAME@DIGEST writes one")
}

/// Reads binary.json; without it, there is one program.
pub(crate) fn read_binary(files: &Files<'_>) -> Result<Binary, Failure> {
    let content = files
        .read(binary::FILE, MAX_BINARY)
        .map_err(|error| Failure::new(ExitCode::Binary, format!("cannot read {}: {error}", binary::FILE)))?;
    content.map_or_else(|| Ok(Binary::default()), |content| Binary::parse(&content))
}

/// A program of a package.
#[derive(Debug)]
pub(crate) struct Program {
    /// The platform that binary.json names, or the one in the program's header.
    pub(crate) target: Option<Target>,
    /// Its path in code.tar.gz.
    pub(crate) file: String,
    /// [`None`] if it is missing.
    pub(crate) facts: Option<Facts>,
    /// Why a launcher rejects it.
    pub(crate) failure: Option<Failure>,
}

/// Checks each program of a package.
pub(crate) fn programs(binary: &Binary, files: &Files<'_>) -> Result<Vec<Program>, Error> {
    let named = binary.programs();
    let wanted: BTreeSet<PathBuf> = named.iter().map(|(_, program)| clean(&program.file)).collect();
    let facts = files.facts(&wanted)?;
    Ok(named.into_iter().map(|(target, program)| look(target, &program, &facts)).collect())
}

fn look(target: Option<&Target>, program: &binary::Program, facts: &BTreeMap<PathBuf, Facts>) -> Program {
    let file = program.file.clone();
    let Some(facts) = facts.get(&clean(&file)) else {
        let failure = Failure::new(ExitCode::Binary, format!("the package holds no program {file:?}"))
            .with_hint("put it into code.tar.gz; ccs package --binary FILE writes such a package");
        return Program { target: target.cloned(), file, facts: None, failure: Some(failure) };
    };
    let built_for = Target::of_program(&facts.head);
    let target = target.cloned().or(built_for);
    // Without a platform, it is a script, or a file that no platform can start.
    let starts_on = target.clone().unwrap_or_else(Target::here);
    let failure = program.check(&facts.head, &starts_on, || facts.sha256.clone()).err();
    Program { target, facts: Some(facts.clone()), failure, file }
}

/// Returns the path as the archive has it, without `.`.
pub(crate) fn clean(file: &str) -> PathBuf {
    Path::new(file).components().filter(|part| part.as_os_str() != ".").collect()
}

/// Reads the archive of a package of the type `prebuilt` as the launcher does.
fn prebuilt_archive(files: &Files<'_>) -> Result<Option<Failure>, Error> {
    let found = files.look_at(prebuilt::ARCHIVE, |archive| {
        match archived_head(archive, &Limits::default(), Path::new(prebuilt::SCRIPT), 0) {
            Ok(Some(_)) => None,
            Ok(None) => Some(prebuilt::no_script()),
            Err(error) => Some(prebuilt::refused(error.within(prebuilt::ARCHIVE))),
        }
    })?;
    Ok(found.unwrap_or_else(|| Some(prebuilt::no_archive())))
}

fn source(language: Language, path: &str, files: &Files<'_>) -> Result<(), Failure> {
    let source = Source { folder: Path::new(""), has: &|place| files.has(place), path };
    let (folder, settings) = (Path::new(""), Build::default());
    let tools = Tools { cache: folder, work: folder, inherited: &[], settings: &settings, other: None };
    source.recipe(language, &tools).map(drop)
}

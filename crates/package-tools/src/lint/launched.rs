//! Rules about the parts of a package that a launcher reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ccs_files::PackageMetadata;
use ccs_launch::kind::Kind;
use ccs_launch::settings::Role;
use ccs_launch::{ExitCode, Failure, binary, image, prebuilt};

use super::finding::{Findings, hint};
use super::rule::Rule;
use crate::error::Error;
use crate::files::Files;
use crate::launched;

/// Applies the rules to a package of a type that is launched.
pub(super) fn check(
    kind: Kind,
    metadata: &PackageMetadata,
    files: &Files<'_>,
    findings: &mut Findings,
) -> Result<(), Error> {
    let failures = launched::failures(metadata, files)?;
    for failure in &failures {
        refuse(kind, failure, findings);
    }
    if let Ok(Some(found)) = launched::read_image(files) {
        if found.digest.is_empty() {
            let message =
                "image.json contains no digest, so a builder accepts it only if launch.yaml sets allow_tags";
            let advice = "add the digest, because a tag can point to another image after the organizations have approved the package";
            findings.push(Rule::ImageTag, image::FILE, message, hint(advice));
        }
        if kind == Kind::Service && found.role_in(&metadata.chaincode_type) == Role::Client {
            let message = "the role is client, so no install starts the image of a package of this type";
            findings.push(
                Rule::ImageUnused,
                image::FILE,
                message,
                hint("leave role out, or use the type k8s"),
            );
        }
    }
    if let (Some(needed), true) = (needed(kind, files), failures.is_empty()) {
        let advice = "docs/launching.md describes builders that launch it; ccs launch render shows what they would create";
        findings.push(Rule::LaunchNeeded, "metadata.json", needed, hint(advice));
    }
    Ok(())
}

/// The files that a launcher reads.
pub(super) enum ReadFiles {
    /// Any file.
    All,
    /// Those at these paths.
    At(BTreeSet<PathBuf>),
}

impl ReadFiles {
    /// Returns which files of a package a launcher reads.
    pub(super) fn of(kind: Kind, files: &Files<'_>) -> Self {
        match kind {
            Kind::Service | Kind::Image => Self::At([PathBuf::from(image::FILE)].into()),
            Kind::Prebuilt => Self::At([PathBuf::from(prebuilt::ARCHIVE)].into()),
            Kind::Source(_) => Self::All,
            Kind::Binary => {
                let Ok(binary) = launched::read_binary(files) else { return Self::All };
                let programs =
                    binary.programs().into_iter().map(|(_, program)| launched::clean(&program.file));
                Self::At(programs.chain([PathBuf::from(binary::FILE)]).collect())
            }
        }
    }

    /// Tells whether the file at a path is one of them.
    pub(super) fn hold(&self, path: &Path) -> bool {
        match self {
            Self::All => true,
            Self::At(paths) => paths.contains(path),
        }
    }
}

/// Returns which builder must launch a package, if not every peer can use it.
fn needed(kind: Kind, files: &Files<'_>) -> Option<String> {
    let how = match kind {
        Kind::Service if files.has("connection.json") || !files.has(image::FILE) => return None,
        Kind::Service => {
            "without connection.json, only a builder that starts the image accepts the package: on Docker or Kubernetes"
        }
        Kind::Image => "only a builder that launches images accepts the package: on Docker or Kubernetes",
        Kind::Binary | Kind::Prebuilt => {
            "only a builder with platform: process in its launch.yaml accepts the package"
        }
        Kind::Source(language) => {
            let name = language.name();
            return Some(format!(
                "the peer builds it with Docker, unless a builder with languages: [{name}] in its launch.yaml claims it"
            ));
        }
    };
    Some(how.to_owned())
}

fn refuse(kind: Kind, failure: &Failure, findings: &mut Findings) {
    let (rule, at) = match failure.code() {
        ExitCode::ImageJson => (Rule::ImageInvalid, image::FILE),
        ExitCode::Binary if kind == Kind::Prebuilt => (Rule::BinaryInvalid, prebuilt::ARCHIVE),
        ExitCode::Binary => (Rule::BinaryInvalid, binary::FILE),
        _ => (Rule::SourceInvalid, "code.tar.gz"),
    };
    let hint = failure.hint().map(str::to_owned);
    findings.refuse(rule, at, failure.to_string(), hint, failure.code().number());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_json_is_read_once_for_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(binary::FILE);
        std::fs::write(&file, r#"{"linux/amd64":{"file":"./a/chaincode"}}"#).unwrap();
        let read = ReadFiles::of(Kind::Binary, &Files::Folder(folder.path()));
        std::fs::write(&file, "{}").unwrap();
        for (path, expected) in [("a/chaincode", true), (binary::FILE, true), ("b/chaincode", false)] {
            assert_eq!(read.hold(Path::new(path)), expected, "{path}");
        }
    }
}

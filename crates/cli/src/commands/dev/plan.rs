//! Which chaincodes are to run, how, and under which definition: what the options come to, before anything is started.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use ccs_channel::collections::Collections;
use ccs_files::PackageId;

use crate::cli::Dev;
use crate::failure::Failure;

/// The version of what no package has a version for.
const VERSION: &str = "1.0";

/// A chaincode that is to run.
#[derive(Debug, PartialEq)]
pub(super) struct Planned {
    /// Its name on the channels.
    pub(super) name: String,
    /// The version of its definition.
    pub(super) version: String,
    /// The ID under which it registers.
    pub(super) id: String,
    /// How it comes to run.
    pub(super) how: How,
    /// Whether Init is required.
    pub(super) init_required: bool,
    /// Its collections.
    pub(super) collections: Collections,
}

/// How a chaincode comes to run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A package tells where it is.
    Package { file: PathBuf, id: PackageId },
    /// Somebody starts a server there.
    Server { address: String },
    /// Somebody starts it, and it connects.
    Client,
    /// A command of ours starts it.
    Command(String),
}

/// Makes the plan; files are read, and nothing else happens.
pub(super) fn make(options: &Dev) -> Result<Vec<Planned>, Failure> {
    let mut planned = Vec::new();
    for package in &options.packages {
        let (id, label) = identify(&package.value)?;
        let (name, version) = name_and_version(&label);
        let name = match &package.name {
            Some(name) => name.clone(),
            None => name.ok_or_else(|| unnamed(&package.value, &label))?,
        };
        let how = How::Package { file: package.value.clone(), id: id.clone() };
        planned.push(Planned { version, ..new(name, id.to_string(), how) });
    }
    for attached in &options.chaincodes {
        let how = match &attached.address {
            Some(address) => How::Server { address: address.clone() },
            None => How::Client,
        };
        planned.push(new(attached.name.clone(), format!("{}:{VERSION}", attached.name), how));
    }
    if let Some(command) = &options.run {
        let name = &options.name;
        planned.push(new(name.clone(), format!("{name}:{VERSION}"), How::Command(command.clone())));
    }
    refuse_twins(&planned)?;
    refuse_channel_twice(&options.channels)?;
    define(options, &mut planned)?;
    Ok(planned)
}

fn new(name: String, id: String, how: How) -> Planned {
    let version = VERSION.to_owned();
    Planned { name, version, id, how, init_required: false, collections: Collections::default() }
}

fn identify(file: &Path) -> Result<(PackageId, String), Failure> {
    let id = ccs_package_tools::package_id(file)?;
    let label = id.label().to_string();
    Ok((id, label))
}

/// Takes a label for `NAME_VERSION`, as it is by custom; a label of another form has no name of a chaincode in it if it is
/// none.
fn name_and_version(label: &str) -> (Option<String>, String) {
    let is_version = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let (name, version) = match label.rsplit_once('_') {
        Some((name, version)) if is_version(version) => (name, version),
        _ => (label, VERSION),
    };
    (crate::cli::chaincode_name(name).ok(), version.to_owned())
}

fn unnamed(file: &Path, label: &str) -> Failure {
    Failure::new(format!("the label {label} of {} holds no name of a chaincode", file.display()))
        .hint(format!("give it one: NAME={}", file.display()))
}

fn refuse_twins(planned: &[Planned]) -> Result<(), Failure> {
    match second(planned.iter().map(|chaincode| &chaincode.name)) {
        None => Ok(()),
        Some(name) => Err(Failure::new(format!("two chaincodes have the name {name}")).hint(
            "give one of them another name: NAME=PACKAGE.tgz, --chaincode NAME=..., --name NAME".to_owned(),
        )),
    }
}

fn refuse_channel_twice(channels: &[String]) -> Result<(), Failure> {
    match second(channels.iter()) {
        None => Ok(()),
        Some(name) => {
            Err(Failure::new(format!("--channel names {name} twice"))
                .hint("name each channel once".to_owned()))
        }
    }
}

/// Finds a name that was there before.
fn second<'a>(mut names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut known = HashSet::new();
    names.find(|name| !known.insert(*name))
}

/// Adds what the options say about definitions.
fn define(options: &Dev, planned: &mut [Planned]) -> Result<(), Failure> {
    let unknown = |option: &str, name: &str| {
        Failure::new(format!("{option} names the chaincode {name}, and there is none of that name"))
    };
    for name in &options.init_required {
        let chaincode = planned.iter_mut().find(|chaincode| chaincode.name == *name);
        chaincode.ok_or_else(|| unknown("--init-required", name))?.init_required = true;
    }
    for given in &options.collections {
        let file = &given.value;
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
        let collections: Collections =
            text.parse().map_err(|error: ccs_channel::collections::CollectionsError| {
                Failure::new(format!("{}: {error}", file.display())).hint(error.hint())
            })?;
        let is_meant =
            |chaincode: &&mut Planned| given.name.as_ref().is_none_or(|name| *name == chaincode.name);
        let mut found = false;
        for chaincode in planned.iter_mut().filter(is_meant) {
            chaincode.collections = collections.clone();
            found = true;
        }
        if let (false, Some(name)) = (found, &given.name) {
            return Err(unknown("--collections", name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_and_a_version() {
        let named = |label: &str| {
            let (name, version) = name_and_version(label);
            (name.unwrap_or_default(), version)
        };
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(named("basic_1.0"), pair("basic", "1.0"));
        assert_eq!(named("asset-transfer_2.1-rc"), pair("asset-transfer", "2.1-rc"));
        assert_eq!(named("basic"), pair("basic", "1.0"));
        assert_eq!(named("asset_transfer"), pair("asset_transfer", "1.0"));
        assert_eq!(named("odd+label"), pair("", "1.0"));
    }
}

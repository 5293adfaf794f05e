//! Plans which chaincodes run, how, and under which definition, before anything is started.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ccs_channel::collections::{CollectionsConfig, CollectionsConfigError};
use ccs_files::PackageId;

/// Version of a chaincode without a package.
const VERSION: &str = "1.0";

/// Chaincodes that a user requests.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Package files, with the names of their chaincodes, or [`None`] to use the names in the labels.
    pub packages: Vec<(Option<String>, PathBuf)>,
    /// Chaincodes that are started outside of this network, with the addresses of those that are servers.
    pub attached: Vec<(String, Option<String>)>,
    /// Name and command of a chaincode that the network starts.
    pub command: Option<(String, String)>,
    /// Chaincodes that require Init.
    pub init_required: Vec<String>,
    /// Collection files, with the names of their chaincodes, or [`None`] for all chaincodes.
    pub collections: Vec<(Option<String>, PathBuf)>,
}

/// Chaincode to run.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaincodePlan {
    /// Name of the chaincode on the channels.
    pub name: String,
    /// Version of its definition.
    pub version: String,
    /// ID under which it registers.
    pub id: String,
    /// How it is started.
    pub launch: Launch,
    /// Whether Init is required.
    pub init_required: bool,
    /// Collections of the chaincode.
    pub collections: CollectionsConfig,
}

/// How a chaincode is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// Its package determines that.
    Package {
        /// Path of the package file.
        file: PathBuf,
        /// ID of the package.
        id: PackageId,
    },
    /// Another program starts it as a server.
    Server {
        /// Address of the server, `host:port`.
        address: String,
    },
    /// Another program starts it, and it connects to the peer.
    Client,
    /// The network starts this command.
    Command(String),
}

/// Error in the requested chaincodes.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A package cannot be read.
    #[error(transparent)]
    Package(#[from] ccs_package_tools::Error),
    /// The label does not contain a chaincode name.
    #[error("cannot derive a chaincode name from the label {label} of {}", file.display())]
    Unnamed {
        /// Label of the package.
        label: String,
        /// Path of the package file.
        file: PathBuf,
    },
    /// Two chaincodes have the same name.
    #[error("duplicate chaincode name {0}")]
    Twins(String),
    /// Init is required for a chaincode that is not requested.
    #[error("Init is required for an unknown chaincode {0}")]
    InitOfUnknown(String),
    /// Collections are given for a chaincode that is not requested.
    #[error("{} is for an unknown chaincode {name}", file.display())]
    CollectionsOfUnknown {
        /// Name of the chaincode.
        name: String,
        /// Path of the collections file.
        file: PathBuf,
    },
    /// A file of collections cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// Path of the file.
        file: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A file does not contain valid collections.
    #[error("{}", file.display())]
    CollectionsConfig {
        /// Path of the file.
        file: PathBuf,
        /// Error from parsing it.
        source: CollectionsConfigError,
    },
}

impl PlanError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Package(error) => error.hint(),
            Self::Unnamed { file, .. } => Some(format!("name the chaincode: NAME={}", file.display())),
            Self::Twins(_) => Some(
                "give one of them another name: NAME=PACKAGE.tgz, --chaincode NAME=..., --name NAME"
                    .to_owned(),
            ),
            Self::CollectionsConfig { source, .. } => source.hint(),
            _ => None,
        }
    }
}

impl ChaincodePlan {
    /// Plans the requested chaincodes. Reads files, but has no other effects. Also returns warnings about the files.
    pub fn make(request: &Request) -> Result<(Vec<Self>, Vec<String>), PlanError> {
        let (mut plans, mut warnings) = (Vec::new(), Vec::new());
        for (name, file) in &request.packages {
            plans.push(Self::of_package(name.as_ref(), file)?);
        }
        for (name, address) in &request.attached {
            let launch = match address {
                Some(address) => Launch::Server { address: address.clone() },
                None => Launch::Client,
            };
            plans.push(Self::new(name, format!("{name}:{VERSION}"), launch));
        }
        if let Some((name, command)) = &request.command {
            plans.push(Self::new(name, format!("{name}:{VERSION}"), Launch::Command(command.clone())));
        }
        let mut names = HashSet::new();
        if let Some(twin) = plans.iter().find(|plan| !names.insert(&plan.name)) {
            return Err(PlanError::Twins(twin.name.clone()));
        }
        for name in &request.init_required {
            let plan = plans.iter_mut().find(|plan| plan.name == *name);
            plan.ok_or_else(|| PlanError::InitOfUnknown(name.clone()))?.init_required = true;
        }
        for (name, file) in &request.collections {
            warnings.extend(define_collections(&mut plans, name.as_ref(), file)?);
        }
        Ok((plans, warnings))
    }

    fn new(name: &str, id: String, launch: Launch) -> Self {
        let (name, version) = (name.to_owned(), VERSION.to_owned());
        Self { name, version, id, launch, init_required: false, collections: CollectionsConfig::default() }
    }

    fn of_package(name: Option<&String>, file: &Path) -> Result<Self, PlanError> {
        let id = ccs_package_tools::package_id(file)?;
        let label = id.label().to_string();
        let (of_label, version) = name_and_version(&label);
        let Some(name) = name.cloned().or(of_label) else {
            return Err(PlanError::Unnamed { label, file: file.to_owned() });
        };
        let launch = Launch::Package { file: file.to_owned(), id: id.clone() };
        Ok(Self { version, ..Self::new(&name, id.to_string(), launch) })
    }
}

/// Returns whether a text can be the name of a chaincode: `[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*` (Fabric 3.1
/// `core/chaincode/lifecycle/scc.go`).
#[must_use]
pub fn is_chaincode_name(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split(['-', '_']).all(is_word)
}

/// Splits a label of the usual form `NAME_VERSION`. A label of another form contains no chaincode name, unless it is
/// one itself.
fn name_and_version(label: &str) -> (Option<String>, String) {
    let is_version = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let (name, version) = match label.rsplit_once('_') {
        Some((name, version)) if is_version(version) => (name, version),
        _ => (label, VERSION),
    };
    (is_chaincode_name(name).then(|| name.to_owned()), version.to_owned())
}

/// Assigns the collections of a file to a chaincode, or to all. Returns warnings about the file.
fn define_collections(
    plans: &mut [ChaincodePlan],
    name: Option<&String>,
    file: &Path,
) -> Result<Vec<String>, PlanError> {
    let content = fs::read(file).map_err(|source| PlanError::Read { file: file.to_owned(), source })?;
    let (collections, unknown) = CollectionsConfig::parse(&content)
        .map_err(|source| PlanError::CollectionsConfig { file: file.to_owned(), source })?;
    let mut found = false;
    for plan in plans.iter_mut().filter(|plan| name.is_none_or(|name| *name == plan.name)) {
        plan.collections = collections.clone();
        found = true;
    }
    match name {
        Some(name) if !found => {
            Err(PlanError::CollectionsOfUnknown { name: name.clone(), file: file.to_owned() })
        }
        _ => Ok(unknown.iter().map(|key| format!("{}: {key}; {}", file.display(), key.hint())).collect()),
    }
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

    #[test]
    fn a_name_that_is_given_to_two_chaincodes_is_rejected() {
        let attached =
            vec![("basic".to_owned(), None), ("basic".to_owned(), Some("localhost:9999".to_owned()))];
        let error = ChaincodePlan::make(&Request { attached, ..Request::default() }).unwrap_err();
        assert_eq!(error.to_string(), "duplicate chaincode name basic");
    }

    #[test]
    fn init_is_required_of_known_chaincodes_alone() {
        let attached = vec![("basic".to_owned(), None)];
        let request = |name: &str| Request {
            attached: attached.clone(),
            init_required: vec![name.to_owned()],
            ..Request::default()
        };
        assert!(ChaincodePlan::make(&request("basic")).unwrap().0[0].init_required);
        let error = ChaincodePlan::make(&request("other")).unwrap_err();
        assert_eq!(error.to_string(), "Init is required for an unknown chaincode other");
    }
}

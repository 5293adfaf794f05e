//! `launch.yaml`: the operator's settings for launches.
//!
//! The file is next to the folder `bin` of the builder. The launcher reads it at each launch, so a change applies to the next one. An
//! unknown key is an error that suggests the most similar key.

mod docker;
mod glob;
mod images;
mod rules;
mod user;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ccs_files::GoDuration;
use serde::{Deserialize, Deserializer};

pub use docker::{Docker, DockerLimits, Pull, Tls};
pub use images::Images;
pub use rules::{Match, Role, Rule, Subject};
pub use user::User;

use crate::resemblance;
use crate::variables::RESERVED;
use crate::{ExitCode, Failure};

/// The name of the file.
pub const FILE: &str = "launch.yaml";

/// The variable with the path of the file, if it is elsewhere.
pub const VARIABLE: &str = "CCS_LAUNCH_CONFIG";

/// The largest file, in bytes, that is read.
pub const MAX_SIZE: u64 = 1 << 20;

/// The content of `launch.yaml`; the default applies without the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where chaincode runs. By default, the launcher launches only packages of the type `k8s`, on Kubernetes.
    pub platform: Option<Platform>,
    /// The peer's ID, if the peer does not propagate `CORE_PEER_ID`.
    pub peer_id: Option<String>,
    /// The settings of chaincode that runs as a process.
    pub process: Process,
    /// The settings of chaincode on Kubernetes.
    pub kubernetes: Kubernetes,
    /// The settings of chaincode in a container of a Docker engine.
    pub docker: Docker,
    /// Which images packages may start, and the registry from which to pull them.
    pub images: Images,
    /// Languages whose packages are built from source.
    pub languages: Vec<Language>,
    /// How packages are built from source.
    pub build: Build,
    /// Rules for some chaincode; every rule that matches applies, in this order.
    pub chaincodes: Vec<Rule>,
}

/// Where chaincode runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// As a process on the peer's host, or in the peer's container.
    Process,
    /// In a container of a Docker engine.
    Docker,
    /// On Kubernetes.
    Kubernetes,
    /// Nowhere: the launcher launches nothing.
    None,
}

/// A language that is built from source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Go.
    Golang,
    /// JavaScript and TypeScript on Node.js.
    Node,
    /// Java.
    Java,
}

impl Language {
    /// Returns its name in launch.yaml, which is also the type of its packages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Golang => "golang",
            Self::Node => "node",
            Self::Java => "java",
        }
    }
}

/// The settings of processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Process {
    /// Variables for the chaincode, in addition to those that the shim needs.
    pub environment: BTreeMap<String, String>,
    /// The limits of the chaincode.
    pub limits: Limits,
    /// The user that runs the chaincode and builds its source; by default the peer's.
    pub user: Option<User>,
}

/// The settings of builds from source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Build {
    /// The cache of the tools, for downloaded and compiled files.
    pub cache: Option<PathBuf>,
    /// Variables for the tools, such as `GOPROXY`.
    pub environment: BTreeMap<String, String>,
}

/// The limits of a process; by default those of the peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The address space, such as `2Gi`.
    pub memory: Option<Bytes>,
    /// The maximum number of open files.
    pub open_files: Option<u64>,
    /// The maximum number of processes and threads of the user.
    pub processes: Option<u64>,
    /// The nice value, from 0 to 19.
    pub nice: Option<u8>,
}

/// The settings of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kubernetes {
    /// The namespace of the chaincode; by default the builder's own.
    pub namespace: Option<String>,
    /// The service account of the chaincode.
    pub service_account: Option<String>,
    /// The prefix of object names.
    pub prefix: Option<String>,
    /// How long chaincode may take to become ready.
    #[serde(deserialize_with = "duration")]
    pub start_timeout: Option<Duration>,
    /// The security level of the pod.
    pub security: Security,
    /// Whether the peer's log contains the output of chaincode that dials the peer.
    pub output: bool,
}

/// The security level of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// The `PodSecurity` level baseline, and no token of the service account.
    #[default]
    Baseline,
    /// The `PodSecurity` level restricted.
    Restricted,
    /// Exactly the pod of fabric-builder-k8s.
    None,
}

/// A number of bytes, written as Kubernetes does: `512Mi`, `2G`, `1048576`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl Settings {
    /// Reads the file's content; an empty file is valid.
    pub fn parse(content: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(content)
            .map_err(|error| Failure::new(ExitCode::Settings, format!("{FILE} is not UTF-8: {error}")))?;
        let settings = serde_saphyr::from_str::<Option<Self>>(text).map_err(|error| failure(&error))?;
        let settings = settings.unwrap_or_default();
        settings.check()?;
        Ok(settings)
    }

    /// Returns the platform for packages of a type.
    #[must_use]
    pub fn platform_for(&self, chaincode_type: &str) -> Platform {
        let default =
            if chaincode_type.eq_ignore_ascii_case("k8s") { Platform::Kubernetes } else { Platform::None };
        self.platform.unwrap_or(default)
    }

    /// Returns the rules that match a chaincode, in the order of the file.
    pub fn rules<'s>(&'s self, subject: &'s Subject<'s>) -> impl Iterator<Item = &'s Rule> {
        self.chaincodes.iter().filter(|rule| rule.matches.fits(subject))
    }

    /// Returns the settings for the process of a chaincode: the matching rules, merged into the settings of all processes.
    #[must_use]
    pub fn process_for(&self, package: &str, chaincode_type: &str) -> Process {
        let subject = Subject { package, chaincode_type, role: Role::Client };
        self.rules(&subject).fold(self.process.clone(), |process, rule| process.with(&rule.process))
    }

    /// Returns the users of processes in the settings.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        let processes =
            std::iter::once(&self.process).chain(self.chaincodes.iter().map(|rule| &rule.process));
        processes.filter_map(|process| process.user.as_ref())
    }

    /// Returns the overlays of the matching rules for a chaincode, each with the number of its rule.
    pub(crate) fn overlays<'s>(
        &'s self,
        subject: &'s Subject<'s>,
    ) -> impl Iterator<Item = (usize, &'s serde_json::Value)> {
        let rules = self.chaincodes.iter().enumerate().filter(|(_, rule)| rule.matches.fits(subject));
        rules.filter_map(|(number, rule)| Some((number, rule.pod.as_ref()?)))
    }

    fn check(&self) -> Result<(), Failure> {
        self.images.check()?;
        let rules = || self.chaincodes.iter();
        for process in std::iter::once(&self.process).chain(rules().map(|rule| &rule.process)) {
            if let Some(nice) = process.limits.nice.filter(|nice| *nice > 19) {
                return Err(Failure::new(
                    ExitCode::Settings,
                    format!("{FILE}: nice must be at most 19, got {nice}"),
                ));
            }
            check_environment(&process.environment)?;
        }
        for docker in std::iter::once(&self.docker).chain(rules().map(|rule| &rule.docker)) {
            check_environment(&docker.environment)?;
        }
        Ok(())
    }
}

impl Process {
    /// Overrides these settings with others.
    fn with(mut self, over: &Self) -> Self {
        self.environment.extend(over.environment.clone());
        let Limits { memory, open_files, processes, nice } = over.limits.clone();
        let limits = self.limits;
        self.limits = Limits {
            memory: memory.or(limits.memory),
            open_files: open_files.or(limits.open_files),
            processes: processes.or(limits.processes),
            nice: nice.or(limits.nice),
        };
        self.user = over.user.clone().or(self.user);
        self
    }
}

/// Checks the variables that the operator sets for a chaincode.
fn check_environment(environment: &BTreeMap<String, String>) -> Result<(), Failure> {
    if let Some(name) = environment.keys().find(|name| RESERVED.contains(&name.as_str())) {
        let reason = format!("{FILE}: the environment may not set {name}");
        return Err(Failure::new(ExitCode::Settings, reason)
            .with_hint("the launcher sets it from the data of the peer"));
    }
    let wrong = environment
        .iter()
        .find(|(name, value)| name.is_empty() || name.contains(['=', '\0']) || value.contains('\0'));
    if let Some((name, _)) = wrong {
        let name: String = name.chars().take(60).collect();
        let reason = format!("{FILE}: {name:?} is not a valid name of an environment variable");
        return Err(Failure::new(ExitCode::Settings, reason));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not a number of bytes such as 512Mi"))
        })
    }
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match &text[digits.len()..] {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let duration: GoDuration = text.parse().map_err(serde::de::Error::custom)?;
    match duration.to_std().filter(|duration| !duration.is_zero()) {
        Some(duration) => Ok(Some(duration)),
        None => Err(serde::de::Error::custom(format!("{text} is not greater than zero"))),
    }
}

/// Describes the error in the file, in one line, without quoting the file.
fn failure(error: &serde_saphyr::Error) -> Failure {
    let error = error.without_snippet();
    if let serde_saphyr::Error::SerdeUnknownField { field, expected, location } = error {
        let field: String = field.chars().take(60).collect();
        let place = format!("line {}, column {}", location.line(), location.column());
        return Failure::new(ExitCode::Settings, format!("{FILE}: {place}: there is no key {field:?}"))
            .with_hint(resemblance::hint(&field, expected));
    }
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    Failure::new(ExitCode::Settings, format!("{FILE}: {}", line.strip_prefix("error: ").unwrap_or(line)))
        .with_hint("docs/launching.md shows each key")
}

#[cfg(test)]
mod tests;

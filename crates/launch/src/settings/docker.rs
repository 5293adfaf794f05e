//! The settings of containers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::Bytes;

/// The settings of containers. Those of a rule override the general ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Docker {
    /// The engine, such as `unix:///var/run/docker.sock` or `https://engine:2376`.
    pub host: Option<String>,
    /// The certificates for dialing the engine.
    pub tls: Option<Tls>,
    /// The network of the container.
    pub network: Option<String>,
    /// When to pull the image.
    pub pull: Option<Pull>,
    /// Whether images without a digest are allowed.
    pub allow_tags: Option<bool>,
    /// The file with the credentials of registries, as `docker login` writes it.
    pub credentials: Option<PathBuf>,
    /// How long the container may take to start.
    #[serde(deserialize_with = "super::duration")]
    pub start_timeout: Option<Duration>,
    /// Variables for the chaincode, in addition to those that the shim needs.
    pub environment: BTreeMap<String, String>,
    /// The limits of the chaincode.
    pub limits: DockerLimits,
}

/// The certificates for dialing an engine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate of the CA that signed the engine's.
    pub ca: PathBuf,
    /// The client certificate.
    pub cert: PathBuf,
    /// The key to it.
    pub key: PathBuf,
}

/// When to pull an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// If the engine does not have it.
    #[default]
    IfMissing,
    /// At each launch.
    Always,
    /// Never: the engine must have it.
    Never,
}

/// The limits of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DockerLimits {
    /// The memory, such as `512Mi`.
    pub memory: Option<Bytes>,
    /// The processors, in billionths, written as `1.5`.
    #[serde(deserialize_with = "cpus")]
    pub cpus: Option<u64>,
    /// The maximum number of processes and threads.
    pub processes: Option<u64>,
}

impl Docker {
    /// Overrides these settings with others.
    #[must_use]
    pub fn with(mut self, over: &Self) -> Self {
        self.environment.extend(over.environment.clone());
        let over = over.clone();
        Self {
            host: over.host.or(self.host),
            tls: over.tls.or(self.tls),
            network: over.network.or(self.network),
            pull: over.pull.or(self.pull),
            allow_tags: over.allow_tags.or(self.allow_tags),
            credentials: over.credentials.or(self.credentials),
            start_timeout: over.start_timeout.or(self.start_timeout),
            environment: self.environment,
            limits: DockerLimits {
                memory: over.limits.memory.or(self.limits.memory),
                cpus: over.limits.cpus.or(self.limits.cpus),
                processes: over.limits.processes.or(self.limits.processes),
            },
        }
    }
}

fn cpus<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match billionths(&text) {
        Some(count) if count > 0 => Ok(Some(count)),
        _ => Err(serde::de::Error::custom(format!("{text:?} is not a number of processors such as 1.5"))),
    }
}

fn billionths(text: &str) -> Option<u64> {
    const DIGITS: usize = 9;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > DIGITS {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
    whole.checked_add(format!("{part:0<DIGITS$}").parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_decimal_numbers() {
        assert_eq!(billionths("2"), Some(2_000_000_000));
        assert_eq!(billionths("0.25"), Some(250_000_000));
        assert_eq!(billionths("1."), Some(1_000_000_000));
        for text in ["", ".5", "-1", "1e3", "0.1234567891", "99999999999999999999"] {
            assert_eq!(billionths(text), None, "{text}");
        }
    }
}

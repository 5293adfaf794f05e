//! Selects the engine: launch.yaml overrides the variables of the peer, and these override those of Docker's own command.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::settings::{Docker, Tls};
use crate::{ExitCode, Failure};

/// The engine: the first of these endpoints that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Its possible endpoints; more than one only for sockets.
    pub endpoints: Vec<Endpoint>,
    /// The setting that names it.
    pub source: String,
}

/// Where an engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket of the host.
    Unix(PathBuf),
    /// A host and port, without TLS.
    Tcp(String),
    /// A host and port, with TLS.
    Tls(String, Tls),
}

impl Engine {
    /// Chooses the engine.
    pub fn choose(docker: &Docker, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let one = |text: &str, tls: Result<Option<Tls>, String>, source: &str| {
            let endpoint = Endpoint::parse(text, tls).map_err(|reason| {
                Failure::new(ExitCode::Settings, format!("{source}: {reason}"))
                    .with_hint("write unix:///var/run/docker.sock, tcp://HOST:2375, or https://HOST:2376 with certificates")
            })?;
            Ok(Self { endpoints: vec![endpoint], source: source.to_owned() })
        };
        if let Some(host) = &docker.host {
            return one(host, Ok(docker.tls.clone()), "docker.host in launch.yaml");
        }
        if let Some(host) = filled("CORE_VM_ENDPOINT") {
            let tls = docker.tls.clone().map_or_else(|| tls_of_peer(&filled), |tls| Ok(Some(tls)));
            return one(&host, tls, "CORE_VM_ENDPOINT");
        }
        if let Some(host) = filled("DOCKER_HOST") {
            let tls = docker.tls.clone().map_or_else(|| tls_of_command(&filled), |tls| Ok(Some(tls)));
            return one(&host, tls, "DOCKER_HOST");
        }
        let mut sockets =
            vec![PathBuf::from("/var/run/docker.sock"), PathBuf::from("/run/podman/podman.sock")];
        if let Some(runtime) = filled("XDG_RUNTIME_DIR") {
            sockets.extend(["docker.sock", "podman/podman.sock"].map(|name| Path::new(&runtime).join(name)));
        }
        let endpoints = sockets.into_iter().map(Endpoint::Unix).collect();
        Ok(Self { endpoints, source: "no setting names an engine".to_owned() })
    }
}

/// Returns the certificates with which the peer itself dials the engine.
fn tls_of_peer(filled: &dyn Fn(&str) -> Option<String>) -> Result<Option<Tls>, String> {
    const ENABLED: &str = "CORE_VM_DOCKER_TLS_ENABLED";
    let is_true = |value: String| matches!(value.to_ascii_lowercase().as_str(), "true" | "t" | "1");
    if !filled(ENABLED).is_some_and(is_true) {
        return Ok(None);
    }
    let file = |name: &str| {
        let variable = format!("CORE_VM_DOCKER_TLS_{name}_FILE");
        let path = filled(&variable).map(PathBuf::from);
        path.ok_or_else(|| {
            format!("{ENABLED} is true, and {variable} is not set, or the peer does not propagate it")
        })
    };
    Ok(Some(Tls { ca: file("CA")?, cert: file("CERT")?, key: file("KEY")? }))
}

/// Returns the certificates with which Docker's own command dials the engine.
fn tls_of_command(filled: &dyn Fn(&str) -> Option<String>) -> Result<Option<Tls>, String> {
    if filled("DOCKER_TLS_VERIFY").is_none() {
        return Ok(None);
    }
    let folder = filled("DOCKER_CERT_PATH").map(PathBuf::from).ok_or(
        "DOCKER_TLS_VERIFY is set, and DOCKER_CERT_PATH is not set, or the peer does not propagate it",
    )?;
    Ok(Some(Tls { ca: folder.join("ca.pem"), cert: folder.join("cert.pem"), key: folder.join("key.pem") }))
}

impl Endpoint {
    /// Tells whether the engine is, or may be, on another host, so that its ports are not on this host's loopback.
    pub(super) fn is_elsewhere(&self) -> bool {
        let (Self::Tcp(address) | Self::Tls(address, _)) = self else { return false };
        let host = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => address.split(':').next().unwrap_or_default(),
        };
        host != "localhost" && !host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    fn parse(text: &str, tls: Result<Option<Tls>, String>) -> Result<Self, String> {
        let shown: String = text.chars().take(100).collect();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("{shown:?} has no scheme"))?;
        let rest = rest.trim_end_matches('/');
        if rest.is_empty() {
            return Err(format!("{shown:?} does not name an engine"));
        }
        if scheme == "unix" {
            return Ok(Self::Unix(PathBuf::from(rest)));
        }
        match (scheme, tls?) {
            ("tcp" | "http", None) => Ok(Self::Tcp(rest.to_owned())),
            ("tcp" | "http" | "https", Some(tls)) => Ok(Self::Tls(rest.to_owned(), tls)),
            ("https", None) => Err(format!("{shown:?} needs certificates")),
            _ => Err(format!("{shown:?} has an unknown scheme")),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Tls(address, _) => write!(f, "https://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_on_this_host_by_its_socket_or_the_loopback() {
        let is_elsewhere = |text: &str| Endpoint::parse(text, Ok(None)).unwrap().is_elsewhere();
        for here in [
            "unix:///var/run/docker.sock",
            "tcp://127.0.0.1:2375",
            "tcp://localhost:2375",
            "tcp://[::1]:2375",
        ] {
            assert!(!is_elsewhere(here), "{here}");
        }
        for there in [
            "tcp://engine:2375",
            "tcp://192.0.2.1:2375",
            "tcp://[2001:db8::1]:2375",
            "http://localhost.example.com",
        ] {
            assert!(is_elsewhere(there), "{there}");
        }
    }
}

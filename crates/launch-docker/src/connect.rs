//! The connection to the engine.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use bollard::models::SystemVersion;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use ccs_certificates::{read_bundle, read_key_pair};
use ccs_launch::docker::{Endpoint, Engine as Choice};
use ccs_launch::{ExitCode, Failure};

use crate::refusal::Refusal;

/// The timeout of a call.
const ANSWER: Duration = Duration::from_secs(30);

/// The timeout of a call that waits until a container ends.
const NO_LIMIT: Duration = Duration::from_secs(u32::MAX as u64);

/// How long to wait for an engine, which may start later than the peer, or restart.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before the next attempt.
pub(crate) const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// The header with the credentials of a registry.
const CREDENTIALS: &str = "x-registry-auth";

/// An engine that has answered.
pub(crate) struct Engine {
    /// For short calls.
    pub(crate) docker: Docker,
    /// For calls that wait until a container ends.
    pub(crate) patient: Docker,
    /// The processor of the engine, by its name in Go.
    pub(crate) architecture: String,
}

impl Engine {
    /// Waits until an engine answers.
    pub(crate) async fn wait(choice: &Choice, say: &dyn Fn(&str)) -> Result<Self, Failure> {
        usable(choice)?;
        let begin = Instant::now();
        let mut has_waited = false;
        loop {
            let (endpoint, refusal) = match Self::first(choice).await {
                Ok(engine) => return Ok(engine),
                Err(failed) => failed,
            };
            if !refusal.may_pass() || begin.elapsed() >= PATIENCE {
                let attempt = format!("speak to the engine at {endpoint} ({})", choice.source);
                if refusal.says(&["http request to an https server"]) {
                    return Err(refusal.failure(
                        &attempt,
                        ExitCode::Settings,
                        "name ca, cert and key in docker.tls in launch.yaml",
                    ));
                }
                return Err(refusal.failure(
                    &attempt,
                    ExitCode::Unreachable,
                    "the launcher speaks the API of Docker 20.10 and later, and of podman",
                ));
            }
            if !std::mem::replace(&mut has_waited, true) {
                say(&format!("waits for the engine at {endpoint}: {}", refusal.message));
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }

    /// Dials the first endpoint that exists.
    async fn first(choice: &Choice) -> Result<Self, (String, Refusal)> {
        let is_there = |endpoint: &&Endpoint| match endpoint {
            Endpoint::Unix(path) => path.exists(),
            Endpoint::Tcp(_) | Endpoint::Tls(..) => true,
        };
        let endpoints = &choice.endpoints;
        let Some(endpoint) = endpoints.iter().find(is_there) else {
            let shown: Vec<_> = endpoints.iter().map(ToString::to_string).collect();
            let shown = shown.join(", ");
            let error = bollard::errors::Error::SocketNotFoundError(shown.clone());
            return Err((shown, Refusal::of(&error)));
        };
        Self::at(endpoint).await.map_err(|error| (endpoint.to_string(), Refusal::of(&error)))
    }

    async fn at(endpoint: &Endpoint) -> Result<Self, bollard::errors::Error> {
        let seconds = ANSWER.as_secs();
        let docker = match endpoint {
            Endpoint::Unix(path) => {
                Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
            }
            Endpoint::Tcp(address) => Docker::connect_with_http(address, seconds, API_DEFAULT_VERSION),
            Endpoint::Tls(address, tls) => {
                Docker::connect_with_ssl(address, &tls.key, &tls.cert, &tls.ca, seconds, API_DEFAULT_VERSION)
            }
        }?;
        let docker = docker.with_request_modifier(for_urls);
        // The requests of the library name no version of the API, so there is none to negotiate. Podman needs seconds for each of
        // these answers.
        let SystemVersion { arch, .. } = docker.version().await?;
        let patient = docker.clone().with_timeout(NO_LIMIT);
        Ok(Self { docker, patient, architecture: arch.unwrap_or_default() })
    }
}

/// Writes the header with credentials in URL-safe Base64, which an engine expects; the library writes standard Base64.
fn for_urls(mut request: BollardRequest) -> BollardRequest {
    if let Some(value) = request.headers_mut().get_mut(CREDENTIALS) {
        let text = value.to_str().unwrap_or_default().replace('+', "-").replace('/', "_");
        if let Ok(mut changed) = http::HeaderValue::from_str(&text) {
            changed.set_sensitive(true);
            *value = changed;
        }
    }
    request
}

/// Checks the certificate files for the engine, because the library ignores a certificate that it cannot use, and then reports a
/// failed handshake.
fn usable(choice: &Choice) -> Result<(), Failure> {
    let unusable = |path: &Path, reason: &dyn Display| {
        Failure::new(ExitCode::Settings, format!("cannot use {}: {reason}", path.display())).with_hint(format!(
            "{} names the engine; docker.tls in launch.yaml, or the variables of the peer, name its certificates",
            choice.source
        ))
    };
    let read = |path: &Path| std::fs::read(path).map_err(|error| unusable(path, &error));
    for endpoint in &choice.endpoints {
        let Endpoint::Tls(_, tls) = endpoint else { continue };
        read_bundle(&read(&tls.ca)?).map_err(|error| unusable(&tls.ca, &error))?;
        read_key_pair(&read(&tls.cert)?, &read(&tls.key)?).map_err(|error| {
            unusable(&tls.cert, &format_args!("with the key {}: {error}", tls.key.display()))
        })?;
    }
    Ok(())
}

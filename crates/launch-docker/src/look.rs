//! The version of an engine, without a launch.

use ccs_launch::docker::Engine as Choice;
use ccs_launch::{ExitCode, Failure};

use crate::connect::Engine;
use crate::refusal::Refusal;

/// Returns the version of an engine, and of its API.
pub(crate) async fn version(choice: &Choice) -> Result<String, Failure> {
    let engine = Engine::wait(choice, &|_| {}).await?;
    let version = engine.docker.version().await.map_err(|error| {
        Refusal::of(&error).failure(
            "ask the engine for its version",
            ExitCode::Unreachable,
            "the launcher speaks the API of Docker 20.10 and later, and of podman",
        )
    })?;
    let text = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    Ok(format!("{}, API {}", text(version.version), text(version.api_version)))
}

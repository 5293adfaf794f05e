//! Calls that create, start, inspect and remove a container.

use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerInspectResponse};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    StopContainerOptionsBuilder,
};
use ccs_launch::docker::RUN;
use ccs_launch::{ExitCode, Failure};

use crate::answers;
use crate::connect::{BETWEEN_TRIES, Engine};
use crate::refusal::Refusal;

/// How many seconds the chaincode may take to end after SIGTERM. The launch must end within three, even on a busy machine.
const GRACE: i32 = 1;

/// Texts of the engine for a command that cannot be executed.
const NOT_EXECUTABLE: &[&str] = &[
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "exec format error",
    "not a directory",
];

/// How often to try to remove a container.
const TRIES: usize = 5;

/// Texts of the engine for a port that another program uses.
const TAKEN: &[&str] = &["port is already allocated", "address already in use"];

/// Creates a container and returns its ID; [`None`] if another one has the name.
pub(crate) async fn create(
    engine: &Engine,
    name: &str,
    body: ContainerCreateBody,
) -> Result<Option<String>, Failure> {
    let options = CreateContainerOptionsBuilder::new().name(name).build();
    match engine.docker.create_container(Some(options), body).await.map_err(|error| Refusal::of(&error)) {
        Ok(created) => Ok(Some(created.id)),
        // Podman uses another status.
        Err(refusal) if refusal.status == Some(409) || refusal.says(&["is already in use"]) => Ok(None),
        Err(refusal) => Err(not_created(&refusal, name)),
    }
}

fn not_created(refusal: &Refusal, name: &str) -> Failure {
    let attempt = format!("create the container {name}");
    if refusal.says(&["no command specified", "no such image"]) {
        return refusal.failure(
            &attempt,
            ExitCode::Image,
            "an image of a chaincode has a command that starts it",
        );
    }
    let code = match refusal.status {
        Some(400..=499) => ExitCode::Settings,
        // Podman already resolves the network here.
        _ if refusal.says(&["network not found"]) => ExitCode::Settings,
        _ => ExitCode::NotReady,
    };
    refusal.failure(
        &attempt,
        code,
        "see docker in launch.yaml, and CORE_VM_DOCKER_HOSTCONFIG_* where the peer is started",
    )
}

/// Starts a container.
pub(crate) async fn start(engine: &Engine, id: &str) -> Result<(), Refusal> {
    engine.docker.start_container(id, None).await.map_err(|error| Refusal::of(&error))
}

/// Tells whether a container did not start because another program uses the port that it publishes.
pub(crate) fn lacks_port(refusal: &Refusal) -> bool {
    refusal.says(TAKEN)
}

/// Returns the failure of a container that did not start.
pub(crate) fn not_started(refusal: &Refusal) -> Failure {
    let attempt = "start the container";
    if refusal.says(NOT_EXECUTABLE) {
        return refusal.failure(
            attempt,
            ExitCode::Image,
            "see the command of the image, and the processor that it is built for",
        );
    }
    // Podman learns at the start that a limit is too low.
    let is_setting = refusal.says(&["network", "unable to set memory limit"]);
    let code = if is_setting { ExitCode::Settings } else { ExitCode::NotReady };
    refusal.failure(attempt, code, "see the network and the limits under docker in launch.yaml")
}

/// Looks a container up by its name or ID.
pub(crate) async fn look_up(engine: &Engine, container: &str) -> Result<ContainerInspectResponse, Refusal> {
    answers::inspect(engine, container).await.map_err(|error| Refusal::of(&error))
}

/// Returns the launch to which a container belongs.
pub(crate) fn run_of(container: &ContainerInspectResponse) -> Option<&str> {
    container.config.as_ref()?.labels.as_ref()?.get(RUN).map(String::as_str)
}

/// How long the engine may take to stop a container: longer than the grace period, and shorter than the time for the removal.
const STOP: Duration = Duration::from_secs(2);

/// Stops a container, and kills it after the grace period.
pub(crate) async fn stop(engine: &Engine, id: &str) {
    let options = StopContainerOptionsBuilder::new().t(GRACE).build();
    // The removal kills a container that does not end in time.
    let _ = tokio::time::timeout(STOP, engine.docker.stop_container(id, Some(options))).await;
}

/// Removes a container with its volumes; tells whether there was one.
pub(crate) async fn remove(engine: &Engine, container: &str) -> Result<bool, Failure> {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    let mut tries = 1;
    loop {
        let removed = engine.docker.remove_container(container, Some(options.clone())).await;
        match removed.map_err(|error| Refusal::of(&error)) {
            Ok(()) => return Ok(true),
            // Another call is already removing it.
            Err(refusal) if refusal.is_missing() || refusal.says(&["already in progress"]) => {
                return Ok(false);
            }
            // Podman cannot remove a container that it is about to restart.
            Err(refusal) if tries < TRIES && refusal.says(&["could not be stopped"]) => tries += 1,
            Err(refusal) => {
                return Err(refusal.failure(
                    &format!("remove the container {container}"),
                    ExitCode::NotReady,
                    "remove it by hand: docker rm --force",
                ));
            }
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// Renames a container.
pub(crate) async fn rename(engine: &Engine, id: &str, name: &str) -> Result<(), Failure> {
    let options = RenameContainerOptionsBuilder::new().name(name).build();
    engine.docker.rename_container(id, options).await.map_err(|error| {
        Refusal::of(&error).failure(
            &format!("give the container the name {name}"),
            ExitCode::NotReady,
            "nothing depends on its name; try docker rename",
        )
    })
}

#[cfg(test)]
mod tests {
    use bollard::errors::Error;

    use super::*;

    /// What podman 4.3.1 answers for a limit of 1 MiB.
    const TINY: &str = "runc: runc create failed: unable to start container process: error during container init: error setting cgroup \
                        config for procHooks process: unable to set memory limit to 1048576 (current usage: 2490368, peak usage: \
                        2662400): OCI runtime error";

    #[test]
    fn a_limit_that_the_start_rejects_is_a_setting() {
        let failure = |message: &str| {
            let error = Error::DockerResponseServerError { status_code: 500, message: message.to_owned() };
            not_started(&Refusal::of(&error)).line()
        };
        let line = failure(TINY);
        assert!(line.starts_with("error 24 launch settings: cannot start the container: runc: "), "{line}");
        assert!(
            line.ends_with("; hint: see the network and the limits under docker in launch.yaml"),
            "{line}"
        );
        let line = failure("no space left on device");
        assert!(
            line.starts_with("error 47 not ready in time: cannot start the container: no space"),
            "{line}"
        );
    }
}

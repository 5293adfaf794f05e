//! How a container ended.

use std::time::{Duration, Instant};

use bollard::models::{ContainerState, ContainerStateStatusEnum};
use bollard::query_parameters::WaitContainerOptionsBuilder;
use ccs_launch::{ExitCode, Failure};
use futures_util::StreamExt as _;

use crate::connect::{BETWEEN_TRIES, Engine, PATIENCE};
use crate::container::{look_up, run_of};
use crate::refusal::Refusal;

/// How long to watch a killed container, to see whether it is being removed.
const REMOVAL: Duration = Duration::from_secs(1);

/// How long the successor of a removed container may take to appear.
const SUCCESSOR: Duration = Duration::from_secs(2);

/// How often to check for both.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The exit status of a process that was killed.
pub(crate) const KILLED: i64 = 137;

/// How a container ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The chaincode ended.
    Exited {
        /// Its exit status.
        status: i64,
        /// Whether it was killed because it used too much memory.
        out_of_memory: bool,
    },
    /// Another launch has removed the container and created its own.
    Replaced,
    /// Another program or a person has removed the container.
    Removed,
    /// The engine no longer answers.
    Lost(String),
}

/// How long to wait for the end before checking that the engine still answers, because a connection that is lost without a reset
/// never ends.
const ASK: Duration = Duration::from_mins(1);

/// Waits for the end of a container.
pub(crate) async fn wait(engine: &Engine, id: &str, name: &str) -> End {
    let mut away_since = None;
    loop {
        let options = WaitContainerOptionsBuilder::new().condition("not-running").build();
        // The state of the container is decisive, not this answer.
        let waiting = async { engine.patient.wait_container(id, Some(options)).next().await };
        let _ = tokio::time::timeout(ASK, waiting).await;
        match look_up(engine, id).await {
            Ok(container) => {
                away_since = None;
                let state = container.state.unwrap_or_default();
                if state.running != Some(true) {
                    return ended(engine, id, name, state).await;
                }
            }
            Err(refusal) if refusal.is_missing() => return gone(engine, name).await,
            Err(refusal) => {
                let since = *away_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= PATIENCE {
                    return End::Lost(refusal.message);
                }
            }
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// Reads the state of a stopped container. A container that is being removed was killed by the removal.
async fn ended(engine: &Engine, id: &str, name: &str, state: ContainerState) -> End {
    let status = state.exit_code.unwrap_or_default();
    let out_of_memory = state.oom_killed == Some(true);
    let is_removed = |state: &ContainerState| {
        matches!(state.status, Some(ContainerStateStatusEnum::REMOVING | ContainerStateStatusEnum::DEAD))
    };
    let begin = Instant::now();
    let mut watched = status == KILLED && !out_of_memory || is_removed(&state);
    while watched && begin.elapsed() < REMOVAL {
        match look_up(engine, id).await {
            Err(refusal) if refusal.is_missing() => return gone(engine, name).await,
            Ok(_) => {}
            Err(_) => watched = false,
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    End::Exited { status, out_of_memory }
}

/// Looks for the successor of a removed container.
async fn gone(engine: &Engine, name: &str) -> End {
    let begin = Instant::now();
    while begin.elapsed() < SUCCESSOR {
        if look_up(engine, name).await.is_ok_and(|other| run_of(&other).is_some()) {
            return End::Replaced;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    End::Removed
}

/// Data about a launch whose container has ended.
pub(crate) struct Known<'a> {
    /// The last line that the chaincode wrote.
    pub(crate) last: &'a str,
    /// The processor for which the image is built.
    pub(crate) image: &'a str,
    /// The processor of the engine.
    pub(crate) engine: &'a str,
    /// The memory limit of the container.
    pub(crate) memory: i64,
}

impl End {
    /// Returns the failure of the launch; [`None`] if another launch has replaced it.
    pub(crate) fn failure(self, known: &Known<'_>) -> Option<Failure> {
        let Known { last, image, engine, memory } = *known;
        Some(match self {
            Self::Replaced => return None,
            Self::Removed => Failure::new(ExitCode::Stopped, "the container was removed from outside")
                .with_hint("the next transaction starts the chaincode again"),
            Self::Lost(reason) => Failure::new(
                ExitCode::Unreachable,
                format!("the engine has not answered for {} s: {reason}", PATIENCE.as_secs()),
            )
            .with_hint("see whether the engine runs; the next transaction starts the chaincode again"),
            Self::Exited { out_of_memory: true, .. } => Failure::chaincode_ended(
                &match memory {
                    0 => "was killed, since the engine's host had no memory left".to_owned(),
                    _ => format!("was killed, since it used more than its {} MiB of memory,", memory >> 20),
                },
                false,
                last,
            )
            .with_hint("raise docker.limits.memory in launch.yaml"),
            Self::Exited { status, .. } if status != 0 && last.ends_with("exec format error") => {
                let built = if image.is_empty() || image == engine {
                    String::new()
                } else {
                    format!("; the image is for {image}, the engine's processor is {engine}")
                };
                Failure::new(
                    ExitCode::Image,
                    format!("the command of the image cannot be executed: {last}{built}"),
                )
                .with_hint("build the image for the processor of the engine")
            }
            Self::Exited { status, .. } => {
                let how = format!("ended by itself with exit status {status}");
                let failure = Failure::chaincode_ended(&how, status == 0, last);
                if status != KILLED {
                    return Some(failure);
                }
                failure.with_hint(
                    "137 means SIGKILL; podman may not report that a container exceeded its memory limit: \
                     see docker.limits.memory in launch.yaml",
                )
            }
        })
    }
}

/// Tells whether a call failed because the engine does not answer.
pub(crate) fn is_away(error: &bollard::errors::Error) -> bool {
    Refusal::of(error).may_pass()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(end: End, last: &str) -> Option<String> {
        let known = Known { last, image: "arm64", engine: "amd64", memory: 64 << 20 };
        end.failure(&known).map(|failure| failure.line())
    }

    #[test]
    fn each_end_has_its_code() {
        let exited = |status, out_of_memory| End::Exited { status, out_of_memory };
        assert_eq!(line(End::Replaced, ""), None);
        for (end, last, text) in [
            (
                exited(3, false),
                "no license",
                "error 46 chaincode ended: the chaincode ended by itself with exit status 3; its last line: no license; hint: its output",
            ),
            (exited(0, false), "", "exit status 0 and wrote nothing; hint: a chaincode that dials the peer"),
            (
                exited(137, true),
                "",
                "error 46 chaincode ended: the chaincode was killed, since it used more than its 64 MiB of memory, and wrote nothing; hint: raise",
            ),
            (
                exited(137, false),
                "",
                "error 46 chaincode ended: the chaincode ended by itself with exit status 137 and wrote nothing; hint: 137 means SIGKILL; podman may not report",
            ),
            (
                exited(1, false),
                "exec /chaincode: exec format error",
                "error 44 image: the command of the image cannot be executed: exec /chaincode: exec format error; the image is for arm64, the engine's processor is amd64; hint: build",
            ),
            (End::Removed, "", "error 48 stopped from outside: the container was removed"),
            (
                End::Lost("connection refused".to_owned()),
                "",
                "error 41 platform unreachable: the engine has not answered for 30 s: connection refused",
            ),
        ] {
            let line = line(end, last).unwrap();
            assert!(line.contains(text), "{line}");
        }
    }
}

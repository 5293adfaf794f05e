//! Watches the container of a server until the peer can dial it.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::{LogsOptionsBuilder, WaitContainerOptionsBuilder};
use ccs_launch::docker::Plan;
use ccs_launch::lines::Lines;
use ccs_launch::{ExitCode, Failure};
use futures_util::StreamExt as _;

use crate::connect::Engine;
use crate::container;
use crate::end::{End, KILLED, Known};
use crate::image::Found;

/// How often to check.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How often the chaincode may end; the engine restarts it, as Kubernetes does.
const ENDS: i64 = 3;

/// How many of the last lines of a chaincode are shown.
const LOG_LINES: &str = "10";

/// How long they may take.
const LOG: Duration = Duration::from_secs(2);

/// A container that was started.
pub(crate) struct Watched<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) id: &'a str,
    pub(crate) image: &'a Found,
    pub(crate) plan: &'a Plan,
    pub(crate) say: &'a dyn Fn(&str),
}

impl Watched<'_> {
    /// Waits until the container has ended permanently, and returns the failure of the start.
    pub(crate) async fn ends(&self) -> Failure {
        let end = loop {
            match container::look_up(self.engine, self.id).await {
                Ok(found) => {
                    if let Some(end) = judge(&found) {
                        let is_running = found.state.and_then(|state| state.running) == Some(true);
                        break if is_running { self.next_end(end).await } else { end };
                    }
                }
                Err(refusal) if refusal.is_missing() => break End::Removed,
                // Another call reports an engine that does not answer for too long.
                Err(_) => {}
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        };
        let last = match end {
            End::Removed => String::new(),
            _ => self.show_log().await,
        };
        self.failure(end, &last)
    }

    /// Waits for the exit status of a chaincode that ends repeatedly and that the engine restarts immediately, as podman does.
    async fn next_end(&self, end: End) -> End {
        let End::Exited { status: 0, out_of_memory } = end else { return end };
        let options = WaitContainerOptionsBuilder::new().condition("next-exit").build();
        let mut waiting = self.engine.docker.wait_container(self.id, Some(options));
        let status = match tokio::time::timeout(LOG, waiting.next()).await {
            Ok(Some(Ok(answer))) => answer.status_code,
            Ok(Some(Err(Error::DockerContainerWaitError { code, .. }))) => code,
            _ => 0,
        };
        End::Exited { status, out_of_memory }
    }

    fn failure(&self, end: End, last: &str) -> Failure {
        let known = Known {
            last,
            image: &self.image.architecture,
            engine: &self.engine.architecture,
            memory: self.plan.host_config.memory,
        };
        let is_removed = end == End::Removed;
        let is_killed =
            matches!(end, End::Exited { out_of_memory: true, .. } | End::Exited { status: KILLED, .. });
        let failure = end
            .failure(&known)
            .unwrap_or_else(|| Failure::new(ExitCode::Stopped, "another container has taken its place"));
        if is_removed {
            return failure.with_hint("install the package again");
        }
        if failure.code() == ExitCode::Ended && !is_killed {
            return failure.with_hint(
                "its output is in the lines above; a server runs until it is stopped: is it built for the role client?",
            );
        }
        failure
    }

    /// Shows the last lines of the chaincode, and returns the last one.
    pub(crate) async fn show_log(&self) -> String {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(LOG_LINES).build();
        let mut output = self.engine.docker.logs(self.id, Some(options));
        let mut lines = Lines::default();
        let mut last = String::new();
        let mut show = |line: &str| {
            (self.say)(&format!("chaincode: {line}"));
            if !line.trim().is_empty() {
                line.clone_into(&mut last);
            }
        };
        let showing = async {
            while let Some(Ok(part)) = output.next().await {
                lines.take(&LogOutput::into_bytes(part), &mut show);
            }
        };
        let _ = tokio::time::timeout(LOG, showing).await;
        lines.finish(&mut show);
        last
    }
}

/// Returns how a container ended, unless it runs or is started again.
pub(crate) fn judge(found: &ContainerInspectResponse) -> Option<End> {
    let state = found.state.clone().unwrap_or_default();
    let is_running = state.running == Some(true);
    // Podman does not report that it is about to start the chaincode again, but the container is in a state of its own until then.
    let is_between =
        matches!(state.status, Some(ContainerStateStatusEnum::STOPPING | ContainerStateStatusEnum::EMPTY));
    let is_restarting = state.restarting == Some(true) || !is_running && is_between;
    let ends = found.restart_count.unwrap_or_default();
    // While the engine waits before a restart, the last exit status is known.
    let is_over = !is_running && !is_restarting || is_restarting && ends >= ENDS || ends > ENDS;
    let exited = End::Exited {
        status: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed == Some(true),
    };
    is_over.then_some(exited)
}

#[cfg(test)]
mod tests {
    use bollard::models::ContainerState;

    use super::*;

    fn judged(running: bool, restarting: bool, count: i64) -> Option<End> {
        judge(&ContainerInspectResponse {
            restart_count: Some(count),
            state: Some(ContainerState {
                running: Some(running),
                restarting: Some(restarting),
                exit_code: Some(3),
                oom_killed: Some(false),
                ..ContainerState::default()
            }),
            ..ContainerInspectResponse::default()
        })
    }

    #[test]
    fn a_server_that_ends_twice_may_still_become_ready() {
        let exited = Some(End::Exited { status: 3, out_of_memory: false });
        for (running, restarting, count, expected) in [
            (true, false, 0, None),
            (true, true, 1, None),
            (true, false, 2, None),
            (true, true, 2, None),
            (true, true, 3, exited.as_ref()),
            (true, false, 3, None),
            (true, false, 4, exited.as_ref()),
            // The engine has given up, or a person has stopped the container.
            (false, false, 0, exited.as_ref()),
        ] {
            assert_eq!(
                judged(running, restarting, count).as_ref(),
                expected,
                "{running} {restarting} {count}"
            );
        }
    }
}

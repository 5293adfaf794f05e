//! The start of chaincode that the peer dials. If a step fails, it removes everything that it has created.
//!
//! An older container of the same chaincode runs until the peer can dial the new one and the caller has stored its address.

use std::cell::{Cell, OnceCell};
use std::net::TcpListener;
use std::pin::pin;
use std::time::{Duration, Instant};

use bollard::models::ContainerCreateBody;
use ccs_launch::docker::{Plan, ROLE, RUN, WORKLOAD, Way};
use ccs_launch::{ExitCode, Failure};
use ccs_launch_reach::{Advice, Unreached, reach};

use crate::connect::Engine;
use crate::image::{self, Found};
use crate::workloads::{self, Workload};
use crate::{Start, body, container, files, networks, watch};

/// How long a call may continue after a signal, so that its result is known.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// How long the removal may take.
const REMOVAL: Duration = Duration::from_secs(10);

/// The time that is reserved for the removal.
const RESERVE: Duration = Duration::from_secs(15);

/// How many ports to try.
const PORTS: usize = 20;

/// How long to dial a chaincode that answers, but not as expected.
const PATIENCE: Duration = Duration::from_secs(15);

const ADVICE: Advice = Advice {
    resolve: "the peer must be in a network of the container, or on the engine's host: docker.network in launch.yaml names the network",
    tcp: "the engine must be on the peer's host, or share a network with the peer: docker.network in launch.yaml names it",
};

/// A start, and what it has created so far.
struct Session<'a> {
    start: &'a Start<'a>,
    begin: Instant,
    engine: OnceCell<Engine>,
    /// Whether a container may exist.
    is_made: Cell<bool>,
}

/// A container that the peer can dial.
struct Dialed {
    id: String,
    name: String,
    address: String,
    /// Containers of earlier builds.
    older: Vec<Workload>,
}

/// Starts a chaincode.
pub(crate) async fn start(
    start: &Start<'_>,
    keep: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut stop = start.caller.listen()?;
    let session =
        Session { start, begin: Instant::now(), engine: OnceCell::new(), is_made: Cell::new(false) };
    let dialed = {
        let mut going = pin!(session.go());
        tokio::select! {
            dialed = &mut going => dialed,
            () = stop.received() => {
                if session.is_made.get() {
                    // Its failure no longer matters.
                    let _ = tokio::time::timeout(UNDER_WAY, going).await;
                }
                Err(start.caller.stopped())
            }
        }
    };
    let kept = dialed.and_then(|dialed| keep(&dialed.address).map(|()| dialed));
    match kept {
        Ok(dialed) => {
            session.take_over(&dialed).await;
            Ok(())
        }
        Err(failure) => {
            session.remove().await;
            Err(failure)
        }
    }
}

impl Session<'_> {
    /// Creates the container, and waits until the peer can dial it.
    async fn go(&self) -> Result<Dialed, Failure> {
        let (plan, say) = (self.start.plan, self.start.say);
        let limit = plan.container.start_timeout.min(self.start.limit.saturating_sub(RESERVE));
        let preparing = async {
            let engine = Engine::wait(&plan.container.engine, say).await?;
            let engine = self.engine.get_or_init(|| engine);
            let image = image::ready(engine, &plan.container, say).await?;
            let mut older = workloads::list(engine, WORKLOAD, Some(&plan.container.name)).await?;
            older.retain(|workload| workload.is_of_peer(&plan.container.labels));
            for workload in &older {
                say(&format!(
                    "takes over from the container {}, which runs until the new one is ready",
                    workload.name
                ));
            }
            let dialed = self.make(engine, &image, older).await?;
            Ok((engine, image, dialed))
        };
        let Ok(prepared) = tokio::time::timeout(limit, preparing).await else {
            return Err(crate::late(limit));
        };
        let (engine, image, dialed) = prepared?;
        if plan.container.image.digest.is_empty() {
            say(&format!("the image {} is {}", plan.container.image.reference(), image.id));
        }
        say(&format!("starts {} as the container {}", dialed.address, dialed.name));
        let left = limit.saturating_sub(self.begin.elapsed());
        let connection = plan.connection(&dialed.address);
        let patience = |unreached: &Unreached| if unreached.is_silent { limit } else { PATIENCE };
        let watched = watch::Watched { engine, id: &dialed.id, image: &image, plan: &plan.container, say };
        tokio::select! {
            failure = watched.ends() => Err(failure),
            reached = reach(&connection, left, patience) => match reached? {
                Ok(()) => Ok(dialed),
                Err(unreached) => {
                    watched.show_log().await;
                    Err(not_reached(&unreached, &dialed.address, limit))
                }
            },
        }
    }

    /// Creates and starts the container at an address that the peer can reach.
    async fn make(&self, engine: &Engine, image: &Found, older: Vec<Workload>) -> Result<Dialed, Failure> {
        let plan = self.start.plan;
        let found = networks::find(engine, &plan.container.network).await?;
        match plan.way(&found.names, found.knows_peer)? {
            Way::Alias(networks) => {
                let address = plan.address_of_alias();
                let made = self.container(engine, image, (&networks, &address), Some(&plan.alias)).await?;
                container::start(engine, &made.0)
                    .await
                    .map_err(|refusal| container::not_started(&refusal))?;
                Ok(Dialed { id: made.0, name: made.1, address, older })
            }
            Way::Published(networks) => {
                let taken = workloads::list(engine, ROLE, Some("server")).await?;
                let is_free = |(port, address): &(u16, String)| {
                    taken.iter().all(|other| other.address.as_ref() != Some(address))
                        && TcpListener::bind(("127.0.0.1", *port)).is_ok()
                };
                let mut last = None;
                for (_, address) in plan.published().filter(is_free).take(PORTS) {
                    let (id, name) = self.container(engine, image, (&networks, &address), None).await?;
                    let Err(refusal) = container::start(engine, &id).await else {
                        return Ok(Dialed { id, name, address, older });
                    };
                    if !container::lacks_port(&refusal) {
                        return Err(container::not_started(&refusal));
                    }
                    container::remove(engine, &id).await?;
                    last = Some(refusal);
                }
                Err(last.map_or_else(
                    || Failure::new(ExitCode::NotReady, "no port from 20000 to 29999 of the host is free"),
                    |refusal| container::not_started(&refusal),
                ))
            }
        }
    }

    /// Creates the container for an address; returns its ID and its name.
    async fn container(
        &self,
        engine: &Engine,
        image: &Found,
        (networks, address): (&[String], &str),
        alias: Option<&str>,
    ) -> Result<(String, String), Failure> {
        let plan = self.start.plan.container_at(address);
        let first = networks.first().map_or("bridge", String::as_str);
        let body = body::of(&plan, image, first);
        let body = match alias {
            Some(alias) => body::with_alias(body, first, alias),
            None => body::with_port(body, plan.image.port, address),
        };
        self.is_made.set(true);
        let (id, name) = create(engine, &plan, body).await?;
        for network in networks.iter().skip(1) {
            networks::connect(engine, &id, network, alias).await?;
        }
        files::upload(engine, &plan, &id).await?;
        Ok((id, name))
    }

    /// Removes the containers of earlier builds, and renames the new one.
    async fn take_over(&self, dialed: &Dialed) {
        let (Some(engine), say) = (self.engine.get(), self.start.say) else { return };
        let taking = async {
            for workload in &dialed.older {
                container::remove(engine, &workload.id).await?;
                say(&format!("removed the older container {}", workload.name));
            }
            let name = &self.start.plan.container.name;
            if dialed.name != *name {
                container::rename(engine, &dialed.id, name).await?;
            }
            Ok::<_, Failure>(())
        };
        match tokio::time::timeout(REMOVAL, taking).await {
            Ok(Ok(())) => {}
            // The new container works.
            Ok(Err(failure)) => say(&format!("warning: {failure}")),
            Err(_) => say("warning: the engine did not remove the older container in time"),
        }
    }

    /// Removes only what this build has created.
    async fn remove(&self) {
        let (Some(engine), true) = (self.engine.get(), self.is_made.get()) else { return };
        let run = self.start.plan.container.labels.get(RUN).map(String::as_str);
        let removing = async {
            for workload in workloads::list(engine, RUN, run).await? {
                container::remove(engine, &workload.id).await?;
            }
            Ok::<_, Failure>(())
        };
        let failure = match tokio::time::timeout(REMOVAL, removing).await {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(
                ExitCode::Unreachable,
                format!("the engine did not remove the container within {} s", REMOVAL.as_secs()),
            ),
        };
        (self.start.say)(&format!("warning: {failure}; the next build of the package removes it"));
    }
}

/// Creates a container, with an alternative name if another container has the usual one. Returns its ID and its name.
async fn create(
    engine: &Engine,
    plan: &Plan,
    body: ContainerCreateBody,
) -> Result<(String, String), Failure> {
    let other = format!("{}-{}", plan.name, plan.labels.get(RUN).map_or("", String::as_str));
    for name in [&plan.name, &other] {
        if let Some(id) = container::create(engine, name, body.clone()).await? {
            return Ok((id, name.clone()));
        }
    }
    Err(Failure::new(
        ExitCode::NotReady,
        format!("the names {} and {other} of containers are taken", plan.name),
    ))
}

/// Returns why the peer cannot dial a running chaincode.
fn not_reached(unreached: &Unreached, address: &str, limit: Duration) -> Failure {
    if !unreached.is_silent {
        return unreached.failure(address, &ADVICE);
    }
    let reason = format!(
        "the container runs, but did not listen on {address} within {} s: {}",
        limit.as_secs(),
        unreached.reason
    );
    Failure::new(ExitCode::NotReady, reason).with_hint(
        "the chaincode must listen where CHAINCODE_SERVER_ADDRESS says, at \"port\" of image.json; docker.start_timeout in launch.yaml is how long it may take. For a port of the loopback, the engine must be on the peer's host",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_reached_has_the_code_of_the_step_unless_nobody_listened() {
        let line = |step, is_silent| {
            let unreached = Unreached { step, reason: "why".to_owned(), is_silent };
            not_reached(&unreached, "127.0.0.1:20001", Duration::from_secs(9)).line()
        };
        for (step, is_silent, begin) in [
            (
                ExitCode::Tcp,
                true,
                "error 47 not ready in time: the container runs, but did not listen on 127.0.0.1:20001 within 9 s: why; hint: the chaincode must listen",
            ),
            (ExitCode::Tls, true, "error 47 not ready in time: "),
            (
                ExitCode::Resolve,
                false,
                "error 30 resolve: the chaincode is ready, but the peer cannot find 127.0.0.1:20001: why; hint: the peer must be in a network",
            ),
            (
                ExitCode::Tcp,
                false,
                "error 31 TCP: the chaincode is ready, but the peer cannot connect to 127.0.0.1:20001: why; hint: the engine must be",
            ),
            (ExitCode::Tls, false, "error 32 TLS: "),
            (ExitCode::Http2, false, "error 33 HTTP/2: "),
        ] {
            let line = line(step, is_silent);
            assert!(line.starts_with(begin), "{line}");
        }
    }
}

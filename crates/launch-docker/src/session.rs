//! One launch from beginning to end. It removes everything that it creates.

use std::cell::{Cell, OnceCell, RefCell};
use std::pin::pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use ccs_launch::docker::RUN;
use ccs_launch::lines::Lines;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_peer::Stop;
use futures_util::StreamExt as _;

use crate::Launch;
use crate::body;
use crate::connect::{BETWEEN_TRIES, Engine};
use crate::container;
use crate::end::{self, End, Known};
use crate::files;
use crate::image::{self, Found};
use crate::networks;

/// How long the call that creates the container may continue after SIGTERM, so that its result is known.
const UNDER_WAY: Duration = Duration::from_millis(700);

/// How long the removal may take: a peer kills all its builders five seconds after SIGTERM.
const REMOVAL: Duration = Duration::from_secs(4);

/// How often a container of the same name may reappear while this one is created.
const TRIES: usize = 3;

/// How long the last lines of the chaincode may take.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A launch, and what it has created so far.
struct Session<'a> {
    launch: &'a Launch<'a>,
    engine: OnceCell<Engine>,
    /// Whether a container may exist.
    is_made: Cell<bool>,
    /// The last line of the chaincode that is not blank.
    last: RefCell<String>,
}

/// A container that was started.
struct Started {
    id: String,
    image: Found,
}

/// Runs a launch.
pub(crate) async fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let session =
        Session { launch, engine: OnceCell::new(), is_made: Cell::new(false), last: RefCell::default() };
    let made = {
        let mut making = pin!(session.make());
        tokio::select! {
            made = &mut making => Some(made),
            () = stop.received() => {
                if session.is_made.get() {
                    // Its failure no longer matters.
                    let _ = tokio::time::timeout(UNDER_WAY, making).await;
                }
                None
            }
        }
    };
    match made {
        Some(Ok(started)) => Box::pin(session.follow(&started, &mut stop)).await,
        Some(Err(failure)) => {
            session.remove(false).await;
            Err(failure)
        }
        None => {
            session.remove(false).await;
            Ok(())
        }
    }
}

impl Session<'_> {
    /// Creates and starts the container.
    async fn make(&self) -> Result<Started, Failure> {
        let (plan, say) = (self.launch.plan, self.launch.say);
        let making = async {
            let engine = Engine::wait(&plan.engine, say).await?;
            let engine = self.engine.get_or_init(|| engine);
            let image = image::ready(engine, plan, say).await?;
            self.is_made.set(true);
            let id = self.start(engine, &image).await?;
            Ok(Started { id, image })
        };
        let limit = plan.start_timeout;
        let Ok(started) = tokio::time::timeout(limit, making).await else {
            return Err(crate::late(limit));
        };
        let started = started?;
        if plan.image.digest.is_empty() {
            say(&format!("the image {} is {}", plan.image.reference(), started.image.id));
        }
        say(&format!("the chaincode runs in the container {}", plan.name));
        Ok(started)
    }

    /// Removes an older container of the same name, creates the new one and starts it; returns its ID.
    async fn start(&self, engine: &Engine, image: &Found) -> Result<String, Failure> {
        let plan = self.launch.plan;
        let networks = networks::find(engine, &plan.network).await?.names;
        let id = self.create(engine, image, networks.first().map_or("host", String::as_str)).await?;
        for network in networks.iter().skip(1) {
            networks::connect(engine, &id, network, None).await?;
        }
        files::upload(engine, plan, &id).await?;
        container::start(engine, &id).await.map_err(|refusal| container::not_started(&refusal))?;
        Ok(id)
    }

    async fn create(&self, engine: &Engine, image: &Found, network: &str) -> Result<String, Failure> {
        let plan = self.launch.plan;
        let body = body::of(plan, image, network);
        for _ in 0..TRIES {
            if container::remove(engine, &plan.name).await? {
                (self.launch.say)(&format!("removed the older container {}", plan.name));
            }
            if let Some(id) = container::create(engine, &plan.name, body.clone()).await? {
                return Ok(id);
            }
        }
        Err(Failure::new(ExitCode::NotReady, format!("the name {} of the container is taken", plan.name)))
    }

    /// Passes on the output of the chaincode until it ends or a signal stops it.
    async fn follow(&self, started: &Started, stop: &mut Stop) -> Result<(), Failure> {
        let Some(engine) = self.engine.get() else { return Ok(()) };
        let plan = self.launch.plan;
        let mut output = pin!(self.pass_on(engine, &started.id));
        let mut waiting = pin!(end::wait(engine, &started.id, &plan.name));
        let mut has_output = true;
        let end = loop {
            tokio::select! {
                end = &mut waiting => break Some(end),
                () = stop.received() => break None,
                () = &mut output, if has_output => has_output = false,
            }
        };
        let Some(end) = end else {
            let mut removal = pin!(self.remove(true));
            loop {
                tokio::select! {
                    () = &mut removal => break,
                    () = &mut output, if has_output => has_output = false,
                }
            }
            return Ok(());
        };
        if has_output {
            let _ = tokio::time::timeout(LAST_LINES, output).await;
        }
        self.end(end, started).await
    }

    /// Passes on the output of the chaincode, line by line, until the container ends.
    async fn pass_on(&self, engine: &Engine, id: &str) {
        let mut options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true);
        let mut lines = (Lines::default(), Lines::default());
        let each = |line: &str| {
            (self.launch.chaincode)(line);
            if !line.trim().is_empty() {
                line.clone_into(&mut self.last.borrow_mut());
            }
        };
        loop {
            let mut output = engine.patient.logs(id, Some(options.build()));
            let broken = loop {
                match output.next().await {
                    Some(Ok(LogOutput::StdErr { message })) => lines.1.take(&message, each),
                    Some(Ok(other)) => lines.0.take(&other.into_bytes(), each),
                    Some(Err(error)) => break end::is_away(&error),
                    None => break false,
                }
            };
            if !broken {
                break;
            }
            // An engine that restarts may keep its containers running.
            tokio::time::sleep(BETWEEN_TRIES).await;
            options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).tail("0");
        }
        lines.0.finish(each);
        lines.1.finish(each);
    }

    /// Reports how it ended.
    async fn end(&self, end: End, started: &Started) -> Result<(), Failure> {
        let plan = self.launch.plan;
        let known = Known {
            last: &self.last.borrow().clone(),
            image: &started.image.architecture,
            engine: self.engine.get().map_or("", |engine| &engine.architecture),
            memory: plan.host_config.memory,
        };
        let Some(failure) = end.failure(&known) else {
            (self.launch.say)("another launch of the same chaincode has taken over");
            return Ok(());
        };
        self.remove(false).await;
        Err(failure)
    }

    /// Removes the container of this launch, but not that of another launch with the same name; with `gently`, it stops the
    /// chaincode first.
    async fn remove(&self, gently: bool) {
        let (Some(engine), true) = (self.engine.get(), self.is_made.get()) else { return };
        let plan = self.launch.plan;
        let removing = async {
            let found = match container::look_up(engine, &plan.name).await {
                Ok(found) => found,
                Err(refusal) if refusal.is_missing() => return Ok(false),
                Err(refusal) => {
                    let attempt = format!("look for the container {}", plan.name);
                    return Err(refusal.failure(&attempt, ExitCode::NotReady, "try docker inspect"));
                }
            };
            let own = plan.labels.get(RUN).map(String::as_str);
            let (true, Some(id)) = (container::run_of(&found) == own, &found.id) else { return Ok(false) };
            if gently {
                container::stop(engine, id).await;
            }
            container::remove(engine, id).await
        };
        let failure = match tokio::time::timeout(REMOVAL, removing).await {
            Ok(Ok(_)) if gently => return (self.launch.say)("the chaincode was stopped"),
            Ok(Ok(_)) => return,
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(
                ExitCode::Unreachable,
                format!(
                    "the engine did not remove the container {} within {} s",
                    plan.name,
                    REMOVAL.as_secs()
                ),
            ),
        };
        (self.launch.say)(&format!("warning: {failure}; the next launch removes it"));
    }
}

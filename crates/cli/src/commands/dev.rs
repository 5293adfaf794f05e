//! `ccs dev`: a peer of its own, on which chaincode runs and applications work.
//!
//! A [`plan`] says which chaincodes are to run; the [`network`] is laid and serves; the [`supervisor`] keeps the chaincode
//! running that is started here; the [`story`] tells what happens. Everything ends with one signal.

mod credentials;
mod network;
mod packages;
mod plan;
mod story;
mod supervisor;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ccs_peer::{ConnectionInfo, Observer, Peer, Source};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::cli::Dev;
use crate::deployment;
use crate::failure::Failure;
use crate::stop_signals::StopSignals;
use credentials::Credentials;
use network::Ground;
use plan::{How, Planned};
use story::{Connect, Story};
use supervisor::{Happening, Supervised};

/// How long a server that somebody else has started is dialled, as a peer does without another word.
const DIAL_TIMEOUT: Duration = ConnectionInfo::DEFAULT_DIAL_TIMEOUT;

pub(crate) fn run(options: &Dev) -> Result<(), Failure> {
    let planned = plan::make(options)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    runtime.block_on(live(options, &planned))
}

/// Lives until a signal comes, or something without which there is no peer fails.
async fn live(options: &Dev, planned: &[Planned]) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let (signals, stopping) = (StopSignals::catch()?, stop.clone());
    tokio::spawn(async move {
        signals.received().await;
        stopping.cancel();
    });
    let story = Story::new(options.json);
    let clients = network::listen(options.listen, "--listen").await?;
    let chaincode = network::listen(options.chaincode_listen, "--chaincode-listen").await?;
    let ground = network::lay(options, planned, local_address(&clients)?, &story)?;
    let Some(prepared) = stop.run_until_cancelled(prepare(options, &ground)).await else { return Ok(()) };
    prepared?;
    let mut tasks = JoinSet::new();

    let chaincode_endpoint = local_address(&chaincode)?;
    let credentials = Credentials::new(options, &ground, chaincode_endpoint)?;
    let watching = story.clone();
    let observer = Observer::new(move |event| watching.event(&event));
    let chaincodes = ground.peer.chaincodes().clone();
    let serving =
        ccs_peer::serve_chaincode(chaincode, credentials.tls(), chaincodes, observer.clone(), stop.clone());
    tasks.spawn(async move { serving.await.map_err(|error| Failure::from_error(&error)) });
    for chaincode in planned {
        let starting = start(options, &ground, chaincode, &credentials);
        let Some(command) = stop.run_until_cancelled(starting).await else { break };
        if let Some(supervised) = command? {
            let tell = tell(&story, &ground.peer, chaincode, Arc::clone(&supervised.was_ready));
            tasks.spawn(supervisor::keep_running(supervised, tell, stop.clone()));
        } else {
            welcome(&story, &ground.peer, chaincode, &credentials);
        }
    }
    announce(options, &ground, &story, credentials.endpoint());

    let serving = network::serve_clients(options, &ground, clients, observer, stop.clone());
    let served = tokio::select! {
        served = serving => served,
        ended = first_failure(&mut tasks) => ended,
        () = stop.cancelled() => Ok(()),
    };
    stop.cancel();
    ground.peer.chaincodes().close().await;
    while tasks.join_next().await.is_some() {}
    served
}

/// Finds again what was there before.
async fn prepare(options: &Dev, ground: &Ground) -> Result<(), Failure> {
    network::mirror(options, ground).await?;
    ground.packages.restore().await;
    Ok(())
}

fn local_address(listener: &tokio::net::TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure::from_error(&error))
}

/// Makes a chaincode known to the peer; gives the command to keep running if there is one.
async fn start(
    options: &Dev,
    ground: &Ground,
    chaincode: &Planned,
    credentials: &Credentials,
) -> Result<Option<Supervised>, Failure> {
    let id = chaincode.id.as_str();
    match &chaincode.how {
        How::Package { file, id: package_id } => {
            ground.packages.deploy(package_id, file).await?;
        }
        How::Server { address } => {
            network::reach(
                &ground.peer,
                id,
                Source::ForeignServer(network::plaintext(address, DIAL_TIMEOUT)),
            );
        }
        How::Client => {
            // With TLS, this writes the files that it connects with.
            credentials.variables(&chaincode.name, id)?;
            network::reach(&ground.peer, id, Source::Client);
        }
        How::Command(command) => {
            let mut variables: Vec<(String, String)> = Vec::new();
            if options.chaincode_tls {
                network::reach(&ground.peer, id, Source::Client);
            } else {
                let address = deployment::free_address()?;
                let info = network::plaintext(&address, options.startup_timeout);
                network::reach(&ground.peer, id, Source::Server(info));
                variables.extend(server_variables(id, &address));
            }
            let connecting = credentials.variables(&chaincode.name, id)?;
            variables
                .extend(connecting.into_iter().map(|variable| (variable.name.to_owned(), variable.value)));
            return Ok(Some(Supervised {
                command: command.clone(),
                variables,
                watched: options.watch.clone(),
                unwatched: options.state.iter().chain([&options.organizations]).cloned().collect(),
                was_ready: Arc::default(),
            }));
        }
    }
    Ok(None)
}

/// Gives the variables by which a shim becomes a server in plaintext, where those by which it connects do not do it.
fn server_variables(id: &str, address: &str) -> [(String, String); 5] {
    [
        // Fabric's samples in Go, and the Rust sample.
        ("CHAINCODE_ID", id),
        // Java becomes a server by this one.
        ("CHAINCODE_SERVER_ADDRESS", address),
        ("CHAINCODE_TLS_DISABLED", "true"),
        // Node.js.
        ("CORE_CHAINCODE_ID", id),
        ("CORE_CHAINCODE_ADDRESS", address),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// Tells of a command of ours, and connects to the chaincode each time it was started.
fn tell(
    story: &Story,
    peer: &Arc<Peer>,
    chaincode: &Planned,
    was_ready: Arc<AtomicBool>,
) -> impl FnMut(Happening) + Send + use<> {
    let (story, peer) = (story.clone(), Arc::clone(peer));
    let (name, id) = (chaincode.name.clone(), chaincode.id.clone());
    let mut launching: Option<JoinHandle<()>> = None;
    move |happening| {
        if !matches!(happening, Happening::Started(_)) {
            // Nobody is at the other end of its stream any more, and it is not taken for ready.
            peer.chaincodes().disconnect(&id);
            // What waits for it to be ready would tell of the next one, too.
            if let Some(launching) = launching.take() {
                launching.abort();
            }
        }
        match happening {
            Happening::Started(process) => {
                story.chaincode(&name, &id, &format!("started, process {process}"));
                let (peer, was_ready) = (Arc::clone(&peer), Arc::clone(&was_ready));
                let launched = launch(story.clone(), peer, name.clone(), id.clone(), was_ready);
                launching = Some(tokio::spawn(launched));
            }
            Happening::Ended(status) => {
                story.chaincode(&name, &id, &format!("ended: {status}; it is started again"));
            }
            Happening::Failed(status) => {
                story.chaincode(
                    &name,
                    &id,
                    &format!("failed to start: {status}; it is started again when a file changes"),
                );
            }
            Happening::Changed(file) => {
                let here = std::env::current_dir().unwrap_or_default();
                let file = file.strip_prefix(&here).unwrap_or(&file);
                story.chaincode(&name, &id, &format!("starts again, {} has changed", file.display()));
            }
        }
    }
}

/// Connects to a chaincode of somebody else, or waits for it.
fn welcome(story: &Story, peer: &Arc<Peer>, chaincode: &Planned, credentials: &Credentials) {
    match &chaincode.how {
        How::Client => {
            let id = &chaincode.id;
            let with = credentials.environment_file(&chaincode.name);
            let with =
                with.map(|file| format!(", with the variables of {}", file.display())).unwrap_or_default();
            story.chaincode(&chaincode.name, id, &format!("is awaited: let it connect as {id}{with}"));
        }
        _ => drop(tokio::spawn(launch(
            story.clone(),
            Arc::clone(peer),
            chaincode.name.clone(),
            chaincode.id.clone(),
            // Whoever started it starts it again, too.
            Arc::default(),
        ))),
    }
}

/// Waits until a chaincode is ready, notes it and tells of it.
async fn launch(story: Story, peer: Arc<Peer>, name: String, id: String, was_ready: Arc<AtomicBool>) {
    match peer.chaincodes().launch(&id).await {
        Ok(()) => {
            was_ready.store(true, Ordering::Relaxed);
            story.chaincode(&name, &id, &format!("is ready as {id}"));
        }
        Err(error) => {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            story.warn(&format!("{name} is not there yet, the next transaction tries again: {error}{hint}"));
        }
    }
}

fn announce(options: &Dev, ground: &Ground, story: &Story, chaincode_endpoint: &str) {
    let crypto_path = network::crypto_path(options, &ground.plan);
    story.ready(&Connect {
        msp: options.msp.as_str(),
        channels: &options.channels,
        endpoint: &ground.plan.endpoint,
        host_alias: &ground.plan.peer_name(),
        crypto_path: &crypto_path.to_string_lossy(),
        is_tls: !options.no_tls,
        chaincode_endpoint,
        is_chaincode_tls: options.chaincode_tls,
    });
}

/// Waits for a task that fails; those that end well do not matter.
async fn first_failure(tasks: &mut JoinSet<Result<(), Failure>>) -> Result<(), Failure> {
    while let Some(ended) = tasks.join_next().await {
        if let Ok(Err(failure)) = ended {
            return Err(failure);
        }
    }
    std::future::pending().await
}

//! `ccs dev`: a peer of its own, on which chaincode runs and applications work.
//!
//! A [`plan`] says which chaincodes are to run; the [`network`] is laid and serves; the [`supervisor`] keeps the chaincode
//! running that is started here; the [`story`] tells what happens. Everything ends with one signal.

mod network;
mod plan;
mod story;
mod supervisor;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ccs_peer::{ConnectionInfo, Observer, Peer, Source};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::Dev;
use crate::deployment;
use crate::failure::Failure;
use crate::programs;
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
    let story = Story::new(options.json);
    let clients = network::listen(options.listen, "--listen").await?;
    let chaincode = network::listen(options.chaincode_listen, "--chaincode-listen").await?;
    let ground = network::lay(options, planned, local_address(&clients)?)?;
    network::mirror(options, &ground, planned).await?;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();

    let chaincode_endpoint = local_address(&chaincode)?.to_string();
    let peer = Arc::clone(&ground.peer);
    let stopped = stop.clone();
    tasks.spawn(async move {
        network::serve_chaincode(&peer, chaincode, stopped).await;
        Ok(())
    });
    let build = tempfile::tempdir().map_err(|error| Failure::from_error(&error))?;
    for chaincode in planned {
        let command = start(options, &ground, chaincode, build.path(), &chaincode_endpoint).await?;
        if let Some(supervised) = command {
            let tell = tell(&story, &ground.peer, chaincode);
            tasks.spawn(supervisor::keep_running(supervised, tell, stop.clone()));
        } else {
            welcome(&story, &ground.peer, chaincode);
        }
    }
    announce(options, &ground, &story, &chaincode_endpoint);

    let watching = story.clone();
    let observer = Observer::new(move |event| watching.event(&event));
    let serving = network::serve_clients(options, &ground, clients, observer, stop.clone());
    let served = tokio::select! {
        served = serving => served,
        ended = first_failure(&mut tasks) => ended,
        () = signalled() => Ok(()),
    };
    stop.cancel();
    ground.peer.chaincodes().close().await;
    while tasks.join_next().await.is_some() {}
    served
}

fn local_address(listener: &tokio::net::TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure::from_error(&error))
}

/// Makes a chaincode known to the peer; gives the command to keep running if there is one.
async fn start(
    options: &Dev,
    ground: &Ground,
    chaincode: &Planned,
    build: &std::path::Path,
    chaincode_endpoint: &str,
) -> Result<Option<Supervised>, Failure> {
    let id = chaincode.id.as_str();
    match &chaincode.how {
        How::Package { file, id: package_id } => {
            let builder = build.join("builder");
            if !builder.is_dir() {
                deployment::install(&programs::ccs_builder(options.builder.as_deref())?, &builder)?;
            }
            let released =
                deployment::build((package_id, file), &builder, &build.join("peer"), &mut |_| ()).await?;
            let info = ConnectionInfo::read(&released)
                .map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
            network::reach(&ground.peer, id, Source::Server(info));
        }
        How::Server { address } => {
            network::reach(
                &ground.peer,
                id,
                Source::ForeignServer(network::plaintext(address, DIAL_TIMEOUT)),
            );
        }
        How::Client => network::reach(&ground.peer, id, Source::Client),
        How::Command(command) => {
            let address = deployment::free_address()?;
            let info = network::plaintext(&address, options.startup_timeout);
            network::reach(&ground.peer, id, Source::Server(info));
            return Ok(Some(Supervised {
                command: command.clone(),
                variables: variables(options, id, &address, chaincode_endpoint),
                watched: options.watch.clone(),
            }));
        }
    }
    Ok(None)
}

/// Gives every variable by which a shim becomes a server, and those by which it connects if it is none.
fn variables(options: &Dev, id: &str, address: &str, chaincode_endpoint: &str) -> Vec<(String, String)> {
    [
        // Fabric's samples in Go, and the Rust sample.
        ("CHAINCODE_ID", id),
        ("CHAINCODE_SERVER_ADDRESS", address),
        ("CHAINCODE_TLS_DISABLED", "true"),
        // Node.js as a server.
        ("CORE_CHAINCODE_ID", id),
        ("CORE_CHAINCODE_ADDRESS", address),
        // Java as a server, and every shim that connects.
        ("CORE_CHAINCODE_ID_NAME", id),
        ("CORE_PEER_TLS_ENABLED", "false"),
        ("CORE_PEER_ADDRESS", chaincode_endpoint),
        ("CORE_PEER_LOCALMSPID", options.msp.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Tells of a command of ours, and connects to the chaincode each time it was started.
fn tell(story: &Story, peer: &Arc<Peer>, chaincode: &Planned) -> impl FnMut(Happening) + Send + use<> {
    let (story, peer) = (story.clone(), Arc::clone(peer));
    let (name, id) = (chaincode.name.clone(), chaincode.id.clone());
    move |happening| match happening {
        Happening::Started(process) => {
            story.chaincode(&name, &id, &format!("started, process {process}"));
            tokio::spawn(launch(story.clone(), Arc::clone(&peer), name.clone(), id.clone()));
        }
        Happening::Ended(status) => {
            story.chaincode(&name, &id, &format!("ended: {status}; it is started again"));
        }
        Happening::Changed(file) => {
            story.chaincode(&name, &id, &format!("starts again, {} has changed", file.display()));
        }
    }
}

/// Connects to a chaincode of somebody else, or waits for it.
fn welcome(story: &Story, peer: &Arc<Peer>, chaincode: &Planned) {
    match &chaincode.how {
        How::Client => {
            let id = &chaincode.id;
            story.chaincode(&chaincode.name, id, &format!("is awaited: let it connect as {id}"));
        }
        _ => drop(tokio::spawn(launch(
            story.clone(),
            Arc::clone(peer),
            chaincode.name.clone(),
            chaincode.id.clone(),
        ))),
    }
}

async fn launch(story: Story, peer: Arc<Peer>, name: String, id: String) {
    match peer.chaincodes().launch(&id).await {
        Ok(()) => story.chaincode(&name, &id, &format!("is ready as {id}")),
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

/// Waits until somebody wants the peer to stop.
async fn signalled() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

//! `ccs dev`: a peer of its own, on which chaincode runs and applications work.
//!
//! A [`plan`] says which chaincodes are to run; the [`network`] is laid and serves; the [`supervisor`] keeps the chaincode
//! running that is started here; the [`story`] tells what happens, and [`follow`] what becomes of each chaincode. Everything
//! ends with one signal.

mod credentials;
mod exposure;
mod follow;
mod network;
mod output;
mod packages;
mod plan;
mod state;
mod story;
mod supervisor;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ccs_chaincode::Source;
use ccs_dial::ConnectionInfo;
use ccs_peer::Observer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::Dev;
use crate::deployment;
use crate::failure::Failure;
use crate::stop_signals::StopSignals;
use credentials::Credentials;
use exposure::Listeners;
use follow::Followed;
use network::Ground;
use plan::{How, Planned};
use story::{Connect, Story};
use supervisor::Supervised;

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

    let listeners = Listeners {
        clients: local_address(&clients)?,
        is_tls: !options.no_tls,
        chaincode: local_address(&chaincode)?,
        is_chaincode_tls: options.chaincode_tls,
    };
    for warning in exposure::warnings(&listeners) {
        story.warn(&warning);
    }
    let credentials = Credentials::new(options, &ground, listeners.chaincode)?;
    let watching = story.clone();
    let observer = Observer::new(move |event| watching.event(&event));
    let chaincodes = ground.peer.chaincodes().clone();
    let serving =
        ccs_peer::serve_chaincode(chaincode, credentials.tls(), chaincodes, observer.clone(), stop.clone());
    tasks.spawn(async move { serving.await.map_err(|error| Failure::from_error(&error)) });
    for chaincode in planned {
        let starting = start(options, &ground, chaincode, &credentials, &story);
        let Some(command) = stop.run_until_cancelled(starting).await else { break };
        let followed = Followed::planned(&story, &ground.peer, chaincode);
        if let Some(supervised) = command? {
            let tell = followed.command(Arc::clone(&supervised.was_ready));
            tasks.spawn(supervisor::keep_running(supervised, tell, stop.clone()));
        } else if let How::Client = chaincode.how {
            followed.awaited(credentials.environment_file(&chaincode.name).as_deref());
        } else {
            followed.launched();
        }
    }
    announce(options, &ground, &story, &listeners, credentials.endpoint());

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
    story: &Story,
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
            credentials.connecting(&chaincode.name, id)?;
            network::reach(&ground.peer, id, Source::Client);
        }
        How::Command(command) => {
            let address = deployment::free_address()?;
            // Which role it takes is up to the command: it is dialled there until it registers, and may connect meanwhile.
            let variables = credentials.either_role(&chaincode.name, id, &address)?;
            let server = credentials.server(address, options.startup_timeout);
            network::reach(&ground.peer, id, Source::Server(server));
            return Ok(Some(Supervised {
                command: command.clone(),
                variables: variables.into_iter().map(|it| (it.name.to_owned(), it.value)).collect(),
                peer_address: credentials.endpoint().to_owned(),
                watched: options.watch.clone(),
                unwatched: options.state.iter().chain([&options.organizations]).cloned().collect(),
                was_ready: Arc::default(),
                output: story.output(&chaincode.name, id),
            }));
        }
    }
    Ok(None)
}

fn announce(options: &Dev, ground: &Ground, story: &Story, listeners: &Listeners, chaincode_endpoint: &str) {
    let crypto_path = network::crypto_path(options, &ground.plan);
    story.ready(&Connect {
        msp: options.msp.as_str(),
        channels: &options.channels,
        listen: listeners.clients,
        endpoint: &ground.plan.endpoint,
        host_alias: &ground.plan.peer_name(),
        crypto_path: &crypto_path.to_string_lossy(),
        is_tls: listeners.is_tls,
        chaincode_listen: listeners.chaincode,
        chaincode_endpoint,
        is_chaincode_tls: listeners.is_chaincode_tls,
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

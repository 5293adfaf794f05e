//! The lifecycle of a development network, from opening the listeners to the shutdown.

use std::net::SocketAddr;
use std::sync::Arc;

use ccs_chaincode::Source;
use ccs_dial::ConnectionInfo;
use ccs_peer::{ChaincodeListenerOptions, Observer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deployment;
use crate::error::Error;
use crate::event::{Event, Ready, Report};
use crate::exposure;
use crate::network::DevNetwork;
use crate::options::Options;
use crate::output::Output;
use crate::plan::{ChaincodePlan, Launch};
use crate::supervisor::{self, Supervised};
use crate::watcher::ChaincodeWatcher;

/// Runs a development network until `stop` is canceled, or until an essential part fails.
///
/// Reports events. [`Event::Ready`] is the first one after which clients can connect.
pub async fn run(options: &Options, report: Report, stop: CancellationToken) -> Result<(), Error> {
    let clients = TcpListener::bind(options.listen)
        .await
        .map_err(|source| Error::ListenForClients { address: options.listen, source })?;
    let chaincode = TcpListener::bind(options.chaincode_listen)
        .await
        .map_err(|source| Error::ListenForChaincode { address: options.chaincode_listen, source })?;
    let (listen, chaincode_listen) = (local_address(&clients)?, local_address(&chaincode)?);
    let network = DevNetwork::open(options, (listen, chaincode_listen), &report)?;
    let ready = Ready {
        msp_id: options.msp.clone(),
        channels: options.channels.clone(),
        listen,
        endpoint: network.plan.endpoint.clone(),
        host_alias: network.plan.peer_name(),
        crypto_path: network.crypto_path(options),
        is_tls: options.tls,
        chaincode_listen,
        chaincode_endpoint: network.credentials.endpoint().to_owned(),
        is_chaincode_tls: options.chaincode_tls,
    };
    for warning in exposure::warnings(&ready) {
        report(Event::Warning(warning));
    }
    let mut life = Life { options, network: &network, report: &report, stop: &stop, tasks: JoinSet::new() };
    let lived = life.live((clients, chaincode), ready).await;
    // In any case, stop everything that was started.
    stop.cancel();
    network.packages.close().await;
    network.peer.chaincodes().close().await;
    while life.tasks.join_next().await.is_some() {}
    lived
}

/// Running network.
struct Life<'a> {
    options: &'a Options,
    network: &'a DevNetwork,
    report: &'a Report,
    stop: &'a CancellationToken,
    tasks: JoinSet<Result<(), Error>>,
}

impl Life<'_> {
    /// Serves chaincode and clients until it is stopped, or an essential part fails.
    async fn live(
        &mut self,
        (clients, chaincode): (TcpListener, TcpListener),
        ready: Ready,
    ) -> Result<(), Error> {
        let Self { options, network, report, stop, tasks } = self;
        let Some(restored) = stop.run_until_cancelled(network.restore(options)).await else { return Ok(()) };
        restored?;
        let told = Arc::clone(report);
        let observer = Observer::new(move |event| told(Event::Peer(event)));
        let listener_options = ChaincodeListenerOptions {
            tls: network.credentials.tls(),
            observer: observer.clone(),
            budget: network.budget.clone(),
        };
        let chaincodes = network.peer.chaincodes().clone();
        let serving = ccs_peer::serve_chaincode(chaincode, listener_options, chaincodes, stop.clone());
        tasks.spawn(async move { serving.await.map_err(Error::from) });
        network.packages.launch();
        for plan in &options.chaincodes {
            let start = Start { options, network, report };
            let Some(started) = stop.run_until_cancelled(start.chaincode(plan)).await else { break };
            if let Some(supervised) = started? {
                let watcher = ChaincodeWatcher::planned(report, &network.peer, plan);
                let tell = watcher.command(Arc::clone(&supervised.was_ready));
                tasks.spawn(supervisor::keep_running(supervised, tell, stop.clone()));
            }
        }
        report(Event::Ready(ready));
        let serving = network.serve_clients(options, clients, observer, stop.clone());
        tokio::select! {
            served = serving => served,
            failure = first_failure(tasks) => Err(failure),
            () = stop.cancelled() => Ok(()),
        }
    }
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(Error::Port)
}

/// Waits for the first task that fails, ignoring those that succeed.
async fn first_failure(tasks: &mut JoinSet<Result<(), Error>>) -> Error {
    while let Some(ended) = tasks.join_next().await {
        if let Ok(Err(failure)) = ended {
            return failure;
        }
    }
    std::future::pending().await
}

/// Context for starting a chaincode.
struct Start<'a> {
    options: &'a Options,
    network: &'a DevNetwork,
    report: &'a Report,
}

impl Start<'_> {
    /// Registers a chaincode with the peer and follows it. Returns the command to keep running, if there is one.
    async fn chaincode(&self, plan: &ChaincodePlan) -> Result<Option<Supervised>, Error> {
        let (chaincodes, id) = (self.network.peer.chaincodes(), plan.id.as_str());
        let watcher = || ChaincodeWatcher::planned(self.report, &self.network.peer, plan);
        match &plan.launch {
            Launch::Package { file, id } => {
                self.network.packages.deploy(id, file).await?;
                watcher().launched();
            }
            Launch::Server { address } => {
                let dial_timeout = ConnectionInfo::DEFAULT_DIAL_TIMEOUT;
                let server = ConnectionInfo { address: address.clone(), dial_timeout, tls: None };
                chaincodes.add(id, Source::ForeignServer(server));
                watcher().launched();
            }
            Launch::Client => {
                // With TLS, this writes the files with which it connects.
                self.network.credentials.connecting(&plan.name, id)?;
                chaincodes.add(id, Source::Client);
                watcher().connecting(self.network.credentials.environment_file(&plan.name));
            }
            Launch::Command(command) => return self.command(plan, command).map(Some),
        }
        Ok(None)
    }

    /// Prepares a command. It may serve or connect: the peer dials it until it has registered either way.
    fn command(&self, plan: &ChaincodePlan, command: &str) -> Result<Supervised, Error> {
        let address = deployment::free_address().map_err(Error::Port)?;
        let variables = self.network.credentials.either_role(&plan.name, &plan.id, &address)?;
        let server = self.network.credentials.server(address, self.options.startup_timeout);
        self.network.peer.chaincodes().add(&plan.id, Source::Server(server));
        let options = self.options;
        Ok(Supervised {
            command: command.to_owned(),
            variables: variables.into_iter().map(|it| (it.name.to_owned(), it.value)).collect(),
            peer_address: self.network.credentials.endpoint().to_owned(),
            watched: options.watch.clone(),
            unwatched: options.state.iter().chain([&options.organizations]).cloned().collect(),
            was_ready: Arc::default(),
            output: self.output(plan),
        })
    }

    /// Returns a receiver that reports the output of a chaincode's command.
    fn output(&self, plan: &ChaincodePlan) -> Output {
        let (report, name, id) = (Arc::clone(self.report), plan.name.clone(), plan.id.clone());
        Arc::new(move |stream, line| {
            report(Event::Output { name: name.clone(), id: id.clone(), stream, line: line.to_owned() });
        })
    }
}

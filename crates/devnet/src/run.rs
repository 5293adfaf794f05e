//! The lifecycle of a development network, from opening the listeners to the shutdown.

use std::net::SocketAddr;
use std::sync::Arc;

use ccs_chaincode::Source;
use ccs_dial::ConnectionInfo;
use ccs_identity::{CaProfile, MspId};
use ccs_peer::{ChaincodeListenerOptions, Observer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::authority::Authority;
use crate::deployment;
use crate::error::Error;
use crate::event::{Event, NetworkReport, Report};
use crate::exposure;
use crate::network::{Addresses, DevNetwork, DevPeer};
use crate::options::Options;
use crate::output::Output;
use crate::plan::{ChaincodePlan, Launch};
use crate::supervisor::{self, Supervised};
use crate::watcher::ChaincodeWatcher;

/// Runs a development network until `stop` is canceled, or until an essential part fails.
///
/// Reports events. [`Event::Ready`] is the first one of a peer after which clients can connect.
pub async fn run(options: &Options, report: NetworkReport, stop: CancellationToken) -> Result<(), Error> {
    let peers = options.of_peers()?;
    let listeners = Listeners::bind(&peers, options.orderer_listen()).await?;
    let addresses = listeners.addresses()?;
    let reports = peers.iter().map(|peer| of_peer(&report, options, &peer.msp)).collect();
    let network = DevNetwork::open(options, peers, &addresses, reports)?;
    let mut life = Life { root: options, network: &network, stop: &stop, tasks: JoinSet::new() };
    let lived = life.live(listeners, &addresses).await;
    // In any case, stop everything that was started.
    stop.cancel();
    for peer in &network.peers {
        peer.packages.close().await;
        peer.support.chaincodes().close().await;
    }
    while life.tasks.join_next().await.is_some() {}
    lived
}

/// Returns the receiver of a peer's events, which names the organization if there are several.
fn of_peer(report: &NetworkReport, options: &Options, organization: &MspId) -> Report {
    let report = Arc::clone(report);
    let organization = options.orgs.map(|_| organization.clone());
    Arc::new(move |event| report(organization.as_ref(), event))
}

/// Open listeners of a network.
struct Listeners {
    clients: Vec<TcpListener>,
    chaincode: Vec<TcpListener>,
    /// For each peer, that of its organization's CA, if one is wanted.
    cas: Vec<Option<TcpListener>>,
    orderer: Option<TcpListener>,
}

impl Listeners {
    async fn bind(peers: &[Options], orderer: Option<SocketAddr>) -> Result<Self, Error> {
        let mut listeners =
            Self { clients: Vec::new(), chaincode: Vec::new(), cas: Vec::new(), orderer: None };
        let for_clients = |address| move |source| Error::ListenForClients { address, source };
        for options in peers {
            let clients = TcpListener::bind(options.listen).await;
            listeners.clients.push(clients.map_err(for_clients(options.listen))?);
            let address = options.chaincode_listen;
            let chaincode = TcpListener::bind(address).await;
            listeners
                .chaincode
                .push(chaincode.map_err(|source| Error::ListenForChaincode { address, source })?);
            listeners.cas.push(match options.ca {
                Some(address) => Some(listen_for_ca(address).await?),
                None => None,
            });
        }
        if let Some(address) = orderer {
            listeners.orderer = Some(TcpListener::bind(address).await.map_err(for_clients(address))?);
        }
        Ok(listeners)
    }

    fn addresses(&self) -> Result<Addresses, Error> {
        let of_peer = |(clients, chaincode)| Ok((local_address(clients)?, local_address(chaincode)?));
        let peers = self.clients.iter().zip(&self.chaincode).map(of_peer);
        Ok(Addresses {
            peers: peers.collect::<Result<_, Error>>()?,
            orderer: self.orderer.as_ref().map(local_address).transpose()?,
        })
    }
}

/// Running network.
struct Life<'a> {
    root: &'a Options,
    network: &'a DevNetwork,
    stop: &'a CancellationToken,
    tasks: JoinSet<Result<(), Error>>,
}

impl Life<'_> {
    /// Serves chaincode and clients until it is stopped, or an essential part fails.
    async fn live(&mut self, listeners: Listeners, addresses: &Addresses) -> Result<(), Error> {
        let Listeners { clients, chaincode, cas, orderer } = listeners;
        let (mut observers, mut ready) = (Vec::new(), Vec::new());
        let listeners = chaincode.into_iter().zip(cas);
        for (index, (peer, (listener, ca))) in self.network.peers.iter().zip(listeners).enumerate() {
            let ca = ca.map(|listener| self.authority(peer, listener)).transpose()?;
            if let Some(addresses) = peer.ready(addresses, index, ca.as_ref()) {
                for warning in exposure::warnings(&addresses) {
                    (peer.report)(Event::Warning(warning));
                }
                ready.push((&peer.report, addresses));
            }
            peer.update_profiles(ca, self.network.orderer_profile(addresses));
            let told = Arc::clone(&peer.report);
            let observer = Observer::new(move |event| told(Event::Peer(event)));
            observers.push(observer.clone());
            if !self.start(peer, listener, observer).await? {
                return Ok(());
            }
        }
        for (report, ready) in ready {
            report(Event::Ready(ready));
        }
        self.network.serve_clients((clients, orderer), observers, self.stop, &mut self.tasks)?;
        tokio::select! {
            failure = first_failure(&mut self.tasks) => Err(failure),
            () = self.stop.cancelled() => Ok(()),
        }
    }

    /// Serves the Fabric CA of a peer's organization.
    fn authority(&mut self, peer: &DevPeer, listener: TcpListener) -> Result<CaProfile, Error> {
        let address = local_address(&listener)?;
        let authority = Authority::open(&peer.options, &peer.plan, listener)?;
        if let Some(warning) = exposure::warning_of_ca(address) {
            (peer.report)(Event::Warning(warning));
        }
        let profile = authority.profile();
        self.tasks.spawn(authority.serve(self.stop.clone()));
        Ok(profile)
    }

    /// Serves a peer's chaincode, and starts it. Returns whether the network is still wanted.
    async fn start(
        &mut self,
        peer: &DevPeer,
        listener: TcpListener,
        observer: Observer,
    ) -> Result<bool, Error> {
        let Self { root, network, stop, tasks } = self;
        let Some(restored) = stop.run_until_cancelled(peer.restore()).await else { return Ok(false) };
        restored?;
        let options = ChaincodeListenerOptions {
            tls: peer.credentials.tls(),
            observer,
            budget: network.budget.clone(),
        };
        let chaincodes = peer.support.chaincodes().clone();
        let serving = ccs_peer::serve_chaincode(listener, options, chaincodes, stop.clone());
        tasks.spawn(async move { serving.await.map_err(Error::from) });
        peer.packages.launch();
        for plan in &peer.options.chaincodes {
            let start = Start { root, peer };
            let Some(started) = stop.run_until_cancelled(start.chaincode(plan)).await else {
                return Ok(false);
            };
            if let Some(supervised) = started? {
                let watcher = ChaincodeWatcher::planned(&peer.report, &peer.support, plan);
                let tell = watcher.command(Arc::clone(&supervised.was_ready));
                tasks.spawn(supervisor::keep_running(supervised, tell, stop.clone()));
            }
        }
        Ok(true)
    }
}

async fn listen_for_ca(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::ListenForCaClients { address, source })
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
    root: &'a Options,
    peer: &'a DevPeer,
}

impl Start<'_> {
    /// Registers a chaincode with the peer and follows it. Returns the command to keep running, if there is one.
    async fn chaincode(&self, plan: &ChaincodePlan) -> Result<Option<Supervised>, Error> {
        let (chaincodes, id) = (self.peer.support.chaincodes(), plan.id.as_str());
        let watcher = || ChaincodeWatcher::planned(&self.peer.report, &self.peer.support, plan);
        match &plan.launch {
            Launch::Package { file, id } => {
                self.peer.packages.deploy(id, file).await?;
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
                self.peer.credentials.connecting(&plan.name, id)?;
                chaincodes.add(id, Source::Client);
                watcher().connecting(self.peer.credentials.environment_file(&plan.name));
            }
            Launch::Command(command) => return self.command(plan, command).map(Some),
        }
        Ok(None)
    }

    /// Prepares a command. It may serve or connect: the peer dials it until it has registered either way.
    fn command(&self, plan: &ChaincodePlan, command: &str) -> Result<Supervised, Error> {
        let address = deployment::free_address().map_err(Error::Port)?;
        let variables = self.peer.credentials.either_role(&plan.name, &plan.id, &address)?;
        let server = self.peer.credentials.server(address, self.root.startup_timeout);
        self.peer.support.chaincodes().add(&plan.id, Source::Server(server));
        let options = self.root;
        Ok(Supervised {
            command: command.to_owned(),
            variables: variables.into_iter().map(|it| (it.name.to_owned(), it.value)).collect(),
            peer_address: self.peer.credentials.endpoint().to_owned(),
            watched: options.watch.clone(),
            unwatched: options.state.iter().chain([&options.organizations]).cloned().collect(),
            was_ready: Arc::default(),
            output: self.output(plan),
        })
    }

    /// Returns a receiver that reports the output of a chaincode's command.
    fn output(&self, plan: &ChaincodePlan) -> Output {
        let (report, name, id) = (Arc::clone(&self.peer.report), plan.name.clone(), plan.id.clone());
        Arc::new(move |stream, line| {
            report(Event::Output { name: name.clone(), id: id.clone(), stream, line: line.to_owned() });
        })
    }
}

//! The parts of a development network: organizations, ledgers, channels, chaincodes, packages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport};
use ccs_channel::{Channel, Definition, Signers};
use ccs_identity::{
    CaProfile, ChannelPlan, Domain, Endpoint, MspId, MspManager, NodeTls, Orderer, OrdererOrganization,
    OrdererPlan, OrdererProfile, OrderingPlan, Organization, OrganizationPlan, ProfileSettings,
};
use ccs_ledger::Store;
use ccs_peer::{Budget, NewPeer, Observer, Peer, PeerOptions, ServerTls};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::event::{Event, Ready, Report};
use crate::options::Options;
use crate::orderers;
use crate::packages::Packages;
use crate::plan::ChaincodePlan;
use crate::state;

/// Policy of a definition that does not set one.
const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// Network before it serves: the peer of each organization, and the orderer's organization if there is one.
pub(crate) struct DevNetwork {
    pub(crate) peers: Vec<DevPeer>,
    orderer: Option<OrdererOrganization>,
    /// Memory that clients and chaincode together may occupy before they have authenticated.
    pub(crate) budget: Budget,
}

/// Peer of an organization before it serves.
pub(crate) struct DevPeer {
    pub(crate) options: Options,
    pub(crate) organization: Organization,
    pub(crate) plan: OrganizationPlan,
    pub(crate) support: Arc<ChaincodeSupport>,
    /// Credentials with which chaincode connects or serves.
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) packages: Packages,
    pub(crate) report: Report,
}

/// Addresses on which a network listens.
pub(crate) struct Addresses {
    /// Addresses of each peer, for clients and for chaincode.
    pub(crate) peers: Vec<(SocketAddr, SocketAddr)>,
    /// Address of the orderer, if it has its own.
    pub(crate) orderer: Option<SocketAddr>,
}

impl DevNetwork {
    /// Opens or creates the organizations, opens the ledgers, and defines the chaincodes on each channel. `options` and
    /// `reports` are those of each peer.
    pub(crate) fn open(
        root: &Options,
        options: Vec<Options>,
        addresses: &Addresses,
        reports: Vec<Report>,
    ) -> Result<Self, Error> {
        let mut peers = Vec::new();
        for ((options, report), address) in options.into_iter().zip(reports).zip(&addresses.peers) {
            peers.push(DevPeer::open(options, *address, report)?);
        }
        let orderer = addresses.orderer.map(|address| -> Result<_, Error> {
            let plan = orderer_plan(address)?;
            let opened = OrdererOrganization::open_or_make(&plan, &root.organizations, SystemTime::now());
            Ok((opened?.0, plan, address))
        });
        let orderer = orderer.transpose()?;
        let ledgers = match &root.state {
            Some(folder) => {
                state::prepare(folder)?;
                Store::open(folder)?
            }
            None => Store::temporary()?,
        };
        if let Some(first) = peers.first() {
            for setback in ledgers.setbacks() {
                (first.report)(Event::Warning(setback.to_string()));
            }
            for name in &root.channels {
                let ordering = match &orderer {
                    None => Orderer::Members(first.plan.endpoint.clone()),
                    Some((organization, plan, address)) => {
                        Orderer::Organization(ordering(organization, plan, *address, &peers))
                    }
                };
                join(&ledgers, name, ordering, &peers)?;
            }
        }
        let orderer = orderer.map(|(organization, ..)| organization);
        Ok(Self { peers, orderer, budget: Budget::new() })
    }

    /// Returns how applications reach the orderer, if it has its own address.
    pub(crate) fn orderer_profile(&self, addresses: &Addresses) -> Option<OrdererProfile> {
        let (organization, address) = self.orderer.as_ref().zip(addresses.orderer)?;
        Some(OrdererProfile { endpoint: endpoint(address), tls_ca: organization.tls().ca.clone() })
    }

    /// Starts the peers with one ordering service, and serves their clients until `stop` is canceled. Each server is a
    /// task, which then shuts down in order.
    pub(crate) fn serve_clients(
        &self,
        (listeners, orderer): (Vec<TcpListener>, Option<TcpListener>),
        observers: Vec<Observer>,
        stop: &CancellationToken,
        tasks: &mut JoinSet<Result<(), Error>>,
    ) -> Result<(), Error> {
        let new = self.peers.iter().zip(observers).map(|(peer, observer)| peer.node(observer, &self.budget));
        let nodes = Peer::start_network(new.collect());
        let tls = |tls: &NodeTls| {
            let server = &tls.server;
            ServerTls::from_pem(server.certificate.as_bytes(), server.key.as_bytes())
        };
        if let (Some(listener), Some(organization), Some(node)) = (orderer, &self.orderer, nodes.first()) {
            let is_tls = self.peers.first().is_some_and(|peer| peer.options.tls);
            let tls = is_tls.then(|| tls(organization.tls())).transpose()?;
            let serving =
                ccs_peer::serve_orderer(listener, tls, Arc::clone(node), stop.clone().cancelled_owned());
            tasks.spawn(async move { Ok(serving.await?) });
        }
        for ((peer, node), listener) in self.peers.iter().zip(nodes).zip(listeners) {
            let tls = peer.options.tls.then(|| tls(peer.organization.tls())).transpose()?;
            let serving = ccs_peer::serve(listener, tls, node, stop.clone().cancelled_owned());
            tasks.spawn(async move { Ok(serving.await?) });
        }
        Ok(())
    }
}

impl DevPeer {
    fn open(
        options: Options,
        (clients, chaincode): (SocketAddr, SocketAddr),
        report: Report,
    ) -> Result<Self, Error> {
        let plan = OrganizationPlan {
            msp_id: options.msp.clone(),
            domain: match &options.domain {
                Some(domain) => domain.clone(),
                None => domain_of(&options.msp)?,
            },
            hosts: Vec::new(),
            endpoint: endpoint(clients),
        };
        let (organization, _) = Organization::open_or_make(&plan, &options.organizations, SystemTime::now())?;
        if let Some(warning) = other_host(&options, &plan, &organization) {
            report(Event::Warning(warning));
        }
        let support = Arc::new(ChaincodeSupport::new(limits(&options)));
        let credentials = Arc::new(Credentials::new(&options, &plan.peer_name(), chaincode)?);
        let packages = Packages::new(&options, (&plan.peer_name(), &support), &credentials, &report)?;
        Ok(Self { options, organization, plan, support, credentials, packages, report })
    }

    /// Writes into the connection profiles how applications reach this network.
    pub(crate) fn update_profiles(&self, ca: Option<CaProfile>, orderer: Option<OrdererProfile>) {
        let settings = ProfileSettings {
            is_tls: self.options.tls,
            channels: self.options.channels.clone(),
            orderer,
            ca,
        };
        // Applications without a profile work regardless.
        let folder = &self.options.organizations;
        if let Err(error) = self.organization.update_profiles(&self.plan, folder, &settings) {
            (self.report)(Event::Warning(error.to_string()));
        }
    }

    /// Restores earlier state: the copies in CouchDB, and the packages that clients have installed.
    pub(crate) async fn restore(&self) -> Result<(), Error> {
        if let Some(server) = &self.options.couchdb {
            for channel in self.support.channels() {
                let chaincodes = channel.defined()?;
                channel.mirror_to(server.clone(), &chaincodes).await?;
            }
        }
        self.packages.restore().await;
        Ok(())
    }

    fn node(&self, observer: Observer, budget: &Budget) -> NewPeer {
        let msps = Arc::new(MspManager::new(vec![Arc::clone(self.organization.msp())]));
        // As in the test network, a network of several organizations names its peers in errors.
        let address = match self.options.orgs {
            Some(_) => format!("{}:{}", self.plan.peer_name(), port(&self.plan.endpoint)),
            None => self.plan.endpoint.clone(),
        };
        let mut options = PeerOptions::new(address, Arc::clone(self.organization.peer()), msps);
        options.endorsement_timeout = options.endorsement_timeout.max(self.options.execute_timeout);
        options.observer = observer;
        options.budget = budget.clone();
        options.packages = Arc::new(self.packages.clone());
        NewPeer::with_chaincode(options, &self.support)
    }

    /// Returns what clients and chaincode must know of the peer that listens at these addresses.
    pub(crate) fn ready(&self, addresses: &Addresses, index: usize, ca: Option<&CaProfile>) -> Option<Ready> {
        let (listen, chaincode_listen) = *addresses.peers.get(index)?;
        Some(Ready {
            msp_id: self.options.msp.clone(),
            channels: self.options.channels.clone(),
            listen,
            endpoint: self.plan.endpoint.clone(),
            host_alias: self.plan.peer_name(),
            crypto_path: self.crypto_path(),
            is_tls: self.options.tls,
            chaincode_listen,
            chaincode_endpoint: self.credentials.endpoint().to_owned(),
            is_chaincode_tls: self.options.chaincode_tls,
            orderer_endpoint: addresses.orderer.map(endpoint),
            ca_endpoint: ca.map(|ca| ca.endpoint.clone()),
        })
    }

    /// Returns the organization's folder, as a path that is valid in any working directory of an application.
    fn crypto_path(&self) -> PathBuf {
        let folder = Organization::folder(&self.options.organizations, &self.plan);
        folder.canonicalize().unwrap_or_else(|_| Path::new(".").join(folder))
    }
}

/// Describes the test network's orderer organization, with an orderer at an address.
fn orderer_plan(address: SocketAddr) -> Result<OrdererPlan, Error> {
    let mut plan = OrdererPlan::of_test_network();
    if !address.ip().is_loopback() && !address.ip().is_unspecified() {
        plan.hosts.push(address.ip().to_string().parse()?);
    }
    Ok(plan)
}

/// Describes the ordering of a channel by an organization of its own, at the addresses of the test network.
fn ordering(
    organization: &OrdererOrganization,
    plan: &OrdererPlan,
    address: SocketAddr,
    peers: &[DevPeer],
) -> OrderingPlan {
    let anchor = |peer: &DevPeer| {
        let endpoint = Endpoint { host: peer.plan.peer_name(), port: port(&peer.plan.endpoint) };
        (peer.plan.msp_id.clone(), endpoint)
    };
    OrderingPlan {
        msp: Arc::clone(organization.msp()),
        consenter: Endpoint { host: plan.orderer_name(), port: address.port() },
        certificate: organization.tls().server.certificate.clone(),
        anchor_peers: peers.iter().map(anchor).collect(),
    }
}

/// Opens or creates a channel, defines the chaincodes, and joins all peers.
fn join(store: &Store, name: &str, orderer: Orderer, peers: &[DevPeer]) -> Result<(), Error> {
    let msps: Vec<_> = peers.iter().map(|peer| Arc::clone(peer.organization.msp())).collect();
    let plan = ChannelPlan { name: name.to_owned(), organizations: msps.clone(), orderer };
    let genesis = || ccs_identity::genesis_block(&plan, SystemTime::now());
    let organizations: Vec<_> = peers.iter().map(|peer| peer.options.msp.as_str()).collect();
    let ledgers = store.replicas(name, &organizations, genesis)?;
    let Some(first) = peers.first() else { return Ok(()) };
    // No client relies on ports that differ at each start.
    let has_fixed_port = first.options.listen.port() != 0;
    let moved = ledgers.first().filter(|_| has_fixed_port);
    if let Some(warning) = moved.and_then(|ledger| orderers::moved(ledger, &plan.orderer.address())) {
        (first.report)(Event::Warning(warning));
    }
    let of_peer = |(peer, ledger): (&DevPeer, _)| {
        Arc::new(Channel::new(ledger, msps.clone()).of_organization(peer.options.msp.clone()))
    };
    let channels: Vec<_> = peers.iter().zip(ledgers).map(of_peer).collect();
    let signers: Vec<_> = peers.iter().map(|peer| &**peer.organization.peer()).collect();
    for chaincode in &first.options.chaincodes {
        let signers = Signers { client: first.organization.admin(), peers: &signers };
        define(&channels, chaincode, signers)?;
        for channel in &channels {
            channel.bind(&chaincode.name, &chaincode.id);
        }
    }
    for (peer, channel) in peers.iter().zip(channels) {
        peer.support.join(channel);
    }
    Ok(())
}

/// Returns the port of an address in the form `host:port`.
fn port(endpoint: &str) -> u16 {
    endpoint.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default()
}

/// Returns limits that keep the connection of a chaincode stopped in a debugger for as long as a transaction may
/// take.
fn limits(options: &Options) -> ChaincodeLimits {
    let usual = ChaincodeLimits::default();
    ChaincodeLimits {
        startup_timeout: options.startup_timeout,
        execute_timeout: options.execute_timeout,
        ping_timeout: usual.ping_timeout.max(options.execute_timeout),
        ..usual
    }
}

/// Returns the domain that test networks use for an MSP: org1.example.com for `Org1MSP`.
fn domain_of(msp: &MspId) -> Result<Domain, Error> {
    let name = msp.as_str().strip_suffix("MSP").unwrap_or(msp.as_str()).to_lowercase();
    let domain = format!("{name}.example.com").parse();
    domain.map_err(|source| Error::Domain { msp: msp.clone(), source })
}

/// Returns the address that clients dial. Replaces a loopback address by a host name.
pub(crate) fn endpoint(address: SocketAddr) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// Returns a warning if the TLS certificate is not for the host at which clients dial the peer, as one from cryptogen
/// may be.
fn other_host(options: &Options, plan: &OrganizationPlan, organization: &Organization) -> Option<String> {
    let host = plan.endpoint_host();
    if !options.tls || organization.tls().is_for(host) {
        return None;
    }
    let certificate = Organization::folder(&options.organizations, plan)
        .join("peers")
        .join(plan.peer_name())
        .join("tls/server.crt");
    Some(format!(
        "{} is not for host '{host}': clients that dial {} must expect the name {} in the certificate; move the \
         organization's folder away to create a certificate for every host",
        certificate.display(),
        plan.endpoint,
        plan.peer_name(),
    ))
}

/// Defines a chaincode again if its definition differs from the one on the channel.
fn define(channels: &[Arc<Channel>], plan: &ChaincodePlan, signers: Signers<'_>) -> Result<(), Error> {
    let Some(channel) = channels.first() else { return Ok(()) };
    let known = channel.definition(&plan.name)?;
    let policy =
        ccs_proto::common::application_policy::Type::ChannelConfigPolicyReference(ENDORSEMENT.to_owned());
    let wanted = Definition {
        sequence: known.as_ref().map_or(1, |known| known.sequence),
        version: plan.version.clone(),
        init_required: plan.init_required,
        endorsement_plugin: "escc".to_owned(),
        validation_plugin: "vscc".to_owned(),
        validation_parameter: ccs_proto::common::ApplicationPolicy { r#type: Some(policy) }.encode_to_vec(),
        collections: plan.collections.clone().into(),
    };
    let next = match known {
        Some(known) if *known == wanted => return Ok(()),
        Some(known) => Definition { sequence: known.sequence + 1, ..wanted },
        None => wanted,
    };
    ccs_channel::define(channels, (&plan.name, &next), signers)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_chaincode_that_a_debugger_may_halt_keeps_its_connection() {
        let mut options = Options::for_tests();
        options.execute_timeout = Duration::from_hours(1);
        let hour = limits(&options);
        assert_eq!(
            (hour.execute_timeout, hour.ping_timeout),
            (Duration::from_hours(1), Duration::from_hours(1))
        );
        options.execute_timeout = Duration::from_secs(1);
        assert_eq!(limits(&options).ping_timeout, ChaincodeLimits::default().ping_timeout);
    }

    #[test]
    fn a_host_that_the_certificate_lacks_is_a_warning() {
        let mut options = Options::for_tests();
        let mut plan = OrganizationPlan {
            msp_id: options.msp.clone(),
            domain: "org1.example.com".parse().unwrap(),
            hosts: Vec::new(),
            endpoint: "localhost:7051".to_owned(),
        };
        let organization = Organization::in_memory(&plan, SystemTime::now()).unwrap();
        assert_eq!(other_host(&options, &plan, &organization), None);
        plan.endpoint = "192.0.2.7:7051".to_owned();
        assert_eq!(
            other_host(&options, &plan, &organization).unwrap(),
            "organizations/peerOrganizations/org1.example.com/peers/peer0.org1.example.com/tls/server.crt is not for \
             host '192.0.2.7': clients that dial 192.0.2.7:7051 must expect the name peer0.org1.example.com in the \
             certificate; move the organization's folder away to create a certificate for every host"
        );
        options.tls = false;
        assert_eq!(other_host(&options, &plan, &organization), None);
    }

    #[test]
    fn an_msp_id_without_a_domain_is_named() {
        let error = domain_of(&"-org".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "cannot derive a domain from the MSP ID -org");
    }

    #[test]
    fn a_channel_that_names_another_orderer_is_a_warning() {
        let store = Store::temporary().unwrap();
        let genesis = |orderer: &str| {
            let plan = ChannelPlan {
                name: "mychannel".to_owned(),
                organizations: Vec::new(),
                orderer: Orderer::Members(orderer.to_owned()),
            };
            ccs_identity::genesis_block(&plan, SystemTime::now())
        };
        let ledger = store.channel("mychannel", || genesis("localhost:7051")).unwrap();
        assert_eq!(orderers::moved(&ledger, "localhost:7051"), None);
        assert_eq!(
            orderers::moved(&ledger, "localhost:8051").unwrap(),
            "channel mychannel names the orderer at localhost:7051, but it listens on localhost:8051: use the ports of the \
             first start, or a new folder for --state"
        );
    }

    #[test]
    fn the_orderers_certificate_is_for_the_announced_host() {
        let hosts = |address: &str| {
            let plan = orderer_plan(address.parse().unwrap()).unwrap();
            plan.hosts.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(hosts("192.0.2.7:7050"), ["192.0.2.7"]);
        assert_eq!(hosts("[2001:db8::7]:7050"), ["2001:db8::7"]);
        assert!(hosts("0.0.0.0:7050").is_empty() && hosts("127.0.0.1:7050").is_empty());
    }
}

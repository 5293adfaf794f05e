//! The peer of `ccs dev` and what it is made of: organization, ledger, channels, chaincodes, services.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_chaincode::{Limits, Peer, Source};
use ccs_channel::{Channel, Definition};
use ccs_dial::ConnectionInfo;
use ccs_identity::{ChannelPlan, Domain, MspId, MspManager, Organization, OrganizationPlan};
use ccs_ledger::Store;
use ccs_peer::{Node, NodeOptions, Observer, Tls};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::packages::Packages;
use super::plan::Planned;
use super::state;
use super::story::Story;
use crate::cli::Dev;
use crate::failure::Failure;

/// The policy that a definition without one of its own has.
const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// What the peer stands on, before it serves.
pub(super) struct Ground {
    pub(super) organization: Organization,
    pub(super) plan: OrganizationPlan,
    pub(super) peer: Arc<Peer>,
    pub(super) packages: Packages,
}

/// Finds or makes the organization, opens the ledger, and defines the chaincodes on each channel.
pub(super) fn lay(
    options: &Dev,
    planned: &[Planned],
    clients: SocketAddr,
    story: &Story,
) -> Result<Ground, Failure> {
    let plan = OrganizationPlan {
        msp_id: options.msp.clone(),
        domain: match &options.domain {
            Some(domain) => domain.clone(),
            None => domain_of(&options.msp)?,
        },
        hosts: Vec::new(),
        endpoint: endpoint(clients),
    };
    let (organization, _) = Organization::open_or_make(&plan, &options.organizations, SystemTime::now())
        .map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    let ledgers = match &options.state {
        Some(folder) => {
            state::prepare(folder)?;
            Store::open(folder)
        }
        None => Store::temporary(),
    };
    let ledgers = ledgers.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    for setback in ledgers.setbacks() {
        story.warn(&setback.to_string());
    }
    let peer = Arc::new(Peer::new(limits(options)));
    for name in &options.channels {
        let channel_plan = ChannelPlan {
            name: name.clone(),
            organizations: vec![Arc::clone(organization.msp())],
            orderer: plan.endpoint.clone(),
        };
        let genesis = || ccs_identity::genesis_block(&channel_plan, SystemTime::now());
        let ledger =
            ledgers.channel(name, genesis).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
        let channel =
            Channel::new(ledger, vec![Arc::clone(organization.msp())]).of_organization(options.msp.clone());
        for chaincode in planned {
            define(&channel, chaincode)?;
            channel.bind(&chaincode.name, &chaincode.id);
        }
        peer.join(Arc::new(channel));
    }
    let packages = Packages::new(options, &peer, story)?;
    Ok(Ground { organization, plan, peer, packages })
}

/// Lets a chaincode that a debugger has halted keep its connection for as long as its answer may take.
fn limits(options: &Dev) -> Limits {
    let usual = Limits::default();
    Limits {
        startup_timeout: options.startup_timeout,
        execute_timeout: options.execute_timeout,
        ping_timeout: usual.ping_timeout.max(options.execute_timeout),
        ..usual
    }
}

/// Copies each channel to CouchDB, if it is to answer rich queries.
pub(super) async fn mirror(options: &Dev, ground: &Ground) -> Result<(), Failure> {
    let Some(server) = &options.couchdb else { return Ok(()) };
    for channel in ground.peer.channels() {
        let chaincodes = channel.defined().map_err(|error| Failure::from_error(&error))?;
        let mirrored = channel.mirror_to(server.clone(), &chaincodes).await;
        mirrored.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    }
    Ok(())
}

/// Gives the domain that test networks have for an MSP: org1.example.com for `Org1MSP`.
fn domain_of(msp: &MspId) -> Result<Domain, Failure> {
    let name = msp.as_str().strip_suffix("MSP").unwrap_or(msp.as_str()).to_lowercase();
    format!("{name}.example.com").parse().map_err(|error: ccs_identity::DomainError| {
        Failure::from_error(&error)
            .hint("give the organization a domain: --domain org1.example.com".to_owned())
    })
}

/// Gives the address that clients dial: a name in place of an address of this machine alone.
fn endpoint(address: SocketAddr) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// Defines a chaincode anew if its definition is another than the one on the channel.
fn define(channel: &Channel, planned: &Planned) -> Result<(), Failure> {
    let failed = |error: ccs_channel::DefinitionError| Failure::from_error(&error);
    let known = channel.definition(&planned.name).map_err(failed)?;
    let policy =
        ccs_proto::common::application_policy::Type::ChannelConfigPolicyReference(ENDORSEMENT.to_owned());
    let wanted = Definition {
        sequence: known.as_ref().map_or(1, |known| known.sequence),
        version: planned.version.clone(),
        init_required: planned.init_required,
        endorsement_plugin: "escc".to_owned(),
        validation_plugin: "vscc".to_owned(),
        validation_parameter: ccs_proto::common::ApplicationPolicy { r#type: Some(policy) }.encode_to_vec(),
        collections: planned.collections.clone().into(),
    };
    match known {
        Some(known) if *known == wanted => Ok(()),
        Some(known) => channel
            .define(&planned.name, &Definition { sequence: known.sequence + 1, ..wanted })
            .map_err(failed),
        None => channel.define(&planned.name, &wanted).map_err(failed),
    }
}

/// Tells the peer how a chaincode is reached.
pub(super) fn reach(peer: &Peer, id: &str, source: Source) {
    peer.chaincodes().add(id, source);
}

/// Describes a server in plaintext.
pub(super) fn plaintext(address: &str, dial_timeout: Duration) -> ConnectionInfo {
    ConnectionInfo { address: address.to_owned(), dial_timeout, tls: None }
}

/// Listens on an address.
pub(super) async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}"))
            .hint(format!("stop what listens there, or take another address: {option} 127.0.0.1:0"))
    })
}

/// Serves clients until the signal comes, then stops in order.
pub(super) async fn serve_clients(
    options: &Dev,
    ground: &Ground,
    listener: TcpListener,
    observer: Observer,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let tls = if options.no_tls {
        None
    } else {
        let server = &ground.organization.tls().server;
        let tls = Tls::from_pem(server.certificate.as_bytes(), server.key.as_bytes());
        Some(tls.map_err(|error| Failure::from_error(&error))?)
    };
    let msps = Arc::new(MspManager::new(vec![Arc::clone(ground.organization.msp())]));
    let mut node_options = NodeOptions::new(
        ground.plan.endpoint.clone(),
        Arc::clone(ground.organization.peer()),
        Arc::clone(&msps),
    );
    node_options.endorsement_timeout = node_options.endorsement_timeout.max(options.execute_timeout);
    node_options.observer = observer;
    node_options.packages = Arc::new(ground.packages.clone());
    let node = Node::of_peer(node_options, &ground.peer);
    ccs_peer::serve(listener, tls, node, stop.cancelled_owned())
        .await
        .map_err(|error| Failure::from_error(&error))
}

/// Gives the organization's folder as a path that holds wherever an application runs.
pub(super) fn crypto_path(options: &Dev, plan: &OrganizationPlan) -> PathBuf {
    let folder = Organization::folder(&options.organizations, plan);
    folder.canonicalize().unwrap_or_else(|_| Path::new(".").join(folder))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(arguments: &[&str]) -> Dev {
        match Cli::parse_from([&["ccs", "dev"], arguments].concat()).command {
            Command::Dev(options) => *options,
            _ => panic!("dev is dev"),
        }
    }

    #[test]
    fn what_may_stand_at_a_breakpoint_keeps_its_connection() {
        let hour = limits(&parsed(&["--execute-timeout", "1h"]));
        assert_eq!(
            (hour.execute_timeout, hour.ping_timeout),
            (Duration::from_hours(1), Duration::from_hours(1))
        );
        let second = limits(&parsed(&["--execute-timeout", "1s"]));
        assert_eq!(second.ping_timeout, Limits::default().ping_timeout);
    }
}

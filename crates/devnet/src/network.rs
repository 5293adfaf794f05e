//! The parts of a development network: organization, ledger, channels, chaincodes, packages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport};
use ccs_channel::{Channel, Definition, Signers};
use ccs_identity::{
    ChannelPlan, Domain, MspId, MspManager, Orderer, Organization, OrganizationPlan, ProfileSettings,
};
use ccs_ledger::Store;
use ccs_peer::{Budget, Observer, Peer, PeerOptions, ServerTls};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::event::{Event, Report};
use crate::options::Options;
use crate::packages::Packages;
use crate::plan::ChaincodePlan;
use crate::state;

/// Policy of a definition that does not set one.
const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// State that a peer needs before it serves.
pub(crate) struct DevNetwork {
    pub(crate) organization: Organization,
    pub(crate) plan: OrganizationPlan,
    pub(crate) peer: Arc<ChaincodeSupport>,
    /// Credentials with which chaincode connects or serves.
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) packages: Packages,
    /// Memory that clients and chaincode together may occupy before they have authenticated.
    pub(crate) budget: Budget,
}

impl DevNetwork {
    /// Opens or creates the organization, opens the ledger, and defines the chaincodes on each channel. The addresses
    /// are those on which the peer listens for clients and for chaincode.
    pub(crate) fn open(
        options: &Options,
        (clients, chaincode): (SocketAddr, SocketAddr),
        report: &Report,
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
        if let Some(warning) = other_host(options, &plan, &organization) {
            report(Event::Warning(warning));
        }
        let settings = ProfileSettings {
            is_tls: options.tls,
            channels: options.channels.clone(),
            ..ProfileSettings::default()
        };
        // Applications without a profile work regardless.
        if let Err(error) = organization.update_profiles(&plan, &options.organizations, &settings) {
            report(Event::Warning(error.to_string()));
        }
        let ledgers = match &options.state {
            Some(folder) => {
                state::prepare(folder)?;
                Store::open(folder)?
            }
            None => Store::temporary()?,
        };
        for setback in ledgers.setbacks() {
            report(Event::Warning(setback.to_string()));
        }
        let peer = Arc::new(ChaincodeSupport::new(limits(options)));
        for name in &options.channels {
            let channel_plan = ChannelPlan {
                name: name.clone(),
                organizations: vec![Arc::clone(organization.msp())],
                orderer: Orderer::Members(plan.endpoint.clone()),
            };
            let genesis = || ccs_identity::genesis_block(&channel_plan, SystemTime::now());
            let ledger = ledgers.channel(name, genesis)?;
            let channel = Channel::new(ledger, vec![Arc::clone(organization.msp())])
                .of_organization(options.msp.clone());
            for chaincode in &options.chaincodes {
                define(
                    &channel,
                    chaincode,
                    Signers { client: organization.admin(), peer: organization.peer() },
                )?;
                channel.bind(&chaincode.name, &chaincode.id);
            }
            peer.join(Arc::new(channel));
        }
        let credentials = Arc::new(Credentials::new(options, &plan.peer_name(), chaincode)?);
        let packages = Packages::new(options, (&plan.peer_name(), &peer), &credentials, report)?;
        Ok(Self { organization, plan, peer, credentials, packages, budget: Budget::new() })
    }

    /// Restores earlier state: the copies in CouchDB, and the packages that clients have installed.
    pub(crate) async fn restore(&self, options: &Options) -> Result<(), Error> {
        if let Some(server) = &options.couchdb {
            for channel in self.peer.channels() {
                let chaincodes = channel.defined()?;
                channel.mirror_to(server.clone(), &chaincodes).await?;
            }
        }
        self.packages.restore().await;
        Ok(())
    }

    /// Serves clients until `stop` is canceled, and then shuts down in order.
    pub(crate) async fn serve_clients(
        &self,
        options: &Options,
        listener: TcpListener,
        observer: Observer,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let tls = if options.tls {
            let server = &self.organization.tls().server;
            Some(ServerTls::from_pem(server.certificate.as_bytes(), server.key.as_bytes())?)
        } else {
            None
        };
        let msps = Arc::new(MspManager::new(vec![Arc::clone(self.organization.msp())]));
        let mut node_options = PeerOptions::new(
            self.plan.endpoint.clone(),
            Arc::clone(self.organization.peer()),
            Arc::clone(&msps),
        );
        node_options.endorsement_timeout = node_options.endorsement_timeout.max(options.execute_timeout);
        node_options.observer = observer;
        node_options.budget = self.budget.clone();
        node_options.packages = Arc::new(self.packages.clone());
        let node = Peer::with_chaincode(node_options, &self.peer);
        ccs_peer::serve(listener, tls, node, stop.cancelled_owned()).await?;
        Ok(())
    }

    /// Returns the organization's folder, as a path that is valid in any working directory of an application.
    pub(crate) fn crypto_path(&self, options: &Options) -> PathBuf {
        let folder = Organization::folder(&options.organizations, &self.plan);
        folder.canonicalize().unwrap_or_else(|_| Path::new(".").join(folder))
    }
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
fn endpoint(address: SocketAddr) -> String {
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
fn define(channel: &Channel, plan: &ChaincodePlan, signers: Signers<'_>) -> Result<(), Error> {
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
    match known {
        Some(known) if *known == wanted => {}
        Some(known) => {
            let next = Definition { sequence: known.sequence + 1, ..wanted };
            channel.define_by(&plan.name, &next, signers)?;
        }
        None => channel.define_by(&plan.name, &wanted, signers)?,
    }
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
}

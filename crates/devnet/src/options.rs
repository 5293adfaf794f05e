//! Options of a development network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ccs_identity::{Domain, Host, MspId, OrganizationPlan};

use crate::plan::ChaincodePlan;
use crate::programs::Programs;

/// Options of a development network.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chaincodes to run.
    pub chaincodes: Vec<ChaincodePlan>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Number of organizations, with the names, ports and orderer of Fabric's test network; [`None`] for one organization
    /// with the MSP ID below, which orders by itself.
    pub orgs: Option<u8>,
    /// MSP ID of the organization.
    pub msp: MspId,
    /// Domain of the organization; [`None`] for the default, such as `org1.example.com` for `Org1MSP`.
    pub domain: Option<Domain>,
    /// Address on which the peer listens for clients.
    pub listen: SocketAddr,
    /// Whether clients use TLS.
    pub tls: bool,
    /// Address on which the peer listens for chaincode.
    pub chaincode_listen: SocketAddr,
    /// Host names by which chaincode reaches the peer. The first one is advertised to chaincode.
    pub chaincode_hosts: Vec<Host>,
    /// Whether chaincode uses TLS.
    pub chaincode_tls: bool,
    /// Folder of certificates and keys, in the layout of cryptogen.
    pub organizations: PathBuf,
    /// Folder for the ledger and installed packages; [`None`] to keep nothing.
    pub state: Option<PathBuf>,
    /// CouchDB server that answers rich queries.
    pub couchdb: Option<ccs_couchdb::Server>,
    /// Folders whose changes restart a chaincode's command.
    pub watch: Vec<PathBuf>,
    /// Time limit for a chaincode to register.
    pub startup_timeout: Duration,
    /// Time limit for a transaction.
    pub execute_timeout: Duration,
    /// Programs of the builder, which are installed when the first package needs them.
    pub programs: Programs,
    /// Address of the Fabric CA; [`None`] for no CA.
    pub ca: Option<SocketAddr>,
    /// Settings of the launcher; [`None`] launches programs and source as processes.
    pub launch: Option<PathBuf>,
}

/// Distance between the ports of two organizations, as in the test network: 7051 and 9051.
const NEXT_PORT: u16 = 2000;

/// Distance between the ports of two Fabric CAs, as in the test network: 7054 and 8054.
const NEXT_CA: u16 = 1000;

/// Folder in the folder of a network's state, with the packages of each organization's peer.
pub(crate) const PEERS: &str = "peers";

impl Options {
    /// Returns the options of each organization's peer.
    pub(crate) fn of_peers(&self) -> Vec<Self> {
        let Some(count) = self.orgs else { return vec![self.clone()] };
        let of_peer = |number: u8| {
            let OrganizationPlan { msp_id, domain, .. } =
                OrganizationPlan::of_test_network(number, String::new());
            Self {
                listen: port_of(self.listen, number, NEXT_PORT),
                chaincode_listen: port_of(self.chaincode_listen, number, NEXT_PORT),
                ca: self.ca.map(|address| port_of(address, number, NEXT_CA)),
                state: self.state.as_ref().map(|folder| folder.join(PEERS).join(msp_id.as_str())),
                msp: msp_id,
                domain: Some(domain),
                ..self.clone()
            }
        };
        (1..=count).map(of_peer).collect()
    }

    /// Returns the MSP IDs of the organizations that events name; none for a network with the one organization of `msp`.
    #[must_use]
    pub fn organizations(&self) -> Vec<MspId> {
        self.orgs.map(|_| self.of_peers().into_iter().map(|peer| peer.msp).collect()).unwrap_or_default()
    }

    /// Returns the address on which an orderer of its own listens, next to that of the first peer: 7050 in the test
    /// network.
    pub(crate) fn orderer_listen(&self) -> Option<SocketAddr> {
        self.orgs?;
        let mut address = self.listen;
        address.set_port(address.port().saturating_sub(1));
        Some(address)
    }
}

/// Returns the address of an organization's peer or CA. Port 0, for any free port, stays.
fn port_of(mut address: SocketAddr, number: u8, distance: u16) -> SocketAddr {
    if address.port() != 0 {
        let distance = distance.saturating_mul(u16::from(number) - 1);
        address.set_port(address.port().saturating_add(distance));
    }
    address
}

#[cfg(test)]
impl Options {
    /// Returns the options of `ccs dev` without arguments.
    pub(crate) fn for_tests() -> Self {
        Self {
            chaincodes: Vec::new(),
            channels: vec!["mychannel".to_owned()],
            orgs: None,
            msp: "Org1MSP".parse().unwrap(),
            domain: None,
            listen: "127.0.0.1:7051".parse().unwrap(),
            tls: true,
            chaincode_listen: "127.0.0.1:7052".parse().unwrap(),
            chaincode_hosts: Vec::new(),
            chaincode_tls: false,
            organizations: "organizations".into(),
            state: None,
            couchdb: None,
            watch: Vec::new(),
            startup_timeout: Duration::from_mins(1),
            execute_timeout: Duration::from_secs(30),
            programs: Programs::Links("ccs".into()),
            ca: None,
            launch: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peers_of_a_network_have_the_ports_of_the_test_network() {
        let mut options = Options::for_tests();
        assert_eq!((options.of_peers().len(), options.orderer_listen()), (1, None));
        assert_eq!(options.of_peers()[0].domain, None);
        options.orgs = Some(3);
        options.state = Some(".ccs".into());
        let peers = options.of_peers();
        let shown = |peer: &Options| {
            let domain = peer.domain.as_ref().unwrap();
            format!("{} {domain} {} {}", peer.msp, peer.listen, peer.chaincode_listen)
        };
        assert_eq!(
            peers.iter().map(shown).collect::<Vec<_>>(),
            [
                "Org1MSP org1.example.com 127.0.0.1:7051 127.0.0.1:7052",
                "Org2MSP org2.example.com 127.0.0.1:9051 127.0.0.1:9052",
                "Org3MSP org3.example.com 127.0.0.1:11051 127.0.0.1:11052",
            ]
        );
        assert_eq!(peers[1].state.as_deref(), Some(".ccs/peers/Org2MSP".as_ref()));
        assert_eq!(options.orderer_listen(), Some("127.0.0.1:7050".parse().unwrap()));
        options.ca = Some("127.0.0.1:7054".parse().unwrap());
        let ports: Vec<_> = options.of_peers().iter().map(|peer| peer.ca.map(|ca| ca.port())).collect();
        assert_eq!(ports, [Some(7054), Some(8054), Some(9054)]);
        options.listen.set_port(0);
        assert_eq!(options.of_peers()[2].listen.port(), 0);
        assert_eq!(options.orderer_listen().unwrap().port(), 0);
    }
}

//! Options of a development network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ccs_identity::{Domain, Host, MspId, OrganizationPlan};

use crate::error::Error;
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

/// Port of the test network's first peer.
const FIRST_PORT: u16 = 7051;

impl Options {
    /// Returns the options of each organization's peer. Fails if their ports are not all different.
    pub(crate) fn of_peers(&self) -> Result<Vec<Self>, Error> {
        let Some(count) = self.orgs else { return Ok(vec![self.clone()]) };
        self.peers_of(count).ok_or_else(|| self.no_ports(count))
    }

    /// Returns the options of each organization's peer; [`None`] if two addresses collide, or if a port is too high.
    fn peers_of(&self, count: u8) -> Option<Vec<Self>> {
        let peers: Vec<_> = (1..=count).map(|number| self.of_peer(number)).collect::<Option<_>>()?;
        let mut taken: Vec<_> = self.orderer_listen().into_iter().collect();
        for address in peers.iter().flat_map(Self::addresses) {
            if taken.iter().any(|taken| collide(*taken, address)) {
                return None;
            }
            taken.push(address);
        }
        Some(peers)
    }

    fn of_peer(&self, number: u8) -> Option<Self> {
        let OrganizationPlan { msp_id, domain, .. } =
            OrganizationPlan::of_test_network(number, String::new());
        Some(Self {
            listen: port_of(self.listen, number, NEXT_PORT)?,
            chaincode_listen: port_of(self.chaincode_listen, number, NEXT_PORT)?,
            ca: match self.ca {
                Some(address) => Some(port_of(address, number, NEXT_CA)?),
                None => None,
            },
            state: self.state.as_ref().map(|folder| folder.join(PEERS).join(msp_id.as_str())),
            msp: msp_id,
            domain: Some(domain),
            ..self.clone()
        })
    }

    /// Returns the addresses on which a peer and its CA listen.
    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        [self.listen, self.chaincode_listen].into_iter().chain(self.ca)
    }

    /// Returns the error for ports that collide. Names the first option that works with another port.
    fn no_ports(&self, organizations: u8) -> Error {
        let with = |usual: u16, change: fn(&mut Self, u16)| {
            let works = |port: &u16| {
                let mut changed = self.clone();
                change(&mut changed, *port);
                changed.peers_of(organizations).is_some()
            };
            std::iter::once(usual).chain((FIRST_PORT..u16::MAX).step_by(500)).find(works)
        };
        let of_ca =
            |options: &mut Self, port| options.ca.iter_mut().for_each(|address| address.set_port(port));
        let options = [
            ("--listen", self.listen, with(FIRST_PORT, |options, port| options.listen.set_port(port))),
            (
                "--chaincode-listen",
                self.chaincode_listen,
                with(FIRST_PORT + 1, |options, port| options.chaincode_listen.set_port(port)),
            ),
        ];
        let of_ca = self.ca.map(|address| ("--ca", address, with(FIRST_PORT + 3, of_ca)));
        let mut options = options.into_iter().chain(of_ca);
        let found = options.find(|(.., usable)| usable.is_some());
        let (option, address, usable) = found.unwrap_or(("--listen", self.listen, None));
        Error::Ports { option, address, organizations, usable }
    }

    /// Returns the MSP IDs of the organizations that events name; none for a network with the one organization of `msp`.
    #[must_use]
    pub fn organizations(&self) -> Vec<MspId> {
        let of = |number| OrganizationPlan::of_test_network(number, String::new()).msp_id;
        self.orgs.map(|count| (1..=count).map(of).collect()).unwrap_or_default()
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

/// Returns the address of an organization's peer or CA; [`None`] if its port is too high. Port 0, for any free port,
/// stays.
fn port_of(mut address: SocketAddr, number: u8, distance: u16) -> Option<SocketAddr> {
    if address.port() != 0 {
        let distance = distance.checked_mul(u16::from(number) - 1)?;
        address.set_port(address.port().checked_add(distance)?);
    }
    Some(address)
}

/// Returns whether only one program can listen on the two addresses.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let is_same = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && is_same
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
        assert_eq!((options.of_peers().unwrap().len(), options.orderer_listen()), (1, None));
        assert_eq!(options.of_peers().unwrap()[0].domain, None);
        options.orgs = Some(3);
        options.state = Some(".ccs".into());
        let peers = options.of_peers().unwrap();
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
        let ports: Vec<_> =
            options.of_peers().unwrap().iter().map(|peer| peer.ca.map(|ca| ca.port())).collect();
        assert_eq!(ports, [Some(7054), Some(8054), Some(9054)]);
        options.listen.set_port(0);
        assert_eq!(options.of_peers().unwrap()[2].listen.port(), 0);
        assert_eq!(options.orderer_listen().unwrap().port(), 0);
    }

    #[test]
    fn ports_that_collide_or_do_not_exist_are_an_error() {
        let refused = |listen: &str, chaincode: &str, orgs| {
            let mut options = Options::for_tests();
            options.orgs = Some(orgs);
            options.listen = listen.parse().unwrap();
            options.chaincode_listen = chaincode.parse().unwrap();
            let error = options.of_peers().unwrap_err();
            format!("{error}; {}", error.hint().unwrap())
        };
        assert_eq!(
            refused("127.0.0.1:60000", "127.0.0.1:7052", 5),
            "--listen 127.0.0.1:60000 leaves no ports for 5 organizations; listen on port 7051: --listen 127.0.0.1:7051"
        );
        // The orderer would have the port for chaincode.
        assert_eq!(
            refused("0.0.0.0:7053", "127.0.0.1:7052", 2),
            "--listen 0.0.0.0:7053 leaves no ports for 2 organizations; listen on port 7051: --listen 0.0.0.0:7051"
        );
        assert_eq!(
            refused("127.0.0.1:7051", "127.0.0.1:65535", 2),
            "--chaincode-listen 127.0.0.1:65535 leaves no ports for 2 organizations; listen on port 7052: \
             --chaincode-listen 127.0.0.1:7052"
        );
        assert_eq!(
            refused("127.0.0.1:60000", "127.0.0.1:60001", 5),
            "--listen 127.0.0.1:60000 leaves no ports for 5 organizations; leave out the options that set addresses, to \
             use the ports of the test network"
        );
        let mut options = Options::for_tests();
        (options.orgs, options.listen) = (Some(2), "192.0.2.7:7053".parse().unwrap());
        assert!(options.of_peers().is_ok());
    }
}

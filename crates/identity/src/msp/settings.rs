//! What an MSP is made of.

use crate::certificate::Certificate;
use crate::msp_id::MspId;

/// Is what an MSP is made of: the content of an MSP folder, or of `FabricMSPConfig` in a channel's configuration.
#[derive(Clone, Debug)]
pub struct MspSettings {
    /// The ID.
    pub id: MspId,
    /// Root CA certificates; at least one.
    pub roots: Vec<Certificate>,
    /// Intermediate CA certificates.
    pub intermediates: Vec<Certificate>,
    /// Certificates that are administrators whatever their organizational unit.
    pub administrators: Vec<Certificate>,
    /// Revocation lists, DER.
    pub revocation_lists: Vec<Vec<u8>>,
    /// The organizational units that give roles; none when they are not enabled.
    pub node_units: Option<NodeUnits>,
    /// Organizational units of which an identity must have one, when `node_units` is none; empty demands nothing.
    pub units: Vec<UnitIdentifier>,
    /// Root CA certificates of TLS; they say nothing about identities.
    pub tls_roots: Vec<Certificate>,
    /// Intermediate CA certificates of TLS.
    pub tls_intermediates: Vec<Certificate>,
}

impl MspSettings {
    /// Returns settings of one root and nothing else.
    #[must_use]
    pub fn new(id: MspId, root: Certificate) -> Self {
        Self {
            id,
            roots: vec![root],
            intermediates: Vec::new(),
            administrators: Vec::new(),
            revocation_lists: Vec::new(),
            node_units: None,
            units: Vec::new(),
            tls_roots: Vec::new(),
            tls_intermediates: Vec::new(),
        }
    }
}

/// Names an organizational unit, and the CA that must have given it.
#[derive(Clone, Debug)]
pub struct UnitIdentifier {
    /// The value of OU in a certificate's subject.
    pub name: String,
    /// The CA certificate that must have issued the certificate; any of the MSP when none.
    pub certifier: Option<Certificate>,
}

/// Is the `NodeOUs` of an MSP: the organizational unit of each role.
#[derive(Clone, Debug, Default)]
pub struct NodeUnits {
    /// The unit of clients.
    pub client: Option<UnitIdentifier>,
    /// The unit of peers.
    pub peer: Option<UnitIdentifier>,
    /// The unit of administrators.
    pub admin: Option<UnitIdentifier>,
    /// The unit of orderers.
    pub orderer: Option<UnitIdentifier>,
}

impl NodeUnits {
    /// Returns the units that cryptogen and Fabric CA use: `client`, `peer`, `admin` and `orderer`.
    #[must_use]
    pub fn usual(certifier: Option<&Certificate>) -> Self {
        let unit = |name: &str| Some(UnitIdentifier { name: name.to_owned(), certifier: certifier.cloned() });
        Self { client: unit("client"), peer: unit("peer"), admin: unit("admin"), orderer: unit("orderer") }
    }
}

//! Settings of an MSP.

use crate::certificate::Certificate;
use crate::msp_id::MspId;

/// Settings of an MSP: the content of an MSP folder, or of `FabricMSPConfig` in a channel's configuration.
#[derive(Clone, Debug)]
pub struct MspSettings {
    /// ID of the MSP.
    pub id: MspId,
    /// Root CA certificates; at least one.
    pub roots: Vec<Certificate>,
    /// Intermediate CA certificates.
    pub intermediates: Vec<Certificate>,
    /// Certificates of administrators, regardless of their organizational units.
    pub administrators: Vec<Certificate>,
    /// Revocation lists, DER.
    pub revocation_lists: Vec<Vec<u8>>,
    /// Organizational units that grant roles; [`None`] if they are not enabled.
    pub node_units: Option<NodeUnits>,
    /// Organizational units for an MSP without `node_units`: an identity must have at least one of them. If empty, no unit
    /// is required.
    pub units: Vec<UnitIdentifier>,
    /// Root CA certificates for TLS; they are not used for identities.
    pub tls_roots: Vec<Certificate>,
    /// Intermediate CA certificates for TLS.
    pub tls_intermediates: Vec<Certificate>,
}

impl MspSettings {
    /// Creates settings with a single root certificate.
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

/// Organizational unit, and the CA that must have issued certificates with it.
#[derive(Clone, Debug)]
pub struct UnitIdentifier {
    /// Value of OU in a certificate's subject.
    pub name: String,
    /// CA certificate that must have issued the certificate; [`None`] for any CA of the MSP.
    pub certifier: Option<Certificate>,
}

/// `NodeOUs` of an MSP: the organizational unit of each role.
#[derive(Clone, Debug, Default)]
pub struct NodeUnits {
    /// Unit of clients.
    pub client: Option<UnitIdentifier>,
    /// Unit of peers.
    pub peer: Option<UnitIdentifier>,
    /// Unit of administrators.
    pub admin: Option<UnitIdentifier>,
    /// Unit of orderers.
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

//! Encodes an MSP as in the configuration of a channel.

use ccs_proto::msp::{FabricCryptoConfig, FabricMspConfig, FabricNodeOUs, FabricOuIdentifier, MspConfig};
use prost::Message as _;

use crate::certificate::Certificate;
use crate::msp::{MspSettings, NodeUnits, UnitIdentifier};

/// Number of the MSP type that uses X.509 certificates; the other type is Idemix.
const FABRIC: i32 = 0;

pub(super) fn msp_config(settings: &MspSettings) -> MspConfig {
    let crypto = FabricCryptoConfig {
        signature_hash_family: "SHA2".to_owned(),
        identity_identifier_hash_function: "SHA256".to_owned(),
    };
    let lists = settings.revocation_lists.iter().map(|der| pem("X509 CRL", der));
    let config = FabricMspConfig {
        name: settings.id.to_string(),
        root_certs: certificates(&settings.roots),
        intermediate_certs: certificates(&settings.intermediates),
        admins: certificates(&settings.administrators),
        revocation_list: lists.collect(),
        organizational_unit_identifiers: settings.units.iter().map(unit).collect(),
        crypto_config: Some(crypto),
        tls_root_certs: certificates(&settings.tls_roots),
        tls_intermediate_certs: certificates(&settings.tls_intermediates),
        fabric_node_ous: settings.node_units.as_ref().map(node_units),
    };
    MspConfig { r#type: FABRIC, config: config.encode_to_vec() }
}

fn node_units(units: &NodeUnits) -> FabricNodeOUs {
    FabricNodeOUs {
        enable: true,
        client_ou_identifier: units.client.as_ref().map(unit),
        peer_ou_identifier: units.peer.as_ref().map(unit),
        admin_ou_identifier: units.admin.as_ref().map(unit),
        orderer_ou_identifier: units.orderer.as_ref().map(unit),
    }
}

fn unit(unit: &UnitIdentifier) -> FabricOuIdentifier {
    let certificate = unit.certifier.as_ref().map(|ca| ca.pem().into_bytes()).unwrap_or_default();
    FabricOuIdentifier { certificate, organizational_unit_identifier: unit.name.clone() }
}

fn certificates(all: &[Certificate]) -> Vec<Vec<u8>> {
    all.iter().map(|certificate| certificate.pem().into_bytes()).collect()
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der.to_vec()), config).into_bytes()
}

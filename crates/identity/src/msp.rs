//! An MSP, which decides whether a certificate is an identity of an organization.

mod error;
mod folder;
mod revocation;
mod settings;

use prost::Message as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor};
use sha2::{Digest as _, Sha256};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use crate::certificate::Certificate;
use crate::identity::Identity;
use crate::msp_id::MspId;
use crate::role::Role;

pub use error::{MspError, ValidationError};
pub use folder::FolderError;
pub(crate) use folder::read_signer;
use revocation::RevocationList;
pub use settings::{MspSettings, NodeUnits, UnitIdentifier};

/// Signature algorithms of certificates. Includes RSA, since an organization may have an RSA CA, although RSA keys
/// cannot sign transactions.
pub(crate) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P256_SHA384,
    webpki::ring::ECDSA_P384_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::ED25519,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA512,
];

/// CA of the MSP, with the identifier of its chain: the SHA-256 of the certificates from this CA up to the root.
#[derive(Debug)]
struct Ca {
    certificate: Certificate,
    chain_identifier: [u8; 32],
    /// Whether this CA has issued another CA of the MSP, in which case it may not issue identities.
    has_issued_cas: bool,
}

/// MSP of an organization: decides which certificates are its identities, and their roles.
#[derive(Debug)]
pub struct Msp {
    settings: MspSettings,
    cas: Vec<Ca>,
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    revocation_lists: Vec<RevocationList>,
    node_units: Vec<NodeUnit>,
    units: Vec<(String, Option<[u8; 32]>)>,
}

/// Organizational unit that grants a role.
#[derive(Debug)]
struct NodeUnit {
    name: String,
    role: Role,
    certifier: Option<[u8; 32]>,
}

impl Msp {
    /// Creates an MSP, after the checks that a peer makes when it loads one.
    pub fn new(settings: MspSettings) -> Result<Self, MspError> {
        if settings.roots.is_empty() {
            return Err(MspError::NoRoot(settings.id));
        }
        let revocation_lists = settings.revocation_lists.iter().map(|der| RevocationList::from_der(der));
        let revocation_lists = revocation_lists.collect::<Result<Vec<_>, _>>()?;
        let cas = read_cas(&settings, &revocation_lists)?;
        let anchors = settings.roots.iter().map(anchor).collect::<Result<_, _>>()?;
        let intermediates = settings.intermediates.iter().map(|ca| ca.as_der().clone()).collect();
        let node_units = settings.node_units.as_ref().map(|units| read_node_units(units, &cas));
        let units = settings.units.iter().map(|unit| {
            let certifier = unit.certifier.as_ref().map(|ca| chain_identifier(&unit.name, ca, &cas));
            Ok((unit.name.clone(), certifier.transpose()?))
        });
        let units = units.collect::<Result<_, _>>()?;
        let node_units = node_units.transpose()?.unwrap_or_default();
        Ok(Self { settings, cas, anchors, intermediates, revocation_lists, node_units, units })
    }

    /// Returns the ID of the MSP.
    #[must_use]
    pub fn id(&self) -> &MspId {
        &self.settings.id
    }

    /// Returns the settings from which the MSP was created.
    #[must_use]
    pub fn settings(&self) -> &MspSettings {
        &self.settings
    }

    /// Validates a certificate and returns its identity.
    ///
    /// Ignores the certificate's expiry; see [`Identity::is_expired`].
    pub fn identify(&self, certificate: Certificate) -> Result<Identity, ValidationError> {
        let pem = certificate.pem().into_bytes();
        let creator = serialized_identity(self.id(), pem);
        self.identify_creator(creator, certificate)
    }

    pub(crate) fn identify_creator(
        &self,
        creator: Vec<u8>,
        certificate: Certificate,
    ) -> Result<Identity, ValidationError> {
        let certifiers = self.validate_chain(&certificate)?;
        let role = self.validate_units(&certificate, certifiers)?;
        let listed = self.settings.administrators.iter().any(|admin| admin.der() == certificate.der());
        Ok(Identity {
            msp_id: self.id().clone(),
            is_admin: listed || role == Some(Role::Admin),
            node_role: role,
            certifiers,
            certificate,
            creator,
        })
    }

    /// Verifies the chain and returns the identifier of its CAs.
    fn validate_chain(&self, certificate: &Certificate) -> Result<[u8; 32], ValidationError> {
        let subject = || certificate.subject().to_owned();
        if certificate.is_ca() {
            return Err(ValidationError::CaCertificate(subject()));
        }
        let failed = |error: webpki::Error| match error {
            webpki::Error::CertRevoked => ValidationError::Revoked(subject()),
            error => ValidationError::Chain {
                msp_id: self.id().clone(),
                subject: subject(),
                reason: error.to_string(),
            },
        };
        let leaf = EndEntityCert::try_from(certificate.as_der()).map_err(failed)?;
        let time = certificate.moment_of_chain();
        let verify = |lists: &[&RevocationList]| {
            let lists: Vec<_> = lists.iter().map(|list| list.list()).collect();
            let revocation = revocation::options(&lists);
            let (anchors, intermediates) = (&self.anchors, &self.intermediates);
            let path =
                leaf.verify_for_usage(ALGORITHMS, anchors, intermediates, time, AnyUsage, revocation, None);
            path.map(|path| path.issuer_spki().to_vec()).map_err(failed)
        };
        // The issuer determines which revocation lists apply.
        let issuer = verify(&[])?;
        let ca = self.cas.iter().find(|ca| ca.certificate.key_info() == issuer);
        let ca = ca.ok_or_else(|| failed(webpki::Error::UnknownIssuer))?;
        let lists: Vec<_> = self.revocation_lists.iter().filter(|list| list.is_of(&ca.certificate)).collect();
        if !lists.is_empty() {
            verify(&lists)?;
        }
        // Fabric 3.1 `msp/mspimpl.go`, `getValidationChain`.
        if ca.has_issued_cas {
            let issuer = ca.certificate.subject().to_owned();
            return Err(ValidationError::Issuer { subject: subject(), issuer });
        }
        Ok(ca.chain_identifier)
    }

    /// Returns the role that the organizational units grant, if the MSP defines roles by them.
    fn validate_units(
        &self,
        certificate: &Certificate,
        certifiers: [u8; 32],
    ) -> Result<Option<Role>, ValidationError> {
        let subject = || certificate.subject().to_owned();
        let wrong = |expected: &[&str]| ValidationError::Units {
            subject: subject(),
            expected: list(expected),
            found: list(&certificate.units().iter().map(String::as_str).collect::<Vec<_>>()),
        };
        if self.settings.node_units.is_none() {
            let known = |unit: &String| {
                let mut known = self.units.iter();
                known.any(|(name, demanded)| {
                    name == unit && demanded.is_none_or(|demanded| demanded == certifiers)
                })
            };
            if self.units.is_empty() || certificate.units().iter().any(known) {
                return Ok(None);
            }
            return Err(wrong(&self.units.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()));
        }
        let mut found = Vec::new();
        for unit in certificate.units() {
            let Some(node) = self.node_units.iter().find(|node| node.name == *unit) else { continue };
            if node.certifier.is_some_and(|demanded| demanded != certifiers) {
                return Err(ValidationError::Certifier { subject: subject(), unit: unit.clone() });
            }
            found.push(node.role);
        }
        match found[..] {
            [role] => Ok(Some(role)),
            _ => Err(wrong(&self.node_units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>())),
        }
    }
}

/// Accepts any extended key usage, as Fabric does.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn read_cas(settings: &MspSettings, lists: &[RevocationList]) -> Result<Vec<Ca>, MspError> {
    let all = settings.roots.iter().chain(&settings.intermediates);
    let chains = all.map(|certificate| {
        let subject = || certificate.subject().to_owned();
        if !certificate.is_ca() {
            return Err(MspError::NotACa { subject: subject() });
        }
        if certificate.subject_key_identifier().is_none() {
            return Err(MspError::NoSubjectKeyIdentifier { subject: subject() });
        }
        let chain =
            chain_from(certificate, settings).ok_or_else(|| MspError::Orphan { subject: subject() })?;
        let issuer = chain.get(1);
        let revokes = |list: &RevocationList| {
            issuer.is_some_and(|issuer| list.is_of(issuer)) && list.revokes(certificate)
        };
        if lists.iter().any(revokes) {
            return Err(MspError::Revoked { subject: subject() });
        }
        Ok((certificate, chain))
    });
    let chains = chains.collect::<Result<Vec<_>, _>>()?;
    let cas = chains.iter().map(|(certificate, chain)| {
        let mut hash = Sha256::new();
        for certificate in chain {
            hash.update(certificate.der());
        }
        let is_above = |(other, above): &(&Certificate, Vec<&Certificate>)| {
            other != certificate && above.contains(certificate)
        };
        Ca {
            certificate: (*certificate).clone(),
            chain_identifier: hash.finalize().into(),
            has_issued_cas: chains.iter().any(is_above),
        }
    });
    Ok(cas.collect())
}

/// Returns the certificates from a CA up to its root, matched by name only; webpki verifies their signatures.
fn chain_from<'a>(certificate: &'a Certificate, settings: &'a MspSettings) -> Option<Vec<&'a Certificate>> {
    let mut chain = vec![certificate];
    let mut last = certificate;
    while !settings.roots.contains(last) {
        let mut above = settings.roots.iter().chain(&settings.intermediates);
        last = above.find(|ca| last.is_issued_by(ca) && !chain.contains(ca))?;
        chain.push(last);
    }
    Some(chain)
}

fn anchor(certificate: &Certificate) -> Result<TrustAnchor<'static>, MspError> {
    let anchor = webpki::anchor_from_trusted_cert(certificate.as_der());
    anchor.map(|anchor| anchor.to_owned()).map_err(|error| MspError::Anchor {
        subject: certificate.subject().to_owned(),
        reason: error.to_string(),
    })
}

fn read_node_units(units: &NodeUnits, cas: &[Ca]) -> Result<Vec<NodeUnit>, MspError> {
    let roles = [
        (Role::Client, &units.client),
        (Role::Peer, &units.peer),
        (Role::Admin, &units.admin),
        (Role::Orderer, &units.orderer),
    ];
    let named = roles.into_iter().filter_map(|(role, unit)| Some((role, unit.as_ref()?)));
    named
        .map(|(role, unit)| {
            let certifier =
                unit.certifier.as_ref().map(|ca| chain_identifier(&unit.name, ca, cas)).transpose()?;
            Ok(NodeUnit { name: unit.name.clone(), role, certifier })
        })
        .collect()
}

fn chain_identifier(unit: &str, certificate: &Certificate, cas: &[Ca]) -> Result<[u8; 32], MspError> {
    let ca = cas.iter().find(|ca| ca.certificate == *certificate);
    ca.map(|ca| ca.chain_identifier).ok_or_else(|| MspError::UnknownCertifier {
        unit: unit.to_owned(),
        subject: certificate.subject().to_owned(),
    })
}

pub(crate) fn serialized_identity(msp_id: &MspId, pem: Vec<u8>) -> Vec<u8> {
    let identity = ccs_proto::msp::SerializedIdentity { mspid: msp_id.to_string(), id_bytes: pem };
    identity.encode_to_vec()
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

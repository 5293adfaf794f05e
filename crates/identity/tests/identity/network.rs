//! Organizations with CAs that issue any certificate that a test needs.

use std::sync::Arc;

use ccs_identity::{Certificate, Identity, Msp, MspId, MspManager, MspSettings, NodeUnits, Signer};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, RevokedCertParams, SerialNumber, SignatureAlgorithm,
};
use time::{Duration, OffsetDateTime};

/// CA with its key.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Issued certificate with its key.
pub(crate) struct Issued {
    pub(crate) pem: String,
    pub(crate) key: KeyPair,
}

pub(crate) fn id(text: &str) -> MspId {
    text.parse().unwrap()
}

pub(crate) fn params(name: &str, units: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    for unit in units {
        // rcgen keeps one value for each type, so further values use a type with a custom number.
        let kind = if params.distinguished_name.get(&DnType::OrganizationalUnitName).is_none() {
            DnType::OrganizationalUnitName
        } else {
            DnType::CustomDnType(vec![2, 5, 4, 11])
        };
        params.distinguished_name.push(kind, *unit);
    }
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(400);
    params.not_after = now + Duration::days(400);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = ca_params(name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(name);
        params.use_authority_key_identifier_extension = true;
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn issue(&self, name: &str, units: &[&str]) -> Issued {
        self.issue_with(params(name, units), &PKCS_ECDSA_P256_SHA256)
    }

    pub(crate) fn issue_with(
        &self,
        mut params: CertificateParams,
        algorithm: &'static SignatureAlgorithm,
    ) -> Issued {
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(algorithm).unwrap();
        Issued { pem: params.signed_by(&key, &self.issuer).unwrap().pem(), key }
    }

    /// Returns a revocation list (DER) that expired a day ago.
    pub(crate) fn revoke(&self, serial: u64) -> Vec<u8> {
        self.revocation_list(serial).der().to_vec()
    }

    pub(crate) fn revoke_serial(&self, serial: &[u8]) -> Vec<u8> {
        self.list_of(SerialNumber::from_slice(serial)).der().to_vec()
    }

    pub(crate) fn revocation_list(&self, serial: u64) -> rcgen::CertificateRevocationList {
        self.list_of(SerialNumber::from(serial))
    }

    fn list_of(&self, serial_number: SerialNumber) -> rcgen::CertificateRevocationList {
        let now = OffsetDateTime::now_utc();
        let revoked = RevokedCertParams {
            serial_number,
            revocation_time: now - Duration::days(2),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: now - Duration::days(2),
            next_update: now - Duration::days(1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.pem.as_bytes()).unwrap()
    }
}

impl Issued {
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.pem.as_bytes()).unwrap()
    }

    pub(crate) fn signer(&self, msp_id: &str) -> Signer {
        Signer::from_pem(id(msp_id), self.pem.as_bytes(), self.key.serialize_pem().as_bytes()).unwrap()
    }
}

/// Organization that defines roles by organizational units.
pub(crate) struct Organization {
    pub(crate) ca: Authority,
    pub(crate) msp: Arc<Msp>,
}

impl Organization {
    pub(crate) fn new(msp_id: &str) -> Self {
        let ca = Authority::root(&format!("ca.{msp_id}"));
        let mut settings = MspSettings::new(id(msp_id), ca.certificate());
        settings.node_units = Some(NodeUnits::usual(Some(&ca.certificate())));
        Self { ca, msp: Arc::new(Msp::new(settings).unwrap()) }
    }

    pub(crate) fn signer(&self, name: &str, unit: &str) -> Signer {
        self.ca.issue(name, &[unit]).signer(self.msp.id().as_str())
    }

    pub(crate) fn identity(&self, name: &str, unit: &str) -> Identity {
        self.msp.identify(self.ca.issue(name, &[unit]).certificate()).unwrap()
    }
}

pub(crate) fn manager(organizations: &[&Organization]) -> MspManager {
    MspManager::new(organizations.iter().map(|organization| Arc::clone(&organization.msp)).collect())
}

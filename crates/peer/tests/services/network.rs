//! An organization with its CA, a peer and clients.

use std::sync::Arc;

use ccs_channel::Channel;
use ccs_identity::{Certificate, Msp, MspId, MspManager, MspSettings, NodeUnits, Signer};
use ccs_ledger::Ledger;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

pub(crate) const CHANNEL: &str = "mychannel";

/// Organization with its CA.
pub(crate) struct Organization {
    issuer: Issuer<'static, KeyPair>,
    msp: Arc<Msp>,
}

fn params(name: &str, unit: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(unit) = unit {
        params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
    }
    params.use_authority_key_identifier_extension = unit.is_some();
    params
}

impl Organization {
    pub(crate) fn new(msp_id: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut ca = params("ca", None);
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = Certificate::from_pem(ca.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
        let mut settings = MspSettings::new(msp_id.parse().unwrap(), certificate.clone());
        settings.node_units = Some(NodeUnits::usual(Some(&certificate)));
        Self { issuer: Issuer::new(ca, key), msp: Arc::new(Msp::new(settings).unwrap()) }
    }

    pub(crate) fn msp(&self) -> &Arc<Msp> {
        &self.msp
    }

    fn id(&self) -> MspId {
        self.msp.id().clone()
    }

    /// Creates a signer with the given organizational unit.
    pub(crate) fn signer(&self, unit: &str) -> Signer {
        self.issue(&params(unit, Some(unit)))
    }

    /// Creates a client whose certificate has expired.
    pub(crate) fn expired(&self) -> Signer {
        let mut params = params("old", Some("client"));
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.issue(&params)
    }

    /// Creates a client and revokes its certificate.
    pub(crate) fn revoked(&mut self) -> Signer {
        let (serial_number, begin) = (SerialNumber::from(7), date_time_ymd(2020, 1, 1));
        let revoked = RevokedCertParams {
            serial_number: serial_number.clone(),
            revocation_time: begin,
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: begin,
            next_update: date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let mut settings = self.msp.settings().clone();
        settings.revocation_lists.push(list.signed_by(&self.issuer).unwrap().der().to_vec());
        self.msp = Arc::new(Msp::new(settings).unwrap());
        let mut params = params("revoked", Some("client"));
        params.serial_number = Some(serial_number);
        self.issue(&params)
    }

    fn issue(&self, params: &CertificateParams) -> Signer {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Signer::from_pem(self.id(), certificate.as_bytes(), key.serialize_pem().as_bytes()).unwrap()
    }
}

pub(crate) fn manager(organizations: &[&Organization]) -> Arc<MspManager> {
    Arc::new(MspManager::new(organizations.iter().map(|one| Arc::clone(&one.msp)).collect()))
}

/// One organization with a client.
pub(crate) struct Network {
    pub(crate) organization: Organization,
    pub(crate) client: Signer,
}

impl Network {
    pub(crate) fn new() -> Self {
        let organization = Organization::new("Org1MSP");
        let client = organization.signer("client");
        Self { organization, client }
    }

    pub(crate) fn msps(&self) -> Arc<MspManager> {
        manager(&[&self.organization])
    }

    /// Creates the channel of a ledger, with the organization as its member.
    pub(crate) fn channel(&self, ledger: Ledger) -> Arc<Channel> {
        Arc::new(Channel::new(ledger, vec![Arc::clone(self.organization.msp())]))
    }
}

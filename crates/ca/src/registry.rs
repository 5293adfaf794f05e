//! Identities and certificates, and the rights of callers.

mod rights;
mod secret;

use std::collections::{BTreeMap, BTreeSet};

use ccs_identity::Attributes;
use serde::{Deserialize, Serialize};

use crate::document::{Attribute, AttributeRequest, Registration, Revocation, Revoked};
use crate::refusal::Refusal;
use secret::{Secret, random_secret};

/// Affiliations of the default configuration, besides the root.
const AFFILIATIONS: [&str; 5] = ["org1", "org1.department1", "org1.department2", "org2", "org2.department1"];

/// The longest name of an identity; certificates hold no longer common names.
const LONGEST_ID: usize = 64;

/// Identities and certificates of a CA.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Registry {
    identities: BTreeMap<String, Identity>,
    /// Certificates by serial number.
    certificates: BTreeMap<String, Certificate>,
}

/// Registered identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    secret: Secret,
    #[serde(rename = "type")]
    kind: String,
    /// Levels with dots between them; empty for the root.
    affiliation: String,
    /// How often the identity may enroll; negative for any number.
    max_enrollments: i64,
    enrollments: i64,
    is_revoked: bool,
    attributes: Vec<Attribute>,
}

/// Certificate that the CA has issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Certificate {
    id: String,
    aki: String,
    is_revoked: bool,
}

impl Identity {
    /// Returns the organizational units of certificates: the type, and the levels of the affiliation.
    pub(crate) fn units(&self) -> Vec<&str> {
        let levels = self.affiliation.split('.').filter(|level| !level.is_empty());
        std::iter::once(self.kind.as_str()).chain(levels).collect()
    }

    /// Returns the attributes of a certificate: those that the client asks for, or the default ones.
    pub(crate) fn attributes(
        &self,
        requests: Option<&[AttributeRequest]>,
    ) -> Result<Option<Attributes>, Refusal> {
        let find = |name: &str| self.attributes.iter().find(|attribute| attribute.name == name);
        let chosen: Vec<_> = match requests {
            None | Some([]) => self.attributes.iter().filter(|attribute| attribute.ecert).collect(),
            Some(requests) => {
                let missing = requests.iter().filter(|it| !it.optional && find(&it.name).is_none());
                let missing: Vec<_> = missing.map(|it| it.name.clone()).collect();
                if !missing.is_empty() {
                    return Err(Refusal::Attributes(missing));
                }
                requests.iter().filter_map(|it| find(&it.name)).collect()
            }
        };
        let pairs = chosen.iter().map(|it| (it.name.as_str(), it.value.as_str()));
        Ok((!chosen.is_empty()).then(|| pairs.collect()))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(&found.value)
    }
}

impl Registry {
    /// Creates the state of a new CA, in which only its registrar is registered.
    pub(crate) fn new(registrar: &str, secret: &str) -> Result<Self, Refusal> {
        let attribute = |(name, value): &(&str, &str)| Attribute {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            ecert: false,
        };
        let identity = Identity {
            secret: Secret::new(secret)?,
            kind: "client".to_owned(),
            affiliation: String::new(),
            max_enrollments: -1,
            enrollments: 0,
            is_revoked: false,
            attributes: rights::OF_REGISTRAR.iter().map(attribute).collect(),
        };
        Ok(Self { identities: [(registrar.to_owned(), identity)].into(), ..Self::default() })
    }

    /// Returns an identity.
    pub(crate) fn identity(&self, id: &str) -> Result<&Identity, Refusal> {
        self.identities.get(id).ok_or(Refusal::Authentication)
    }

    /// Checks that an identity may enroll with a secret.
    pub(crate) fn check_secret(&self, id: &str, secret: &str) -> Result<(), Refusal> {
        let identity = self.identity(id)?;
        let is_spent = identity.max_enrollments >= 0 && identity.enrollments >= identity.max_enrollments;
        if !identity.secret.is(secret) || identity.is_revoked || is_spent {
            return Err(Refusal::Authentication);
        }
        Ok(())
    }

    /// Counts an enrollment of an identity.
    pub(crate) fn count_enrollment(&mut self, id: &str) {
        if let Some(identity) = self.identities.get_mut(id) {
            identity.enrollments += 1;
        }
    }

    /// Records a certificate.
    pub(crate) fn record(&mut self, id: &str, serial: String, aki: String) {
        self.certificates.insert(serial, Certificate { id: id.to_owned(), aki, is_revoked: false });
    }

    /// Returns the identity that owns a certificate and may use it.
    pub(crate) fn owner(&self, serial: &str) -> Result<&str, Refusal> {
        let certificate = self.certificates.get(serial).filter(|certificate| !certificate.is_revoked);
        let id = &certificate.ok_or(Refusal::Authentication)?.id;
        if self.identity(id)?.is_revoked {
            return Err(Refusal::Authentication);
        }
        Ok(id)
    }

    /// Registers an identity. Returns its secret.
    pub(crate) fn register(&mut self, caller: &str, new: Registration) -> Result<String, Refusal> {
        if new.id.is_empty() || new.id.len() > LONGEST_ID {
            return Err(Refusal::Body(format!("id must have 1 to {LONGEST_ID} bytes")));
        }
        let registrar = self.identity(caller)?;
        let kind = new.kind.filter(|kind| !kind.is_empty()).unwrap_or_else(|| registrar.kind.clone());
        let affiliation = match new.affiliation.as_deref() {
            None | Some("") => registrar.affiliation.clone(),
            Some(".") => String::new(),
            Some(affiliation) => affiliation.to_owned(),
        };
        let mut attributes = new.attrs.unwrap_or_default();
        let may = rights::may_register(registrar, &kind, &affiliation, &attributes);
        let is_known = affiliation.is_empty() || AFFILIATIONS.contains(&affiliation.as_str());
        if !may || !is_known {
            return Err(Refusal::Authorization);
        }
        if let Some(name) = repeated(&attributes) {
            return Err(Refusal::Body(format!("attribute {name} occurs twice")));
        }
        if self.identities.contains_key(&new.id) {
            return Err(Refusal::Duplicate(new.id));
        }
        let automatic = rights::OF_CA.into_iter().zip([&new.id, &kind, &affiliation]);
        attributes.extend(automatic.map(|(name, value)| Attribute {
            name: name.to_owned(),
            value: value.clone(),
            ecert: true,
        }));
        let secret = match new.secret {
            Some(secret) if !secret.is_empty() => secret,
            _ => random_secret()?,
        };
        // 0 stands for the CA's own limit, and it has none.
        let max_enrollments = new.max_enrollments.filter(|limit| *limit != 0).unwrap_or(-1);
        let identity = Identity {
            secret: Secret::new(&secret)?,
            kind,
            affiliation,
            max_enrollments,
            enrollments: 0,
            is_revoked: false,
            attributes,
        };
        self.identities.insert(new.id, identity);
        Ok(secret)
    }

    /// Revokes a certificate, or an identity with all its certificates.
    pub(crate) fn revoke(&mut self, caller: &str, wanted: &Revocation) -> Result<Vec<Revoked>, Refusal> {
        if wanted.gencrl {
            return Err(Refusal::RevocationList);
        }
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match (given(&wanted.serial), given(&wanted.aki), given(&wanted.id)) {
            (Some(serial), Some(aki), id) => {
                self.revoke_certificate(caller, (normal(&serial), normal(&aki)), id)
            }
            (_, _, Some(id)) => self.revoke_identity(caller, &id),
            _ => Err(Refusal::NothingToRevoke),
        }
    }

    fn revoke_certificate(
        &mut self,
        caller: &str,
        (serial, aki): (String, String),
        owner: Option<String>,
    ) -> Result<Vec<Revoked>, Refusal> {
        let unknown = || Refusal::UnknownCertificate { serial: serial.clone(), aki: aki.clone() };
        let found = self.certificates.get(&serial).filter(|found| found.aki == aki).ok_or_else(unknown)?;
        self.require_right_to_revoke(caller, &found.id)?;
        if found.is_revoked {
            return Err(Refusal::RevokedCertificate { serial, aki });
        }
        if let Some(id) = owner.filter(|owner| *owner != found.id) {
            return Err(Refusal::WrongOwner { serial, aki, id });
        }
        if let Some(found) = self.certificates.get_mut(&serial) {
            found.is_revoked = true;
        }
        Ok(vec![Revoked { serial, aki }])
    }

    fn revoke_identity(&mut self, caller: &str, id: &str) -> Result<Vec<Revoked>, Refusal> {
        self.require_right_to_revoke(caller, id)?;
        let identity = self.identities.get_mut(id);
        identity.ok_or_else(|| Refusal::UnknownIdentity(id.to_owned()))?.is_revoked = true;
        let mut revoked = Vec::new();
        for (serial, certificate) in &mut self.certificates {
            if certificate.id == id && !certificate.is_revoked {
                certificate.is_revoked = true;
                revoked.push(Revoked { serial: serial.clone(), aki: certificate.aki.clone() });
            }
        }
        Ok(revoked)
    }

    fn require_right_to_revoke(&self, caller: &str, id: &str) -> Result<(), Refusal> {
        let revoker = self.identity(caller)?;
        let is_allowed = caller == id
            || self.identities.get(id).map_or_else(
                || rights::is_revoker(revoker),
                |identity| rights::may_revoke(revoker, identity),
            );
        if is_allowed { Ok(()) } else { Err(Refusal::Authorization) }
    }
}

/// Returns the name of an attribute that occurs twice.
fn repeated(attributes: &[Attribute]) -> Option<&str> {
    let mut names = BTreeSet::new();
    attributes.iter().map(|attribute| attribute.name.as_str()).find(|name| !names.insert(*name))
}

/// Returns a number as the CA stores it: lower-case digits without leading zeros and colons.
fn normal(number: &str) -> String {
    number.to_lowercase().replace(':', "").trim_start_matches('0').to_owned()
}

//! The users of an organization in its folder: adding and listing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::OrganizationError;
use super::files::user as user_files;
use super::folder::{Draft, add};
use super::material::Authorities;
use super::names::{Domain, UserName};
use crate::attributes::Attributes;
use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::certificate::Certificate;
use crate::msp::{FolderError, Msp};
use crate::msp_id::MspId;
use crate::role::Role;

/// Users of an organization, in its folder.
#[derive(Clone, Debug)]
pub struct Users {
    folder: PathBuf,
    domain: Domain,
}

/// Certificates and keys with which a Fabric CA of an organization serves.
#[derive(Clone, Debug)]
pub struct CaPairs {
    /// CA for identities.
    pub ca: Pair,
    /// TLS certificate of the server, which the same CA has issued, as in the test network.
    pub server: Pair,
}

/// User to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Name, without the domain.
    pub name: UserName,
    /// Role, which the organizational unit of the certificate names.
    pub role: Role,
    /// Attributes for access control, which the certificate holds.
    pub attributes: Attributes,
}

/// User in the folder of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name, without the domain.
    pub name: String,
    /// Folder of the user.
    pub folder: PathBuf,
    /// Organizational units, such as `client`.
    pub units: Vec<String>,
    /// Attributes in the certificate.
    pub attributes: Attributes,
    /// Last moment at which the certificate is valid.
    pub not_after: SystemTime,
}

/// Error from adding or listing users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// No organization exists.
    #[error("there is no organization in {path}")]
    NoOrganization {
        /// Path of the folder with organizations.
        path: String,
    },
    /// An organization does not exist.
    #[error("there is no organization {name} in {path}")]
    UnknownOrganization {
        /// Name of the organization.
        name: String,
        /// Path of the folder with organizations.
        path: String,
        /// Domains of the organizations that exist.
        known: Vec<String>,
    },
    /// A user with this name exists.
    #[error("user {name} already exists in {path}")]
    Exists {
        /// Name of the user.
        name: UserName,
        /// Path of the user's folder.
        path: String,
    },
    /// A file of a CA cannot be read.
    #[error("cannot read {path}: {reason}")]
    NoCa {
        /// Path of the file.
        path: String,
        /// Error text of the system.
        reason: String,
    },
    /// A certificate could not be created.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The organization's MSP cannot be read.
    #[error(transparent)]
    Msp(#[from] FolderError),
    /// The CA in the folder is not the CA of the organization's MSP.
    #[error("{path}: the CA does not issue identities of the organization: {reason}")]
    OtherCa {
        /// Path of the CA's folder.
        path: String,
        /// Why a new certificate is not valid.
        reason: String,
    },
    /// The new files cannot be read.
    #[error("cannot read the new user in {path}")]
    Unread {
        /// Path of the user's folder.
        path: String,
    },
    /// The files cannot be written.
    #[error(transparent)]
    Write(OrganizationError),
}

impl UserError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoOrganization { .. } => {
                Some("start `ccs dev` once, which creates it, or name the folder: --organizations DIR".to_owned())
            }
            Self::UnknownOrganization { known, .. } => Some(format!("name one of: {}", known.join(", "))),
            Self::Exists { .. } => Some("choose another name, or move the user's folder away".to_owned()),
            Self::NoCa { .. } => Some(
                "the organization's folder must hold the keys of its CAs, as the folders of `ccs dev` and cryptogen do"
                    .to_owned(),
            ),
            Self::OtherCa { .. } => {
                Some("restore the certificate and the key of the CA that the organization's MSP names".to_owned())
            }
            Self::Unread { .. } => Some("list the users with `ccs user list`".to_owned()),
            _ => None,
        }
    }
}

impl Users {
    /// Finds an organization below `organizations`, by its domain (`org1.example.com`), the first label of that
    /// (`org1`), or the MSP ID with that label (`Org1MSP`). Without a name, finds the first organization.
    pub fn find(organizations: &Path, name: Option<&str>) -> Result<Self, UserError> {
        let parent = organizations.join("peerOrganizations");
        let path = parent.display().to_string();
        let all = domains(&parent);
        let found = match name {
            None => all.first(),
            Some(name) => all.iter().find(|domain| is_named(domain, name)),
        };
        match (found, name) {
            (Some(domain), _) => Ok(Self { folder: parent.join(domain.as_str()), domain: domain.clone() }),
            (None, Some(name)) if !all.is_empty() => {
                let known = all.iter().map(ToString::to_string).collect();
                Err(UserError::UnknownOrganization { name: name.to_owned(), path, known })
            }
            (None, _) => Err(UserError::NoOrganization { path }),
        }
    }

    /// Returns the domain of the organization.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Issues the certificates of a user, and writes the user's folder, which appears atomically.
    pub fn add(&self, user: &NewUser, now: SystemTime) -> Result<User, UserError> {
        let full_name = user.name.at(&self.domain);
        let inner = format!("users/{full_name}");
        let folder = self.folder.join(&inner);
        let exists = || UserError::Exists { name: user.name.clone(), path: folder.display().to_string() };
        if folder.exists() {
            return Err(exists());
        }
        let authorities = self.authorities(now)?;
        let attributes = with_enrollment(user);
        let member = authorities.user(full_name, user.role, Some(&attributes))?;
        self.require_identity(member.identity.certificate.as_bytes())?;
        let empty = vec![format!("{inner}/msp/admincerts")];
        let content = Draft { files: user_files(&self.domain, &authorities, &member), empty };
        if !add(&self.folder, &inner, &content).map_err(UserError::Write)? {
            return Err(exists());
        }
        let unread = || UserError::Unread { path: folder.display().to_string() };
        read(&folder, &self.domain).ok_or_else(unread)
    }

    /// Reads the CA for identities, and issues a TLS certificate for a server at some hosts.
    pub fn ca(&self, hosts: &[String], now: SystemTime) -> Result<CaPairs, UserError> {
        let identities = self.authority("ca", now)?;
        // Only an issued certificate shows that key and CA fit the organization.
        let sample = Request::Identity { name: "sample", unit: Role::Client.word(), attributes: None };
        self.require_identity(identities.issue(&sample)?.certificate.as_bytes())?;
        let (name, usage) = (format!("ca.{}", self.domain), TlsUse::ServerAndClient);
        let server = identities.issue(&Request::Tls { name: &name, hosts, usage })?;
        Ok(CaPairs { ca: identities.pair(), server })
    }

    /// Lists the users, sorted by name. Leaves out folders without a certificate.
    #[must_use]
    pub fn list(&self) -> Vec<User> {
        let mut all: Vec<_> = folders(&self.folder.join("users"))
            .iter()
            .filter_map(|folder| read(folder, &self.domain))
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    fn authorities(&self, now: SystemTime) -> Result<Authorities, UserError> {
        Ok(Authorities { identities: self.authority("ca", now)?, tls: self.authority("tlsca", now)? })
    }

    /// Reads a CA from its folder.
    fn authority(&self, folder: &str, now: SystemTime) -> Result<Authority, UserError> {
        let name = format!("{folder}.{}", self.domain);
        let file = |file: &str| {
            let path = self.folder.join(folder).join(file);
            fs::read_to_string(&path).map_err(|error| UserError::NoCa {
                path: path.display().to_string(),
                reason: error.to_string(),
            })
        };
        let (certificate, key) = (file(&format!("{name}-cert.pem"))?, file("priv_sk")?);
        Ok(Authority::read(&name, &certificate, &key, now)?)
    }

    /// Checks that a new certificate is an identity of the organization.
    fn require_identity(&self, certificate: &[u8]) -> Result<(), UserError> {
        // The ID is of no importance here, and a domain can be one.
        let msp = Msp::read(MspId::of(self.domain.as_str()), &self.folder.join("msp"))?;
        let certificate = Certificate::from_pem(certificate).map_err(|error| error.to_string());
        let identity =
            certificate.and_then(|certificate| msp.identify(certificate).map_err(|error| error.to_string()));
        identity.map(drop).map_err(|reason| UserError::OtherCa {
            path: self.folder.join("ca").display().to_string(),
            reason,
        })
    }
}

/// Returns the attributes with those that Fabric CA adds for each identity.
fn with_enrollment(user: &NewUser) -> Attributes {
    let mut attributes = user.attributes.clone();
    attributes.insert("hf.Affiliation", "");
    attributes.insert("hf.EnrollmentID", user.name.as_str());
    attributes.insert("hf.Type", user.role.word());
    attributes
}

fn is_named(domain: &Domain, name: &str) -> bool {
    let label = name.strip_suffix("MSP").unwrap_or(name);
    name == domain.as_str() || label.eq_ignore_ascii_case(domain.first_label())
}

/// Returns the domains of the organizations in a folder, sorted.
fn domains(folder: &Path) -> Vec<Domain> {
    let mut all: Vec<Domain> =
        folders(folder).iter().filter_map(|folder| folder.file_name()?.to_str()?.parse().ok()).collect();
    all.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    all
}

/// Returns the folders in a folder; a missing one counts as empty.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn read(folder: &Path, domain: &Domain) -> Option<User> {
    let name = folder.file_name()?.to_str()?.strip_suffix(domain.as_str())?.strip_suffix('@')?;
    let certificates = fs::read_dir(folder.join("msp/signcerts")).ok()?;
    let mut paths: Vec<_> = certificates.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let certificate = Certificate::from_pem(&fs::read(paths.first()?).ok()?).ok()?;
    let attributes = ccs_certificates::Certificate::from_der(certificate.der()).ok()?;
    let attributes = attributes.attributes().and_then(Attributes::from_json).unwrap_or_default();
    Some(User {
        name: name.to_owned(),
        folder: folder.to_owned(),
        units: certificate.units().to_vec(),
        attributes,
        not_after: certificate.not_after(),
    })
}

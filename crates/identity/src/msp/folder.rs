//! Reads the MSP folder of a peer, client or administrator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateRevocationListDer, PrivateKeyDer};
use serde::Deserialize;

use super::{Msp, MspError, MspSettings, NodeUnits, UnitIdentifier};
use crate::certificate::{Certificate, CertificateError};
use crate::msp_id::MspId;

/// Error from reading an MSP folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// Path of the file or folder.
        path: PathBuf,
        /// Error text of the system.
        reason: String,
    },
    /// A file has unexpected content.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error.
        reason: String,
    },
    /// A folder lacks a required file.
    #[error("there is no {what} in {}", path.display())]
    Empty {
        /// Path of the folder.
        path: PathBuf,
        /// Kind of the missing file.
        what: &'static str,
    },
    /// The content does not form a valid MSP.
    #[error("{} is not a valid MSP folder: {reason}", path.display())]
    Msp {
        /// Path of the folder.
        path: PathBuf,
        /// Error from creating the MSP.
        reason: MspError,
    },
}

impl FolderError {
    /// Returns a description of an MSP folder's layout, if that may help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let layout = "an MSP folder has cacerts/, tlscacerts/ and config.yaml, and for a signer signcerts/ and keystore/";
        matches!(self, Self::Empty { .. } | Self::Unreadable { .. }).then(|| layout.to_owned())
    }
}

impl MspSettings {
    /// Reads settings from a folder: `cacerts`, and, if they exist, `intermediatecerts`, `admincerts`, `crls`,
    /// `tlscacerts`, `tlsintermediatecerts` and `config.yaml`.
    ///
    /// Like a peer, reads the first certificate of each file, and skips files without one.
    pub fn read(id: MspId, folder: &Path) -> Result<Self, FolderError> {
        let certificates = |name: &str| read_each(&folder.join(name), first_certificate);
        let roots = certificates("cacerts")?;
        if roots.is_empty() {
            return Err(FolderError::Empty { path: folder.join("cacerts"), what: "CA certificate" });
        }
        let Configuration { node_ous, units } = Configuration::read(folder)?;
        let node_units = node_ous.filter(|node_ous| node_ous.enable).map(|node_ous| node_ous.load(folder));
        let units = units.into_iter().map(|unit| unit.load(folder)).collect::<Result<_, _>>()?;
        Ok(Self {
            id,
            roots,
            intermediates: certificates("intermediatecerts")?,
            administrators: certificates("admincerts")?,
            revocation_lists: read_each(&folder.join("crls"), first_list)?,
            node_units: node_units.transpose()?,
            units,
            tls_roots: certificates("tlscacerts")?,
            tls_intermediates: certificates("tlsintermediatecerts")?,
        })
    }
}

impl Msp {
    /// Reads an MSP from a folder.
    pub fn read(id: MspId, folder: &Path) -> Result<Self, FolderError> {
        let settings = MspSettings::read(id, folder)?;
        Self::new(settings).map_err(|reason| FolderError::Msp { path: folder.to_owned(), reason })
    }
}

/// Reads the certificate and the keys of a signer's folder.
pub(crate) fn read_signer(folder: &Path) -> Result<(Certificate, Vec<PrivateKeyDer<'static>>), FolderError> {
    let (signcerts, keystore) = (folder.join("signcerts"), folder.join("keystore"));
    let certificate = read_each(&signcerts, first_certificate)?.into_iter().next();
    let certificate = certificate.ok_or(FolderError::Empty { path: signcerts, what: "certificate" })?;
    let keys = read_each(&keystore, first_key)?;
    if keys.is_empty() {
        return Err(FolderError::Empty { path: keystore, what: "key" });
    }
    Ok((certificate, keys))
}

/// Reads all files of a folder, sorted by name. A missing folder counts as empty.
fn read_each<T>(
    folder: &Path,
    read: impl Fn(&[u8]) -> Result<Option<T>, String>,
) -> Result<Vec<T>, FolderError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(|error| unreadable(folder, &error))?;
    paths.sort();
    paths.retain(|path| !path.is_dir());
    let contents = paths.into_iter().map(|path| {
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        read(&bytes).map_err(|reason| FolderError::Content { path, reason })
    });
    contents.filter_map(Result::transpose).collect()
}

fn unreadable(path: &Path, error: &io::Error) -> FolderError {
    FolderError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

fn first_certificate(bytes: &[u8]) -> Result<Option<Certificate>, String> {
    match Certificate::from_pem(bytes) {
        Ok(certificate) => Ok(Some(certificate)),
        Err(CertificateError::NoPem) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn first_list(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let first = CertificateRevocationListDer::pem_slice_iter(bytes).next().transpose();
    first.map(|list| list.map(|list| list.to_vec())).map_err(|error| error.to_string())
}

fn first_key(bytes: &[u8]) -> Result<Option<PrivateKeyDer<'static>>, String> {
    PrivateKeyDer::pem_slice_iter(bytes).next().transpose().map_err(|error| error.to_string())
}

/// Content of config.yaml. Other keys in it are for other programs.
#[derive(Default, Deserialize)]
struct Configuration {
    #[serde(rename = "NodeOUs")]
    node_ous: Option<NodeOus>,
    #[serde(rename = "OrganizationalUnitIdentifiers", default)]
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct NodeOus {
    #[serde(rename = "Enable", default)]
    enable: bool,
    #[serde(rename = "ClientOUIdentifier")]
    client: Option<Unit>,
    #[serde(rename = "PeerOUIdentifier")]
    peer: Option<Unit>,
    #[serde(rename = "AdminOUIdentifier")]
    admin: Option<Unit>,
    #[serde(rename = "OrdererOUIdentifier")]
    orderer: Option<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    #[serde(rename = "Certificate", default)]
    certificate: String,
    #[serde(rename = "OrganizationalUnitIdentifier", default)]
    name: String,
}

impl Configuration {
    fn read(folder: &Path) -> Result<Self, FolderError> {
        let path = folder.join("config.yaml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        serde_saphyr::from_str(&text)
            .map_err(|error| FolderError::Content { path, reason: error.to_string() })
    }
}

impl NodeOus {
    fn load(self, folder: &Path) -> Result<NodeUnits, FolderError> {
        let load = |unit: Option<Unit>| {
            // A unit without a name is not configured.
            unit.filter(|unit| !unit.name.is_empty()).map(|unit| unit.load(folder)).transpose()
        };
        Ok(NodeUnits {
            client: load(self.client)?,
            peer: load(self.peer)?,
            admin: load(self.admin)?,
            orderer: load(self.orderer)?,
        })
    }
}

impl Unit {
    /// Loads the certifier. A peer ignores a missing file (Fabric 3.1 `msp/configbuilder.go`); here it is an error,
    /// since any CA of the MSP could otherwise grant the role.
    fn load(self, folder: &Path) -> Result<UnitIdentifier, FolderError> {
        if self.certificate.is_empty() {
            return Ok(UnitIdentifier { name: self.name, certifier: None });
        }
        let path = folder.join(&self.certificate);
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let certifier = Certificate::from_pem(&bytes);
        let certifier =
            certifier.map_err(|error| FolderError::Content { path, reason: error.to_string() })?;
        Ok(UnitIdentifier { name: self.name, certifier: Some(certifier) })
    }
}

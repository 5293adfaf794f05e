//! Servers and clients, and their files.

use std::path::PathBuf;

/// The file of trusted CAs.
pub const BUNDLE: &str = "ca.pem";

/// The use of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A chaincode that peers dial.
    Server,
    /// A peer that dials.
    Client,
}

impl Role {
    /// Returns the word that names files, folders and options.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// The folder of one server or client.
#[derive(Clone, Debug)]
pub struct Party {
    /// Whether it is a server or a client.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
}

impl Party {
    /// Returns the path of a file in the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the path of the certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.file(&format!("{}.pem", self.role.word()))
    }

    /// Returns the path of the key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.file(&format!("{}.key", self.role.word()))
    }
}

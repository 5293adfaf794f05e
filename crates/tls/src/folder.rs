//! The folder of `ccs tls`, with the layout that docs/tls.md describes.
//!
//! ```text
//! DIR/ca.pem                 the trust bundle: the CA, during a rotation also the old one
//! DIR/authority/ca.pem       the CA
//! DIR/authority/ca.key       its key, which never leaves
//! DIR/authority/previous.pem the old CA, during a rotation
//! DIR/server/NAME/           ca.pem, server.pem, server.key; server.pem.b64 and server.key.b64 for the Java shim
//! DIR/client/NAME/           ca.pem, client.pem, client.key
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_disk::{Existing, NewFile};
use ccs_identity::Pair;

use crate::authority::Authority;
use crate::error::Error;
use crate::name::party_name;
use crate::party::{BUNDLE, Party, Role};

/// The folder of a CA.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Creates the folder for a new authority.
    pub fn create(path: &Path, authority: &Authority) -> Result<Self, Error> {
        let files = [
            NewFile::public(BUNDLE, authority.certificate()),
            NewFile::public("authority/ca.pem", authority.certificate()),
            NewFile::secret("authority/ca.key", authority.key()),
        ];
        ccs_disk::write_folder(path, &files, Existing::Keep).map_err(Error::NewFolder)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Opens an existing folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if path.join(BUNDLE).is_file() {
            return Ok(Self { path: path.to_owned() });
        }
        Err(Error::NoFolder(path.to_owned()))
    }

    /// Returns the path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the bundle.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.path.join(BUNDLE)
    }

    /// Returns the path of the CA's own certificate.
    #[must_use]
    pub fn authority_certificate(&self) -> PathBuf {
        self.path.join("authority/ca.pem")
    }

    /// Returns the path of the old CA's certificate.
    #[must_use]
    pub fn previous_certificate(&self) -> PathBuf {
        self.path.join("authority/previous.pem")
    }

    /// Reads the authority and its key.
    pub fn authority(&self) -> Result<Authority, Error> {
        let certificate = ccs_disk::read(&self.authority_certificate())?;
        Authority::load(certificate, &ccs_disk::read(&self.path.join("authority/ca.key"))?)
    }

    /// Replaces the authority, keeps the given old certificate as trusted, and rewrites all bundles.
    pub fn set_authority(&self, authority: &Authority, previous: Option<String>) -> Result<(), Error> {
        let mut files = vec![
            NewFile::public(BUNDLE, authority.certificate()),
            NewFile::secret("ca.key", authority.key()),
        ];
        files.extend(previous.map(|previous| NewFile::public("previous.pem", previous)));
        ccs_disk::write_folder(&self.path.join("authority"), &files, Existing::Replace)?;
        self.renew_bundles()
    }

    /// Rewrites every ca.pem.
    pub fn renew_bundles(&self) -> Result<(), Error> {
        let bundle = self.trusted()?;
        let write =
            |path: &Path| ccs_disk::write_file(path, bundle.as_bytes(), ccs_disk::PUBLIC, Existing::Replace);
        write(&self.bundle())?;
        for party in self.all_parties()? {
            write(&party.file(BUNDLE))?;
        }
        Ok(())
    }

    /// Returns the content of every ca.pem: the certificates of the CA and of the old CA.
    pub fn trusted(&self) -> Result<String, Error> {
        let mut bundle = ccs_disk::read(&self.authority_certificate())?;
        if self.previous_certificate().is_file() {
            bundle.push_str(&ccs_disk::read(&self.previous_certificate())?);
        }
        Ok(bundle)
    }

    /// Writes a certificate and its key to the folder of a server or client.
    pub fn put(&self, role: Role, name: &str, pair: &Pair, existing: Existing) -> Result<Party, Error> {
        let word = role.word();
        let mut files = vec![
            NewFile::public(BUNDLE, self.trusted()?),
            NewFile::public(format!("{word}.pem"), &pair.certificate),
            NewFile::secret(format!("{word}.key"), &pair.key),
        ];
        if role == Role::Server {
            files.push(NewFile::public("server.pem.b64", STANDARD.encode(&pair.certificate)));
            files.push(NewFile::secret("server.key.b64", STANDARD.encode(&pair.key)));
        }
        let party = Party { role, name: name.to_owned(), path: self.path.join(word).join(name) };
        let parent = self.path.join(word);
        fs::create_dir_all(&parent).map_err(|error| ccs_disk::Error::system("make", &parent, error))?;
        ccs_disk::write_folder(&party.path, &files, existing)?;
        Ok(party)
    }

    /// Returns the servers or the clients, sorted by name.
    pub fn parties(&self, role: Role) -> Result<Vec<Party>, Error> {
        let folder = self.path.join(role.word());
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        let entries = entries.map_err(|error| ccs_disk::Error::system("read", &folder, error))?;
        let mut parties: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| party_name(name).is_ok())
            .map(|name| Party { role, path: folder.join(&name), name })
            .collect();
        parties.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(parties)
    }

    /// Returns all servers, then all clients.
    pub fn all_parties(&self) -> Result<Vec<Party>, Error> {
        Ok([self.parties(Role::Server)?, self.parties(Role::Client)?].concat())
    }

    /// Returns the server or client with this name, or the only one; [`None`] if there are none.
    pub fn party(&self, role: Role, wanted: Option<&str>) -> Result<Option<Party>, Error> {
        let mut parties = self.parties(role)?;
        let folder = || self.path.clone();
        match wanted {
            Some(name) => match parties.into_iter().find(|party| party.name == name) {
                Some(party) => Ok(Some(party)),
                None => Err(Error::NoParty { folder: folder(), role, name: name.to_owned() }),
            },
            None if parties.len() > 1 => {
                let names = parties.into_iter().map(|party| party.name).collect();
                Err(Error::SeveralParties { folder: folder(), role, names })
            }
            None => Ok(parties.pop()),
        }
    }
}

//! The folder of `ccs tls`: where everything is. docs/tls.md shows it to its users.
//!
//! ```text
//! DIR/ca.pem                 what everybody trusts: the CA, during a change the old one too
//! DIR/authority/ca.pem       the CA
//! DIR/authority/ca.key       its key, which never leaves
//! DIR/authority/previous.pem the old CA, during a change
//! DIR/server/NAME/           ca.pem, server.pem, server.key; server.pem.b64 and server.key.b64 for the Java shim
//! DIR/client/NAME/           ca.pem, client.pem, client.key
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_builder::ExitCode;
use ccs_identity::Pair;
use ccs_package::disk::Existing;

use super::authority::{Authority, Role};
use super::files::{self, NewFile};
use crate::failure::Failure;

/// The file that everybody who is to trust the CA gets.
pub(crate) const BUNDLE: &str = "ca.pem";

/// The folder that `ccs tls init` made.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder for a new authority.
    pub(crate) fn create(path: &Path, authority: &Authority) -> Result<Self, Failure> {
        let files = [
            NewFile::public(BUNDLE, authority.certificate()),
            NewFile::public("authority/ca.pem", authority.certificate()),
            NewFile::secret("authority/ca.key", authority.key()),
        ];
        files::write_folder(path, &files, Existing::Keep).map_err(|failure| {
            failure.hint("give it a new folder; to change the CA of this one: ccs tls rotate DIR".to_owned())
        })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Opens a folder that was made before.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path.join(BUNDLE).is_file() {
            return Ok(Self { path: path.to_owned() });
        }
        Err(Failure::new(format!("{} holds no {BUNDLE}", path.display()))
            .hint(format!("make it with: ccs tls init {}", path.display()))
            .with_code(ExitCode::InputOutput))
    }

    /// Gives the path of the bundle.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.path.join(BUNDLE)
    }

    /// Gives the path of the CA's own certificate.
    pub(crate) fn authority_certificate(&self) -> PathBuf {
        self.path.join("authority/ca.pem")
    }

    /// Gives the path of the old CA's certificate.
    pub(crate) fn previous_certificate(&self) -> PathBuf {
        self.path.join("authority/previous.pem")
    }

    /// Reads the authority and its key.
    pub(crate) fn authority(&self) -> Result<Authority, Failure> {
        let certificate = files::read(&self.authority_certificate())?;
        Authority::load(certificate, &files::read(&self.path.join("authority/ca.key"))?)
            .map_err(|failure| failure.with_code(ExitCode::Tls))
    }

    /// Puts an authority in place of the present one, with the certificate of an old one that stays trusted, and renews all
    /// bundles.
    pub(crate) fn set_authority(
        &self,
        authority: &Authority,
        previous: Option<String>,
    ) -> Result<(), Failure> {
        let mut files = vec![
            NewFile::public(BUNDLE, authority.certificate()),
            NewFile::secret("ca.key", authority.key()),
        ];
        files.extend(previous.map(|previous| NewFile::public("previous.pem", previous)));
        files::write_folder(&self.path.join("authority"), &files, Existing::Replace)?;
        self.renew_bundles()
    }

    /// Writes every ca.pem anew.
    pub(crate) fn renew_bundles(&self) -> Result<(), Failure> {
        let bundle = self.trusted()?;
        let write =
            |path: &Path| files::write_file(path, bundle.as_bytes(), files::PUBLIC, Existing::Replace);
        write(&self.bundle())?;
        for party in self.all_parties()? {
            write(&party.file(BUNDLE))?;
        }
        Ok(())
    }

    /// Gives what every ca.pem must hold: the CA's and the old CA's certificate.
    pub(crate) fn trusted(&self) -> Result<String, Failure> {
        let mut bundle = files::read(&self.authority_certificate())?;
        if self.previous_certificate().is_file() {
            bundle.push_str(&files::read(&self.previous_certificate())?);
        }
        Ok(bundle)
    }

    /// Puts a certificate and key where they belong.
    pub(crate) fn put(
        &self,
        role: Role,
        name: &str,
        pair: &Pair,
        existing: Existing,
    ) -> Result<Party, Failure> {
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
        fs::create_dir_all(&parent).map_err(|error| files::cannot("make", &parent, &error))?;
        files::write_folder(&party.path, &files, existing)?;
        Ok(party)
    }

    /// Gives the servers or clients, by name.
    pub(crate) fn parties(&self, role: Role) -> Result<Vec<Party>, Failure> {
        let folder = self.path.join(role.word());
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        let entries = entries.map_err(|error| files::cannot("read", &folder, &error))?;
        let mut parties: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| super::party_name(name).is_ok())
            .map(|name| Party { role, path: folder.join(&name), name })
            .collect();
        parties.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(parties)
    }

    /// Gives all servers, then all clients.
    pub(crate) fn all_parties(&self) -> Result<Vec<Party>, Failure> {
        Ok([self.parties(Role::Server)?, self.parties(Role::Client)?].concat())
    }

    /// Gives the one of that name, or the only one there is; [`None`] if there is none at all.
    pub(crate) fn party(&self, role: Role, wanted: Option<&str>) -> Result<Option<Party>, Failure> {
        let (word, mut parties) = (role.word(), self.parties(role)?);
        let names: Vec<_> = parties.iter().map(|party| party.name.clone()).collect();
        let missing = |what: String, hint: String| {
            let what = format!("{} holds {what}", self.path.display());
            Err(Failure::new(what).hint(hint).with_code(ExitCode::Tls))
        };
        match wanted {
            Some(name) => match parties.into_iter().find(|party| party.name == name) {
                Some(party) => Ok(Some(party)),
                None => missing(
                    format!("no {word} {name:?}"),
                    format!("ccs tls issue {} --{word} {name} makes one", self.path.display()),
                ),
            },
            None if parties.len() > 1 => missing(
                format!("{} {word}s: {}", names.len(), names.join(", ")),
                format!("say which with --{word} NAME"),
            ),
            None => Ok(parties.pop()),
        }
    }
}

/// The folder of one server or client, with all that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    /// What it is.
    pub(crate) role: Role,
    /// Its name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) path: PathBuf,
}

impl Party {
    /// Gives the path of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Gives the path of the certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file(&format!("{}.pem", self.role.word()))
    }

    /// Gives the path of the key.
    pub(crate) fn key(&self) -> PathBuf {
        self.file(&format!("{}.key", self.role.word()))
    }
}

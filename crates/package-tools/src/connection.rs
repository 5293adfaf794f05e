//! The connection.json of a package, and a new one from options.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ccs_builder::input::{self, ReadError};
use ccs_files::connection::DialTimeout;
use ccs_files::{Connection, PackageId};
use ccs_tls::{Folder, Party, Role};

use crate::error::Error;
use crate::open::PackageFile;

/// The content of a new connection.json.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// The address on which the chaincode listens; may be a template.
    pub address: String,
    /// The name in the chaincode's certificate, if it is not the host of the address.
    pub domain: Option<String>,
    /// How long the peer tries to connect.
    pub dial_timeout: Option<String>,
    /// The TLS files.
    pub tls: TlsFiles,
}

/// The files of the TLS fields; those that are absent leave their field empty.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// The certificates that issued the chaincode's; turns TLS on.
    pub root_cert: Option<PathBuf>,
    /// The certificate that the peer presents; turns client authentication on.
    pub client_cert: Option<PathBuf>,
    /// The key of that certificate.
    pub client_key: Option<PathBuf>,
}

impl TlsFiles {
    /// Selects the files in the folder of a CA: those of the named client, or of the only one. Without a client, the peer
    /// presents no certificate.
    pub fn of_folder(folder: &Path, client: Option<&str>) -> Result<Self, Error> {
        let folder = Folder::open(folder)?;
        let client = folder.party(Role::Client, client)?;
        Ok(Self {
            root_cert: Some(folder.bundle()),
            client_cert: client.as_ref().map(Party::certificate),
            client_key: client.as_ref().map(Party::key),
        })
    }
}

/// Writes a connection.json.
pub fn write(fields: &Fields) -> Result<Vec<u8>, Error> {
    let tls = &fields.tls;
    let connection = Connection {
        address: fields.address.clone(),
        domain: fields.domain.clone().unwrap_or_default(),
        dial_timeout: fields.dial_timeout.clone().map(DialTimeout::Text),
        tls_required: tls.root_cert.is_some(),
        client_auth_required: tls.client_cert.is_some(),
        root_cert: text(tls.root_cert.as_deref())?,
        client_key: text(tls.client_key.as_deref())?,
        client_cert: text(tls.client_cert.as_deref())?,
        extra: Vec::new(),
    };
    Ok(connection.to_json())
}

/// Reads the package ID and the connection.json of a package, with unrendered templates.
pub fn of_package(path: &Path) -> Result<(PackageId, Connection), Error> {
    let file = PackageFile::open(path)?;
    let content =
        input::read(&file.source.path().join("connection.json"), input::MAX_CONNECTION).map_err(|error| {
            match error {
                ReadError::Missing => Error::NoConnection(path.to_owned()),
                source => Error::Read { path: path.join("connection.json"), source },
            }
        })?;
    let (connection, _) =
        Connection::parse(&content).map_err(|source| Error::Connection { path: path.to_owned(), source })?;
    Ok((file.package.id().clone(), connection))
}

/// Reads a file of PEM text; without a file the text is empty.
pub fn text(file: Option<&Path>) -> Result<String, Error> {
    let Some(file) = file else { return Ok(String::new()) };
    String::from_utf8(read(file)?).map_err(|_| Error::NotText(file.to_owned()))
}

/// Reads a file or a pipe, up to the size of a connection.json.
pub fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    File::open(file)
        .and_then(|open| open.take(input::MAX_CONNECTION + 1).read_to_end(&mut content))
        .map_err(|error| Error::read(file, error))?;
    if content.len() as u64 > input::MAX_CONNECTION {
        let source = ReadError::TooLarge(input::MAX_CONNECTION);
        return Err(Error::Read { path: file.to_owned(), source });
    }
    Ok(content)
}

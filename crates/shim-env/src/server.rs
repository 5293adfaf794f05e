//! The server for a package: its ID, listen address and TLS files.

use std::path::{Path, PathBuf};

use ccs_certificates::{host_matches, read_bundle};
use ccs_files::{Address, Connection, PackageId};
use ccs_tls::{Folder, Party, Role};

use crate::Error;

/// The location of a server, as far as the package does not determine it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The address to listen on; by default the port of the package's address.
    pub listen: Option<&'a str>,
    /// The name of the server in the TLS folder; by default the only one.
    pub server: Option<&'a str>,
    /// The folder in which the chaincode finds its TLS files; by default the folder itself.
    pub mounted_at: Option<&'a Path>,
}

/// The settings of a chaincode server.
#[derive(Debug)]
pub struct Server {
    /// The ID with which it registers.
    pub package_id: PackageId,
    /// The address on which it listens, host:port.
    pub listen: String,
    /// Its TLS files, if the package requires TLS.
    pub tls: Option<ServerTls>,
}

/// The files of a server, in one folder.
#[derive(Debug)]
pub struct ServerTls {
    /// The folder.
    pub folder: PathBuf,
    /// The folder in which the chaincode finds the files.
    pub mounted_at: PathBuf,
    /// Whether the package contains a client certificate of the peer, which the server then verifies.
    pub ask_for_client: bool,
}

/// The settings of a [`Server`] that are known before the package is written.
#[derive(Debug)]
pub struct Plan {
    listen: String,
    tls: Option<ServerTls>,
    /// Warnings about probable mistakes.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Derives the settings of the server for a package with this connection.json.
    pub fn make(connection: &Connection, tls: Option<&Path>, place: &Place<'_>) -> Result<Self, Error> {
        let listen = match place.listen {
            Some(listen) => checked(listen)?,
            None => listen_address(&connection.address)?,
        };
        let mut warnings = Vec::new();
        let tls = match (connection.tls_required, tls) {
            (true, Some(folder)) => Some(server_tls(connection, folder, place, &mut warnings)?),
            (true, None) => {
                return Err(Error::NoTls);
            }
            (false, Some(_)) => {
                warnings.push("the package uses plaintext: the TLS folder is ignored".to_owned());
                None
            }
            (false, None) => None,
        };
        Ok(Self { listen, tls, warnings })
    }

    /// Adds the package ID.
    #[must_use]
    pub fn for_package(self, package_id: PackageId) -> Server {
        Server { package_id, listen: self.listen, tls: self.tls }
    }
}

fn checked(listen: &str) -> Result<String, Error> {
    match listen.parse::<Address>() {
        Ok(Address::HostPort { host, .. }) if !host.is_empty() => Ok(listen.to_owned()),
        Ok(_) => Err(Error::Listen(listen.to_owned())),
        Err(error) => Err(Error::Address(error)),
    }
}

/// Returns the port of the package's address on all interfaces, or on the loopback interface if the peer dials that.
fn listen_address(address: &str) -> Result<String, Error> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    if port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Ok(match host {
            "127.0.0.1" | "localhost" => format!("127.0.0.1:{port}"),
            "[::1]" => address.to_owned(),
            _ => format!("0.0.0.0:{port}"),
        });
    }
    Err(Error::NoPort(address.to_owned()))
}

fn server_tls(
    connection: &Connection,
    folder: &Path,
    place: &Place<'_>,
    warnings: &mut Vec<String>,
) -> Result<ServerTls, Error> {
    let Some(party) = Folder::open(folder)?.party(Role::Server, place.server)? else {
        return Err(Error::NoServer(folder.to_owned()));
    };
    warnings.extend(compare(connection, &party)?);
    let folder = std::path::absolute(&party.path)
        .map_err(|source| Error::Folder { path: party.path.clone(), source })?;
    let mounted_at = place.mounted_at.map_or_else(|| folder.clone(), Path::to_owned);
    Ok(ServerTls { folder, mounted_at, ask_for_client: connection.client_auth_required })
}

/// Returns why the peer would reject this server, as far as the unrendered package shows.
fn compare(connection: &Connection, party: &Party) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    let file = party.certificate();
    let Some(certificate) = ccs_tls::certificates(&file)?.into_iter().next() else {
        return Ok(warnings);
    };
    if let Ok(Address::HostPort { host, .. }) = connection.address.parse::<Address>()
        && !connection.address.contains("{{")
        && connection.domain.is_empty()
        && !host_matches(&certificate, &host)
    {
        warnings.push(format!("{} is not for {host}, which the peer dials", file.display()));
    }
    if let Ok(bundle) = read_bundle(connection.root_cert.as_bytes())
        && !bundle.certificates.iter().any(|root| root.subject() == certificate.issuer())
    {
        warnings.push(format!("the package does not trust the issuer of {}", file.display()));
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listen_address_has_the_packages_port() {
        for (address, listen) in [
            ("basic.example.com:9999", "0.0.0.0:9999"),
            ("{{.peer_id}}.basic:9999", "0.0.0.0:9999"),
            ("127.0.0.1:9999", "127.0.0.1:9999"),
            ("localhost:9999", "127.0.0.1:9999"),
            ("[::1]:9999", "[::1]:9999"),
            ("dns:///basic:9999", "0.0.0.0:9999"),
        ] {
            assert_eq!(listen_address(address).unwrap(), listen);
        }
        for address in ["{{.address}}", "basic:{{.port}}", "unix:///run/basic.sock"] {
            let message = format!("the address {address:?} does not say on which port to listen");
            assert_eq!(listen_address(address).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_listen_address_needs_host_and_port() {
        assert_eq!(checked("[::]:9999").unwrap(), "[::]:9999");
        assert_eq!(checked(":9999").unwrap_err().to_string(), "\":9999\" is not host:port");
        assert_eq!(checked("0.0.0.0").unwrap_err().to_string(), "address \"0.0.0.0\" has no port");
    }
}

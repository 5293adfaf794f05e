//! The server that a package asks for: ID, listen address, TLS files.

use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_certificates::{host_matches, read_bundle};
use ccs_files::{Address, Connection, PackageId};

use crate::cli::Place;
use crate::failure::Failure;
use crate::tls::authority::Role;
use crate::tls::description;
use crate::tls::folder::{Folder, Party};

/// How a chaincode server is to run.
pub(crate) struct Server {
    /// What it registers as.
    pub(crate) package_id: PackageId,
    /// Where it listens, host:port.
    pub(crate) listen: String,
    /// Its TLS files, if the package wants TLS.
    pub(crate) tls: Option<ServerTls>,
}

/// The files of a server, in one folder.
pub(crate) struct ServerTls {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Where the chaincode finds that folder.
    pub(crate) mounted_at: PathBuf,
    /// Whether the package has a certificate for the peer, which the server then checks.
    pub(crate) ask_for_client: bool,
}

/// The part of [`Server`] that is known before the package is made.
pub(crate) struct Plan {
    listen: String,
    tls: Option<ServerTls>,
    /// What works and yet may not be meant.
    pub(crate) warnings: Vec<String>,
}

impl Plan {
    /// Finds out how the server for a package with this connection.json is to run.
    pub(crate) fn make(connection: &Connection, tls: Option<&Path>, place: &Place) -> Result<Self, Failure> {
        let listen = match &place.listen {
            Some(listen) => checked(listen)?,
            None => listen_address(&connection.address)?,
        };
        let mut warnings = Vec::new();
        let tls = match (connection.tls_required, tls) {
            (true, Some(folder)) => Some(server_tls(connection, folder, place, &mut warnings)?),
            (true, None) => {
                return Err(Failure::new("the package wants TLS, and there are no files for it")
                    .hint("name the folder of `ccs tls init` with --tls DIR".to_owned())
                    .with_code(ExitCode::Tls));
            }
            (false, Some(_)) => {
                warnings.push("the package is for plaintext: the TLS folder is not used".to_owned());
                None
            }
            (false, None) => None,
        };
        Ok(Self { listen, tls, warnings })
    }

    /// Adds the package ID.
    pub(crate) fn for_package(self, package_id: PackageId) -> Server {
        Server { package_id, listen: self.listen, tls: self.tls }
    }
}

fn checked(listen: &str) -> Result<String, Failure> {
    match listen.parse::<Address>() {
        Ok(Address::HostPort { host, .. }) if !host.is_empty() => Ok(listen.to_owned()),
        Ok(_) => Err(Failure::new(format!("{listen:?} is not host:port"))
            .hint("for example --listen 0.0.0.0:9999".to_owned())
            .with_code(ExitCode::Address)),
        Err(error) => Err(Failure::new(&error).hint(error.hint()).with_code(ExitCode::Address)),
    }
}

/// The port of the package's address, on all interfaces unless the peer dials its own machine.
fn listen_address(address: &str) -> Result<String, Failure> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    if port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Ok(match host {
            "127.0.0.1" | "localhost" => format!("127.0.0.1:{port}"),
            "[::1]" => address.to_owned(),
            _ => format!("0.0.0.0:{port}"),
        });
    }
    Err(Failure::new(format!("the address {address:?} does not say on which port to listen"))
        .hint("give --listen HOST:PORT, for example 0.0.0.0:9999".to_owned())
        .with_code(ExitCode::Address))
}

fn server_tls(
    connection: &Connection,
    folder: &Path,
    place: &Place,
    warnings: &mut Vec<String>,
) -> Result<ServerTls, Failure> {
    let Some(party) = Folder::open(folder)?.party(Role::Server, place.server.as_deref())? else {
        let dir = folder.display();
        return Err(Failure::new(format!("{dir} holds no server's certificate"))
            .hint(format!("ccs tls issue {dir} --server NAME --host HOST makes one"))
            .with_code(ExitCode::Tls));
    };
    warnings.extend(compare(connection, &party)?);
    let folder = std::path::absolute(&party.path)
        .map_err(|error| Failure::new(format!("cannot find {}: {error}", party.path.display())))?;
    let mounted_at = place.mounted_at.clone().unwrap_or_else(|| folder.clone());
    Ok(ServerTls { folder, mounted_at, ask_for_client: connection.client_auth_required })
}

/// Says why the peer would refuse this server, as far as the package tells before it is rendered.
fn compare(connection: &Connection, party: &Party) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    let file = party.certificate();
    let Some(certificate) = description::certificates(&file)?.into_iter().next() else {
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
            assert_eq!(listen_address(address).unwrap_err().message(), message);
        }
    }

    #[test]
    fn a_listen_address_needs_host_and_port() {
        assert_eq!(checked("[::]:9999").unwrap(), "[::]:9999");
        assert_eq!(checked(":9999").unwrap_err().message(), "\":9999\" is not host:port");
        assert_eq!(checked("0.0.0.0").unwrap_err().message(), "address \"0.0.0.0\" has no port");
    }
}

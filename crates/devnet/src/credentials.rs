//! The environment variables that every shim reads when a chaincode starts, and the TLS files that they name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_dial::ConnectionInfo;
use ccs_dial::connection::{ClientPair, ConnectionTls};
use ccs_disk::{Existing, NewFile, write_folder};
use ccs_files::Address;
use ccs_identity::{ChaincodeTls, Host, HostError};
use ccs_launch::Chaincode;
use ccs_shim_env::{Client, Format, Variable, connecting, either_role};

use crate::error::Error;
use crate::options::Options;

/// Name of the file in a chaincode's folder that exports the variables in a shell.
const ENVIRONMENT: &str = "env.sh";

/// Issues the credentials with which chaincode connects or serves.
pub(crate) struct Credentials {
    endpoint: String,
    msp: String,
    /// TLS credentials of the listener, and folder of the chaincodes' files; [`None`] for plaintext.
    tls: Option<(Arc<ChaincodeTls>, PathBuf)>,
}

impl Credentials {
    /// Creates the certificates of a listener, if it uses TLS. `peer` is the name of the peer.
    pub(crate) fn new(options: &Options, peer: &str, listener: SocketAddr) -> Result<Self, Error> {
        let tls = if options.chaincode_tls {
            let tls = ChaincodeTls::new(&hosts(options, peer, listener)?, SystemTime::now())?;
            let mut folder = options.organizations.join("chaincode");
            if options.orgs.is_some() {
                folder.push(options.msp.as_str());
            }
            // Absolute, because processes may start in other folders.
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            Some((Arc::new(tls), folder))
        } else {
            None
        };
        Ok(Self { endpoint: endpoint(options, listener), msp: options.msp.as_str().to_owned(), tls })
    }

    /// Returns the address that is advertised to chaincode.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn tls(&self) -> Option<Arc<ChaincodeTls>> {
        self.tls.as_ref().map(|(tls, _)| Arc::clone(tls))
    }

    /// Returns the variables with which a chaincode connects under an ID. With TLS, writes its files first.
    pub(crate) fn connecting(&self, name: &str, id: &str) -> Result<Vec<Variable>, Error> {
        self.hand_out(name, id, connecting)
    }

    /// Returns the variables with which a chaincode either connects under an ID or serves at an address. With TLS,
    /// writes its files first.
    pub(crate) fn either_role(&self, name: &str, id: &str, listen: &str) -> Result<Vec<Variable>, Error> {
        self.hand_out(name, id, |client| either_role(client, listen))
    }

    /// Returns the content of chaincode.json for a chaincode that `run` launches under an ID.
    pub(crate) fn launched(&self, id: &str) -> Result<Vec<u8>, Error> {
        let mut chaincode = Chaincode {
            chaincode_id: id.to_owned(),
            peer_address: self.endpoint.clone(),
            client_cert: String::new(),
            client_key: String::new(),
            root_cert: String::new(),
            mspid: self.msp.clone(),
        };
        if let Some((tls, _)) = &self.tls {
            let pair = tls.issue(id)?;
            pair.certificate.clone_into(&mut chaincode.client_cert);
            chaincode.client_key.push_str(&pair.key);
            tls.ca().clone_into(&mut chaincode.root_cert);
        }
        serde_json::to_vec(&chaincode).map_err(|error| Error::Scratch(error.into()))
    }

    /// Returns the connection settings with which the peer dials a chaincode at an address.
    pub(crate) fn server(&self, address: String, dial_timeout: Duration) -> ConnectionInfo {
        let tls = self.tls.as_ref().map(|(tls, _)| {
            let ours = tls.server();
            let pair = ClientPair { key: ours.key.clone(), cert: ours.certificate.clone(), domain: None };
            ConnectionTls { root_cert: tls.ca().to_owned(), client: Some(pair) }
        });
        ConnectionInfo { address, dial_timeout, tls }
    }

    fn hand_out(
        &self,
        name: &str,
        id: &str,
        list: impl FnOnce(&Client<'_>) -> Vec<Variable>,
    ) -> Result<Vec<Variable>, Error> {
        let files = self.tls.as_ref().map(|(tls, folder)| (tls, folder.join(name)));
        let tls = files.as_ref().map(|(_, folder)| folder.as_path());
        let variables = list(&Client { id, peer: &self.endpoint, msp: &self.msp, tls });
        if let Some((tls, folder)) = &files {
            write(tls, folder, id, &variables)?;
        }
        Ok(variables)
    }

    /// Returns the file that exports a chaincode's variables in a shell; [`None`] without TLS.
    pub(crate) fn environment_file(&self, name: &str) -> Option<PathBuf> {
        self.tls.as_ref().map(|(_, folder)| folder.join(name).join(ENVIRONMENT))
    }
}

/// Returns the host names in the listener's certificate.
fn hosts(options: &Options, peer: &str, listener: SocketAddr) -> Result<Vec<Host>, HostError> {
    let usual = ["localhost", peer, &listener.ip().to_string()].map(str::parse);
    usual.into_iter().chain(options.chaincode_hosts.iter().cloned().map(Ok)).collect()
}

/// Returns the address to which chaincode connects: the first given name, or, for a listen address such as 0.0.0.0,
/// this machine.
fn endpoint(options: &Options, listener: SocketAddr) -> String {
    match options.chaincode_hosts.first() {
        Some(host) => Address::HostPort { host: host.to_string(), port: listener.port() }.to_string(),
        None if listener.ip().is_unspecified() => format!("localhost:{}", listener.port()),
        None => listener.to_string(),
    }
}

fn write(tls: &ChaincodeTls, folder: &Path, id: &str, variables: &[Variable]) -> Result<(), Error> {
    let pair = tls.issue(id)?;
    // A chaincode server uses the same certificate, but not every TLS library accepts the key under a peer's label.
    let server_key = pair.key.replace(" EC PRIVATE KEY", " PRIVATE KEY");
    let files = [
        NewFile::public("ca.pem", tls.ca()),
        NewFile::public("server.pem", pair.certificate.as_str()),
        NewFile::secret("server.key", server_key),
        NewFile::public("client.pem", pair.certificate.as_str()),
        NewFile::public("client.pem.b64", STANDARD.encode(&pair.certificate)),
        NewFile::secret("client.key", pair.key.as_str()),
        NewFile::secret("client.key.b64", STANDARD.encode(&pair.key)),
        NewFile::public(ENVIRONMENT, ccs_shim_env::write(Format::Shell, variables)?),
    ];
    let parent = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|error| Error::system("create the folder", parent, error))?;
    ccs_identity::exclude_from_git(parent).map_err(|error| Error::system("write into", parent, error))?;
    write_folder(folder, &files, Existing::Replace)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_holds_the_names_that_were_given() {
        let mut options = Options::for_tests();
        options.chaincode_hosts = ["peer.test", "::1"].map(|host| host.parse().unwrap()).into();
        let hosts = hosts(&options, "peer0.org1.example.com", "0.0.0.0:7052".parse().unwrap()).unwrap();
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["localhost", "peer0.org1.example.com", "0.0.0.0", "peer.test", "::1"]);
    }
}

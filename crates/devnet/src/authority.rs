//! The Fabric CA of an organization.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_ca::{Ca, CaOptions};
use ccs_disk::{Existing, write_file};
use ccs_identity::{CaPairs, CaProfile, OrganizationPlan, Users};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::options::Options;

/// Name and secret of the registrar, as in the test network.
const REGISTRAR: (&str, &str) = ("admin", "adminpw");

/// Fabric CA that is ready to serve.
pub(crate) struct Authority {
    ca: Arc<Ca>,
    pairs: CaPairs,
    listener: TcpListener,
    endpoint: String,
}

impl Authority {
    /// Opens the CA of an organization, whose folder exists, and writes the certificates that clients trust where the test
    /// network has them.
    pub(crate) fn open(
        options: &Options,
        plan: &OrganizationPlan,
        listener: TcpListener,
    ) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::Port)?;
        let users = Users::find(&options.organizations, Some(plan.domain.as_str()))?;
        let hosts = hosts(address.ip(), plan.domain.as_str());
        let pairs = users.ca(&hosts, SystemTime::now())?;
        let state = options.state.as_ref().map(|folder| folder.join("ca"));
        if let Some(folder) = &state {
            fs::create_dir_all(folder).map_err(|error| Error::system("create the folder", folder, error))?;
        }
        let name = plan.ca_name();
        let label = name.strip_prefix("ca-").unwrap_or(&name);
        write_certificates(&options.organizations.join("fabric-ca").join(label), &pairs)?;
        let ca = Ca::open(CaOptions {
            name: name.clone(),
            pair: pairs.ca.clone(),
            msp_id: plan.msp_id.clone(),
            registrar: (REGISTRAR.0.to_owned(), REGISTRAR.1.to_owned()),
            state: state.map(|folder| folder.join(format!("{label}.json"))),
        })?;
        Ok(Self { ca: Arc::new(ca), pairs, listener, endpoint: crate::network::endpoint(address) })
    }

    /// Returns what the connection profile says of the CA.
    pub(crate) fn profile(&self) -> CaProfile {
        CaProfile { endpoint: self.endpoint.clone(), tls_ca: self.pairs.ca.certificate.clone() }
    }

    /// Serves clients until `stop` is canceled.
    pub(crate) async fn serve(self, stop: CancellationToken) -> Result<(), Error> {
        Ok(ccs_ca::serve(self.listener, &self.pairs.server, self.ca, stop).await?)
    }
}

/// Returns the hosts by which clients reach a CA.
fn hosts(address: IpAddr, domain: &str) -> Vec<String> {
    let mut hosts = ["localhost", "127.0.0.1", "::1", domain].map(str::to_owned).to_vec();
    let address_text = address.to_string();
    // A certificate for all addresses names none of them.
    if !address.is_unspecified() && !hosts.contains(&address_text) {
        hosts.push(address_text);
    }
    hosts
}

fn write_certificates(folder: &Path, pairs: &CaPairs) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| Error::system("create the folder", folder, error))?;
    for (name, pair) in [("ca-cert.pem", &pairs.ca), ("tls-cert.pem", &pairs.server)] {
        write_file(&folder.join(name), pair.certificate.as_bytes(), 0o644, Existing::Replace)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_once_and_all_addresses_are_not_a_host() {
        let usual = ["localhost", "127.0.0.1", "::1", "org1.example.com"];
        for address in ["127.0.0.1", "::1", "0.0.0.0", "::"] {
            assert_eq!(hosts(address.parse().unwrap(), "org1.example.com"), usual, "{address}");
        }
        let other = hosts("192.0.2.1".parse().unwrap(), "org1.example.com");
        assert_eq!(other.last().map(String::as_str), Some("192.0.2.1"));
        assert_eq!(other.len(), 5);
    }
}

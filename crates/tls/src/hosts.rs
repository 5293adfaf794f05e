//! The names by which peers dial a server: those given, and the hosts of a rendered address template.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use ccs_builder::configuration::Configuration;
use ccs_builder::context::Surroundings;
use ccs_builder::render;
use ccs_certificates::{Certificate, SubjectAlternativeName};
use ccs_files::{Address, Connection};

use crate::error::Error;

/// The sources of a server's hosts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hosts<'a> {
    /// Names and IP addresses.
    pub given: &'a [String],
    /// The address of a package, which may be a template.
    pub address: Option<&'a str>,
    /// Configurations for the template: JSON objects, or names of files that contain one.
    pub configurations: &'a [String],
    /// IDs of peers, the values of `peer_id` in the template.
    pub peers: &'a [String],
}

impl Hosts<'_> {
    /// Returns the hosts in the given order, without duplicates.
    pub fn resolve(&self) -> Result<Vec<String>, Error> {
        let mut hosts: Vec<String> = Vec::new();
        for host in self.given {
            hosts.push(checked(host)?);
        }
        if let Some(template) = self.address {
            for surroundings in self.surroundings()? {
                let host = rendered(template, &surroundings)?;
                hosts.push(checked(&host)?);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        hosts.retain(|host| seen.insert(host.to_ascii_lowercase()));
        Ok(hosts)
    }

    /// Combines every configuration with every peer; an empty list counts as one empty value.
    fn surroundings(&self) -> Result<Vec<Surroundings>, Error> {
        let configurations: Vec<Option<OsString>> = if self.configurations.is_empty() {
            vec![None]
        } else {
            self.configurations
                .iter()
                .map(|given| configuration(given).map(Some))
                .collect::<Result<_, _>>()?
        };
        let peers: Vec<Option<&String>> =
            if self.peers.is_empty() { vec![None] } else { self.peers.iter().map(Some).collect() };
        let all = configurations.iter().flat_map(|configuration| {
            peers.iter().map(|peer| Surroundings {
                configuration: configuration.clone(),
                builder_folder: None,
                peer: peer.iter().map(|peer| ("peer_id", (*peer).clone())).collect(),
                now: SystemTime::now(),
            })
        });
        Ok(all.collect())
    }
}

/// Parses JSON, or reads the file with this name.
fn configuration(given: &str) -> Result<OsString, Error> {
    if given.trim_start().starts_with('{') {
        return Ok(given.into());
    }
    fs::read_to_string(given)
        .map(OsString::from)
        .map_err(|source| Error::ConfigurationFile { given: given.to_owned(), source })
}

/// Renders the address like the builder, and returns its host.
fn rendered(template: &str, surroundings: &Surroundings) -> Result<String, Error> {
    let connection = Connection { address: template.to_owned(), ..Connection::default() };
    let address = Configuration::gather(surroundings, Path::new("/"), "")
        .and_then(|configuration| render::render(connection, &configuration))
        .map_err(refused)?
        .address;
    match address.parse::<Address>() {
        Ok(parsed) => host_of(&parsed).ok_or(Error::HostlessAddress(address)),
        Err(source) => Err(Error::Address { template: template.to_owned(), rendered: address, source }),
    }
}

/// Replaces the package and the peer by the options in an error of the builder.
fn refused(error: ccs_builder::Error) -> Error {
    match error {
        ccs_builder::Error::Configuration { error, .. } => Error::Configuration(error),
        ccs_builder::Error::Template { error, .. } => Error::Template(error),
        other => Error::Builder(other),
    }
}

/// Returns the hosts of a certificate, in order.
pub(crate) fn of_certificate(certificate: &Certificate) -> Vec<String> {
    let host = |name: &SubjectAlternativeName| match name {
        SubjectAlternativeName::Dns(name) => Some(name.clone()),
        SubjectAlternativeName::Ip(address) => Some(address.to_string()),
        SubjectAlternativeName::Uri(_) | SubjectAlternativeName::Email(_) => None,
    };
    certificate.subject_alternative_names().iter().filter_map(host).collect()
}

/// Returns the host that a peer compares with the certificate.
fn host_of(address: &Address) -> Option<String> {
    match address {
        Address::HostPort { host, .. } if host.is_empty() => None,
        Address::HostPort { host, .. } => Some(host.clone()),
        Address::Target { scheme: "dns" | "passthrough", endpoint } => {
            match endpoint.rsplit('/').next()?.parse::<Address>().ok()? {
                Address::HostPort { host, .. } if !host.is_empty() => Some(host),
                _ => None,
            }
        }
        Address::Target { .. } => None,
    }
}

/// Rejects a host that a certificate cannot contain, or that no client would compare.
fn checked(host: &str) -> Result<String, Error> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if bare.parse::<IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    let name = bare.strip_prefix("*.").unwrap_or(bare);
    let fits = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        plain && (1..=63).contains(&label.len())
    };
    if name.split('.').all(fits) && bare.len() <= 253 {
        return Ok(bare.to_owned());
    }
    Err(Error::Host(host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses_without_ports() {
        for (given, host) in [
            ("basic", "basic"),
            ("*.basic.example.com", "*.basic.example.com"),
            ("under_score", "under_score"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(checked(given).unwrap(), host);
        }
        for given in
            ["", "a:1", "a..b", "a.", "b\u{e4}sic", "a b", "*", "a.*.b", "https://a", &"l".repeat(64)]
        {
            assert_eq!(checked(given).unwrap_err().to_string(), format!("{given:?} is not a host name"));
        }
    }

    #[test]
    fn the_host_is_the_one_that_a_peer_verifies() {
        for (address, host) in [
            ("basic:9999", Some("basic")),
            ("[::1]:9999", Some("::1")),
            ("dns:///basic:9999", Some("basic")),
            ("dns://10.0.0.1/basic:9999", Some("basic")),
            ("unix:///run/basic.sock", None),
            (":9999", None),
        ] {
            assert_eq!(host_of(&address.parse().unwrap()).as_deref(), host, "{address}");
        }
    }
}

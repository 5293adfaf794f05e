//! Under which names peers dial a server: those given, and those to which an address template renders.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use ccs_builder::configuration::Configuration;
use ccs_builder::context::Surroundings;
use ccs_builder::render::TemplateError;
use ccs_builder::{Error, ExitCode, render};
use ccs_certificates::{Certificate, SubjectAlternativeName};
use ccs_files::{Address, Connection};

use crate::cli::tls::Issue;
use crate::failure::Failure;

/// Gives the hosts in the order of the options, each once.
pub(super) fn of(options: &Issue) -> Result<Vec<String>, Failure> {
    let mut hosts: Vec<String> = Vec::new();
    for host in &options.host {
        hosts.push(checked(host)?);
    }
    if let Some(template) = &options.address {
        for surroundings in surroundings(options)? {
            let host = rendered(template, &surroundings)?;
            hosts.push(checked(&host)?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    hosts.retain(|host| seen.insert(host.to_ascii_lowercase()));
    Ok(hosts)
}

/// Every configuration with every peer; one of nothing where none is given.
fn surroundings(options: &Issue) -> Result<Vec<Surroundings>, Failure> {
    let configurations: Vec<Option<OsString>> = if options.config.is_empty() {
        vec![None]
    } else {
        options.config.iter().map(|given| configuration(given).map(Some)).collect::<Result<_, _>>()?
    };
    let peers: Vec<Option<&String>> =
        if options.peer.is_empty() { vec![None] } else { options.peer.iter().map(Some).collect() };
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

/// JSON as it is, anything else as the name of a file.
fn configuration(given: &str) -> Result<OsString, Failure> {
    if given.trim_start().starts_with('{') {
        return Ok(given.into());
    }
    fs::read_to_string(given).map(OsString::from).map_err(|error| {
        Failure::new(format!("cannot read the configuration {given}: {error}"))
            .hint("--config takes a JSON object, or the name of a file that holds one".to_owned())
            .with_code(ExitCode::InputOutput)
    })
}

/// Renders the address as the builder does, and gives its host.
fn rendered(template: &str, surroundings: &Surroundings) -> Result<String, Failure> {
    let connection = Connection { address: template.to_owned(), ..Connection::default() };
    let address = Configuration::gather(surroundings, Path::new("/"), "")
        .and_then(|configuration| render::render(connection, &configuration))
        .map_err(refused)?
        .address;
    let parsed = address.parse::<Address>().map_err(|error| {
        Failure::new(format!("{template:?} renders to {address:?}: {error}"))
            .hint(error.hint())
            .with_code(ExitCode::Address)
    })?;
    host_of(&parsed).ok_or_else(|| {
        Failure::new(format!("the address {address:?} has no host that a certificate could carry"))
            .hint("name the host with --host".to_owned())
            .with_code(ExitCode::Address)
    })
}

/// Speaks of options where the builder speaks of a package and a peer.
fn refused(error: Error) -> Failure {
    match error {
        Error::Configuration { error, .. } => {
            Failure::new(format!("--config: {}", ccs_builder::report::chain(&error)))
                .hint(r#"write one JSON object: --config '{"org":"org1"}'"#.to_owned())
                .with_code(ExitCode::Configuration)
        }
        Error::Template { error: TemplateError::MissingKey { error, known, .. }, .. } => {
            let known: Vec<_> = known.into_iter().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Failure::new(format!("--address: {error}"))
                .hint(format!(
                    "define it with --config, or peer_id with --peer; the keys that exist: {known}"
                ))
                .with_code(ExitCode::Template)
        }
        Error::Template { error, .. } => {
            Failure::new(format!("--address: {error}")).hint(error.hint()).with_code(ExitCode::Template)
        }
        other => other.into(),
    }
}

/// Gives the hosts of a certificate, in its order.
pub(super) fn of_certificate(certificate: &Certificate) -> Vec<String> {
    let host = |name: &SubjectAlternativeName| match name {
        SubjectAlternativeName::Dns(name) => Some(name.clone()),
        SubjectAlternativeName::Ip(address) => Some(address.to_string()),
        SubjectAlternativeName::Uri(_) | SubjectAlternativeName::Email(_) => None,
    };
    certificate.subject_alternative_names().iter().filter_map(host).collect()
}

/// The host that a peer compares with the certificate.
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

/// Refuses what no certificate can carry, or no client would compare.
fn checked(host: &str) -> Result<String, Failure> {
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
    let hint = "write a name such as basic.example.com or *.example.com, or an IP address, without a port";
    Err(Failure::new(format!("{host:?} is not a host name")).hint(hint.to_owned()).with_code(ExitCode::Tls))
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
            assert_eq!(checked(given).unwrap_err().message(), format!("{given:?} is not a host name"));
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

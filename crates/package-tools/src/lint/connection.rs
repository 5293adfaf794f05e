//! Rules about connections that work but cause problems.

use std::net::IpAddr;

use ccs_builder::examine::Examination;
use ccs_builder::render;
use ccs_certificates::{ExtendedKeyUsage, read_bundle};
use ccs_files::{Address, Connection};

use super::finding::{Findings, hint};
use super::rule::Rule;

const AT: &str = "connection.json";

/// Applies the rules to the connection as packaged and as rendered.
pub(super) fn check(found: &Examination, findings: &mut Findings) {
    let Some(package) = &found.package else { return };
    let address = found.rendered.as_ref().map_or(&package.address, |rendered| &rendered.address);
    if render::is_template(address) || address.parse::<Address>().is_ok() {
        addresses(package, address, findings);
    }
    if package.tls_required && package.client_auth_required {
        client(found.rendered.as_ref().unwrap_or(package), findings);
    }
}

fn addresses(package: &Connection, address: &str, findings: &mut Findings) {
    let is_local = is_local(address);
    if is_local {
        let advice = "it works where peer and chaincode share a network namespace; between containers or machines \
                      name the chaincode's host";
        let message = format!("address {address:?} is the peer's own machine or container");
        findings.push(Rule::AddressLoopback, AT, message, hint(advice));
    } else if !package.tls_required {
        let message = format!(
            "the peer will talk to {address} in plaintext: any host between them can read and change what the chaincode \
             answers"
        );
        findings.push(Rule::PlaintextRemote, AT, message, hint("set tls_required and root_cert"));
    }
    if !is_local && !render::is_template(&package.address) {
        let message = format!("every peer that installs the package will dial {address}");
        let advice =
            "if each peer has its own chaincode server, write a template such as {{.peer_id}}.basic:9999";
        findings.push(Rule::AddressFixed, AT, message, hint(advice));
    }
}

/// Tells whether the address is on this machine. For a template that cannot be rendered, it checks the beginning.
fn is_local(address: &str) -> bool {
    let host = match address.parse::<Address>() {
        Ok(Address::HostPort { host, .. }) => host,
        Ok(Address::Target { scheme, endpoint }) => {
            if scheme.starts_with("unix") {
                return true;
            }
            let name = endpoint.trim_start_matches('/');
            name.rsplit_once(':').map_or(name, |(host, _)| host).trim_matches(['[', ']']).to_owned()
        }
        Err(_) => address.split(':').next().unwrap_or_default().to_owned(),
    };
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    });
    is_loopback || host.is_empty() || host.eq_ignore_ascii_case("localhost")
}

/// A server in Go, Java or Node.js rejects a client certificate that is only for servers.
fn client(connection: &Connection, findings: &mut Findings) {
    if !connection.client_key.is_empty() {
        let message = "the package holds a private key, which every recipient of the file has";
        let advice =
            "protect the package like the key, and use a separate CA for the peers of this chaincode";
        findings.push(Rule::PrivateKeyInside, AT, message, hint(advice));
    }
    let Ok(bundle) = read_bundle(connection.client_cert.as_bytes()) else { return };
    let Some(certificate) = bundle.certificates.first() else { return };
    let usages = certificate.extended_key_usages();
    let fits = |usage| matches!(usage, &ExtendedKeyUsage::Any | &ExtendedKeyUsage::ClientAuthentication);
    if !usages.is_empty() && !usages.iter().any(fits) {
        let names: Vec<String> = usages.iter().map(ToString::to_string).collect();
        let message = format!(
            "client_cert: the certificate of {} is for {} only; the chaincode will reject it",
            certificate.subject(),
            names.join(", ")
        );
        findings.push(Rule::ClientCertUsage, AT, message, hint("issue it with the usage clientAuth"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for local in [
            "localhost:1",
            "LOCALHOST:1",
            "127.9.9.9:1",
            "0.0.0.0:1",
            "[::]:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
            ":1",
            "unix:/run/x",
            "dns:///localhost:1",
            "127.0.0.1:{{.port}}",
        ] {
            assert!(is_local(local), "{local}");
        }
        for remote in ["basic:1", "10.0.0.1:1", "[2001:db8::1]:1", "dns:///basic:1", "{{.host}}:1"] {
            assert!(!is_local(remote), "{remote}");
        }
    }
}

//! The `address` of connection.json, which a peer dials.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address that a peer's gRPC dialer accepts.
///
/// The peer passes the text unchanged to grpc-go with the default scheme `passthrough`, so Go's `net.Dial` requires
/// `host:port`. A text with a known scheme goes to the resolver of that scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `host:port`; an empty host is the local host, as in Go.
    HostPort {
        /// A name, an IPv4 address, or an IPv6 address without its brackets.
        host: String,
        /// The port, never 0.
        port: u16,
    },
    /// A target with a resolver of grpc-go, such as `dns:///chaincode:7052` or `unix:/run/chaincode.sock`.
    Target {
        /// `dns`, `passthrough`, `unix` or `unix-abstract`.
        scheme: &'static str,
        /// The text after the scheme's colon.
        endpoint: String,
    },
}

/// The reason why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is empty.
    #[error("the address is empty")]
    Empty,
    /// The text contains white space or a control character.
    #[error("address {address:?} contains {found:?}")]
    Character {
        /// The text, truncated.
        address: String,
        /// The first invalid character.
        found: char,
    },
    /// There is no port.
    #[error("address {0:?} has no port")]
    NoPort(String),
    /// The port is not a number from 1 to 65535.
    #[error("address {address:?} has the port {port:?}, not a number from 1 to 65535")]
    Port {
        /// The text, truncated.
        address: String,
        /// The text in place of the port.
        port: String,
    },
    /// An IPv6 address without brackets.
    #[error("address {0:?} has several colons")]
    TooManyColons(String),
    /// The brackets are not around an IPv6 address.
    #[error("address {0:?} has brackets that are not around an IPv6 address")]
    Brackets(String),
    /// A variable that a shell should have replaced, or a template in single braces.
    #[error("address {address:?} contains {variable:?}: a variable or template was not replaced")]
    Variable {
        /// The text, shortened.
        address: String,
        /// The character that marks the variable.
        variable: char,
    },
    /// The host is neither a host name nor an IP address.
    #[error("address {address:?} has an invalid host: {reason}")]
    Host {
        /// The text, shortened.
        address: String,
        /// The rule that the host breaks.
        reason: &'static str,
    },
    /// A URL.
    #[error("address {address:?} is a URL with the scheme {scheme}")]
    Url {
        /// The text, truncated.
        address: String,
        /// The text before `://`.
        scheme: String,
    },
}

impl AddressError {
    /// Returns the form of an address.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooManyColons(_) => "write an IPv6 address in brackets: [::1]:7052",
            Self::Variable { variable: '{' | '}', .. } => {
                "a template has two braces and a dot, for example {{.peername}}_basic:7052"
            }
            Self::Variable { .. } => "set the variable, and write the address without single quotes",
            Self::Url { .. } => {
                "write only host:port, for example chaincode.example.com:7052; tls_required enables TLS"
            }
            _ => "the peer dials host:port, for example chaincode.example.com:7052",
        };
        Some(hint.to_owned())
    }
}

/// The resolvers of every grpc-go client that can reach a chaincode.
const SCHEMES: [&str; 4] = ["dns", "passthrough", "unix", "unix-abstract"];

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let address = || text.chars().take(80).collect::<String>();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if let Some(found) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Character { address: address(), found });
        }
        if let Some(target) = target(text) {
            return Ok(target);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(AddressError::Url { address: address(), scheme: scheme.chars().take(20).collect() });
        }
        if let Some(variable) = text.chars().find(|c| "$%{}".contains(*c) && !text.starts_with('[')) {
            return Err(AddressError::Variable { address: address(), variable });
        }
        let (host, port) = split_host_port(text).map_err(|error| error(address()))?;
        let number = port.parse().ok().filter(|&number| number > 0 && !port.starts_with('+'));
        let port = number.ok_or_else(|| AddressError::Port {
            address: address(),
            port: port.chars().take(20).collect(),
        })?;
        check_host(host).map_err(|reason| AddressError::Host { address: address(), reason })?;
        Ok(Self::HostPort { host: host.to_owned(), port })
    }
}

/// Parses `scheme:endpoint` if the scheme has a resolver and the text cannot be `host:port`.
fn target(text: &str) -> Option<Address> {
    let (scheme, endpoint) = text.split_once(':')?;
    let scheme = SCHEMES.into_iter().find(|known| *known == scheme)?;
    // grpc-go parses "dns:7052" as a target as well, but then the chaincode's host would be "7052".
    let is_port = endpoint.bytes().all(|byte| byte.is_ascii_digit());
    (!is_port).then(|| Address::Target { scheme, endpoint: endpoint.to_owned() })
}

/// A constructor of an error from the truncated address.
type Fault = fn(String) -> AddressError;

/// Splits as Go's `net.SplitHostPort` does.
fn split_host_port(text: &str) -> Result<(&str, &str), Fault> {
    let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or(AddressError::Brackets as Fault)?;
        (host, after.strip_prefix(':').ok_or(AddressError::NoPort as Fault)?)
    } else {
        let (host, port) = text.rsplit_once(':').ok_or(AddressError::NoPort as Fault)?;
        if host.contains(':') {
            return Err(AddressError::TooManyColons);
        }
        (host, port)
    };
    if host.contains(['[', ']']) || port.contains(['[', ']', ':']) {
        return Err(AddressError::Brackets);
    }
    if port.is_empty() {
        return Err(AddressError::NoPort);
    }
    Ok((host, port))
}

/// The longest host name and the longest label of one, in bytes.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Checks that a host is empty, an IP address, or a name that Go's resolver looks up (Go 1.26 `net.isDomainName`).
fn check_host(host: &str) -> Result<(), &'static str> {
    let without_zone = host.split_once('%').map_or(host, |(address, _)| address);
    if host.is_empty() || host.parse::<Ipv4Addr>().is_ok() || without_zone.parse::<Ipv6Addr>().is_ok() {
        return Ok(());
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.len() > MAX_NAME {
        return Err("a host name has at most 253 characters");
    }
    name.split('.').try_for_each(check_label)?;
    if name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err("digits alone are an IPv4 address, which has four numbers from 0 to 255");
    }
    Ok(())
}

/// Checks the part of a host name between two dots.
fn check_label(label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err("a host name has no empty part between dots");
    }
    if label.len() > MAX_LABEL {
        return Err("a part of a host name has at most 63 characters");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("a part of a host name neither begins nor ends with '-'");
    }
    if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err("a host name has letters (a-z), digits, '-', '_' and '.'");
    }
    Ok(())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostPort { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::HostPort { host, port } => write!(f, "{host}:{port}"),
            Self::Target { scheme, endpoint } => write!(f, "{scheme}:{endpoint}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_peer_can_dial_is_accepted_unchanged() {
        for address in [
            "chaincode.example.com:7052",
            "127.0.0.1:1",
            "[::1]:65535",
            "[fe80::1%eth0]:7052",
            ":7052",
            "under_score:7052",
            "_a-b:7052",
            "0.0.0.0:7052",
            "123.chaincode:7052",
            "chaincode.example.com.:7052",
            "dns:///chaincode:7052",
            "unix:///run/chaincode.sock",
            "unix:/run/chaincode.sock",
            "passthrough:///a:1",
            "dns:7052",
        ] {
            assert_eq!(address.parse::<Address>().unwrap().to_string(), address);
        }
        assert_eq!(
            "dns:7052".parse::<Address>().unwrap(),
            Address::HostPort { host: "dns".to_owned(), port: 7052 }
        );
    }

    #[test]
    fn what_a_peer_cannot_dial_is_refused_with_the_reason() {
        for (address, message) in [
            ("", "the address is empty"),
            ("chaincode", "address \"chaincode\" has no port"),
            ("chaincode:", "address \"chaincode:\" has no port"),
            ("[::1]", "address \"[::1]\" has no port"),
            ("::1:7052", "address \"::1:7052\" has several colons"),
            ("[::1:7052", "address \"[::1:7052\" has brackets that are not around an IPv6 address"),
            ("a]:7052", "address \"a]:7052\" has brackets that are not around an IPv6 address"),
            ("a:0", "address \"a:0\" has the port \"0\", not a number from 1 to 65535"),
            ("a:65536", "address \"a:65536\" has the port \"65536\", not a number from 1 to 65535"),
            ("a:+1", "address \"a:+1\" has the port \"+1\", not a number from 1 to 65535"),
            ("a:7052/x", "address \"a:7052/x\" has the port \"7052/x\", not a number from 1 to 65535"),
            ("a:7052\n", "address \"a:7052\\n\" contains '\\n'"),
            ("${CC}:7052", "address \"${CC}:7052\" contains '$': a variable or template was not replaced"),
            (
                "a.$DOMAIN:7052",
                "address \"a.$DOMAIN:7052\" contains '$': a variable or template was not replaced",
            ),
            ("%CC%:7052", "address \"%CC%:7052\" contains '%': a variable or template was not replaced"),
            (
                "{peername}_x:7052",
                "address \"{peername}_x:7052\" contains '{': a variable or template was not replaced",
            ),
            (
                "a,b:7052",
                "address \"a,b:7052\" has an invalid host: a host name has letters (a-z), digits, '-', '_' and '.'",
            ),
            (
                "-a:7052",
                "address \"-a:7052\" has an invalid host: a part of a host name neither begins nor ends with '-'",
            ),
            (
                "a..b:7052",
                "address \"a..b:7052\" has an invalid host: a host name has no empty part between dots",
            ),
            (
                "[a:b]:7052",
                "address \"[a:b]:7052\" has an invalid host: a host name has letters (a-z), digits, '-', '_' and '.'",
            ),
            (
                "300.1.1.1:7052",
                "address \"300.1.1.1:7052\" has an invalid host: digits alone are an IPv4 address, which has four \
                 numbers from 0 to 255",
            ),
            ("grpcs://a:7052", "address \"grpcs://a:7052\" is a URL with the scheme grpcs"),
        ] {
            assert_eq!(address.parse::<Address>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn an_accepted_address_survives_its_text(text in "[a-z:.\\[\\]0-9/]{0,20}|.{0,20}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
            }
        }
    }
}

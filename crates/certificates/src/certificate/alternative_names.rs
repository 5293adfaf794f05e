//! Subject alternative names.

use std::{fmt, net::IpAddr};

use super::text::ascii;
use super::uri;
use crate::error::{CertificateError, malformed};
use crate::{
    der::{self, Reader},
    shown::shown,
};

const EMAIL: u8 = der::context(1);
const DNS: u8 = der::context(2);
const URI: u8 = der::context(6);
const IP: u8 = der::context(7);

/// A name for which a certificate is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectAlternativeName {
    /// A host name; its first label may be a wildcard.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A URI.
    Uri(String),
    /// An e-mail address.
    Email(String),
}

impl fmt::Display for SubjectAlternativeName {
    /// Formats the name as openssl does, `DNS:peer0.org1.example.com`, with control characters replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{}", shown(name)),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Uri(uri) => write!(f, "URI:{}", shown(uri)),
            Self::Email(address) => write!(f, "email:{}", shown(address)),
        }
    }
}

pub(super) fn read(value: &[u8]) -> Result<Vec<SubjectAlternativeName>, CertificateError> {
    let malformed = malformed("subject alternative name extension");
    let mut list = Reader::new(value).enter(der::SEQUENCE).ok_or_else(malformed)?;
    let mut names = Vec::new();
    while !list.is_empty() {
        let name = list.any().ok_or_else(malformed)?;
        names.extend(read_one(name.tag, name.content)?);
    }
    Ok(names)
}

fn read_one(tag: u8, content: &[u8]) -> Result<Option<SubjectAlternativeName>, CertificateError> {
    let name = match tag {
        EMAIL => SubjectAlternativeName::Email(ascii(content).ok_or_else(malformed("e-mail name"))?),
        DNS => SubjectAlternativeName::Dns(ascii(content).ok_or_else(malformed("DNS name"))?),
        URI => {
            let uri =
                ascii(content).filter(|uri| uri::is_acceptable(uri)).ok_or_else(malformed("URI name"))?;
            SubjectAlternativeName::Uri(uri)
        }
        IP => SubjectAlternativeName::Ip(address(content).ok_or_else(malformed("IP address name"))?),
        _ => return Ok(None),
    };
    Ok(Some(name))
}

fn address(content: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(content) {
        return Some(IpAddr::from(octets));
    }
    <[u8; 16]>::try_from(content).ok().map(IpAddr::from)
}

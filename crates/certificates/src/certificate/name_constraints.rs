//! The name constraints extension, which Go validates as a whole when it parses a certificate.

use std::net::IpAddr;

use super::text::{ascii, has_valid_labels};
use crate::der::{self, Reader};

const EMAIL: u8 = der::context(1);
const DNS: u8 = der::context(2);
const URI: u8 = der::context(6);
const IP: u8 = der::context(7);

/// Returns `None` where Go rejects the extension (`parseNameConstraintsExtension`).
pub(super) fn check(mut value: Reader<'_>) -> Option<()> {
    let mut fields = value.enter(der::SEQUENCE)?;
    let permitted = fields.enter_optional(der::context_constructed(0))?;
    let excluded = fields.enter_optional(der::context_constructed(1))?;
    let is_whole = value.is_empty() && fields.is_empty();
    let subtrees: Vec<_> = [permitted, excluded].into_iter().flatten().collect();
    let says_something = subtrees.iter().any(|list| !list.is_empty());
    (is_whole && says_something).then_some(())?;
    subtrees.into_iter().try_for_each(check_subtrees)
}

fn check_subtrees(mut list: Reader<'_>) -> Option<()> {
    while !list.is_empty() {
        let name = list.enter(der::SEQUENCE)?.any()?;
        let is_valid = match name.tag {
            DNS => ascii(name.content).is_some_and(|domain| is_domain(&domain)),
            EMAIL => ascii(name.content).is_some_and(|address| is_email(&address)),
            URI => ascii(name.content)
                .is_some_and(|domain| domain.parse::<IpAddr>().is_err() && is_domain(&domain)),
            IP => is_network(name.content),
            _ => true,
        };
        is_valid.then_some(())?;
    }
    Some(())
}

/// Returns whether `domain` may constrain names: non-empty labels of visible characters, with an optional leading dot.
fn is_domain(domain: &str) -> bool {
    domain.is_empty() || has_valid_labels(domain.strip_prefix('.').unwrap_or(domain))
}

/// Returns whether `constraint` is a domain or a mailbox. Unlike Go, it accepts a local part in quotes or with escapes
/// without parsing it; such constraints do not occur in practice.
fn is_email(constraint: &str) -> bool {
    if constraint.starts_with('"') || constraint.contains('\\') {
        return true;
    }
    match constraint.split_once('@') {
        Some((local, domain)) => is_local_part(local) && (domain.is_empty() || has_valid_labels(domain)),
        None => is_domain(constraint),
    }
}

fn is_local_part(local: &str) -> bool {
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
}

/// Returns whether the content is an address followed by a mask of leading ones.
fn is_network(content: &[u8]) -> bool {
    if !matches!(content.len(), 8 | 32) {
        return false;
    }
    let mask = &content[content.len() / 2..];
    let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).take_while(|ones| *ones == 8).sum();
    let behind = &mask[ones as usize / 8..];
    let total: u32 = behind.iter().map(|byte| byte.count_ones()).sum();
    total == behind.first().map_or(0, |byte| byte.leading_ones())
}

//! URIs in subject alternative names, validated as by Go's `net/url`.

use std::net::Ipv6Addr;

use super::text::has_valid_labels;

/// Returns whether `url.Parse` accepts the URI and its host is empty or a domain name.
pub(super) fn is_acceptable(uri: &str) -> bool {
    if uri.bytes().any(|byte| byte.is_ascii_control()) {
        return false;
    }
    let (uri, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    if !has_valid_escapes(fragment, |_| true) {
        return false;
    }
    let Some((scheme, rest)) = split_scheme(uri) else { return false };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        let first_segment = rest.split('/').next().unwrap_or_default();
        // After a scheme, any text is valid; without one, the path must not look like a scheme.
        return !scheme.is_empty() || (!first_segment.contains(':') && has_valid_escapes(rest, |_| true));
    }
    if rest.starts_with("//") && (!scheme.is_empty() || !rest.starts_with("///")) {
        let (authority, path) = rest[2..].split_at(rest[2..].find('/').unwrap_or(rest.len() - 2));
        return is_authority(scheme, authority) && has_valid_escapes(path, |_| true);
    }
    has_valid_escapes(rest, |_| true)
}

/// Splits at the first colon if only scheme characters precede it; returns `None` for a leading colon.
fn split_scheme(uri: &str) -> Option<(&str, &str)> {
    match uri.split_once(':') {
        Some(("", _)) => None,
        Some((scheme, rest)) if is_scheme(scheme) => Some((scheme, rest)),
        _ => Some(("", uri)),
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_authority(scheme: &str, authority: &str) -> bool {
    match authority.rsplit_once('@') {
        Some((user, host)) => is_user(user) && is_host(scheme, host),
        None => is_host(scheme, authority),
    }
}

fn is_user(user: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    user.bytes().all(allowed) && has_valid_escapes(user, |_| true)
}

/// Returns whether the host, including its port, is acceptable: both belong to the "domain" that Go checks.
fn is_host(scheme: &str, host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[') {
        let Some((address, port)) = literal.rsplit_once(']') else { return false };
        let (address, zone) = address.split_once("%25").unwrap_or((address, "zone"));
        return is_port(port)
            && !zone.is_empty()
            && address.parse::<Ipv6Addr>().is_ok()
            && has_valid_labels(host);
    }
    // Lists of hosts with ports are accepted, except for http and https.
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let colon = if is_web { host.find(':') } else { host.rfind(':') };
    let port = colon.map_or("", |colon| &host[colon..]);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte);
    !host.contains('[')
        && is_port(port)
        && host.bytes().all(allowed)
        && has_valid_escapes(host, |byte| byte == b'%')
        && (host.is_empty() || has_valid_labels(host))
}

/// Returns whether `port` is empty or a colon with digits.
fn is_port(port: &str) -> bool {
    port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns whether every `%` starts two hexadecimal digits that encode an `allowed` byte.
fn has_valid_escapes(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).is_some_and(&allowed)
    })
}

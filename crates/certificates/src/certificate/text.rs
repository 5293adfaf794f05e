//! Text in the names of a certificate.

/// Returns the text if it is pure ASCII.
pub(super) fn ascii(content: &[u8]) -> Option<String> {
    content.is_ascii().then(|| String::from_utf8_lossy(content).into_owned())
}

/// Returns whether every label is non-empty visible ASCII (Go's `domainNameValid`).
pub(super) fn has_valid_labels(domain: &str) -> bool {
    domain.split('.').all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_graphic()))
}

//! Text that names in a certificate are made of.

/// Returns the text, if it is ASCII alone.
pub(super) fn ascii(content: &[u8]) -> Option<String> {
    content.is_ascii().then(|| String::from_utf8_lossy(content).into_owned())
}

/// Whether every label is there and made of visible ASCII (Go's `domainNameValid`).
pub(super) fn has_valid_labels(domain: &str) -> bool {
    domain.split('.').all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_graphic()))
}

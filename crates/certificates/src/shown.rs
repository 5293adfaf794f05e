//! Makes text from a certificate or a PEM label safe and short enough for a message.

/// The maximum length of foreign text in a message, in characters.
const LIMIT: usize = 100;

/// Replaces control and bidirectional characters and truncates to 100 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(LIMIT).map(|c| if is_safe(c) { c } else { '\u{fffd}' }).collect();
    if text.chars().nth(LIMIT).is_some() {
        shown.push('…');
    }
    shown
}

/// Like [`shown`], but for bytes that may not be UTF-8.
pub(crate) fn shown_bytes(bytes: &[u8]) -> String {
    shown(&String::from_utf8_lossy(bytes))
}

/// Joins PEM labels with commas: at most five, each truncated to 40 characters.
pub(crate) fn shown_labels(labels: &[String]) -> String {
    let mut list =
        labels.iter().take(5).map(|label| label.chars().take(40).collect()).collect::<Vec<String>>();
    if labels.len() > 5 {
        list.push(format!("{} more", labels.len() - 5));
    }
    shown(&list.join(", "))
}

fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

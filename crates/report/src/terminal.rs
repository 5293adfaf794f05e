//! Makes text safe for a terminal.

/// Escapes control and bidirectional characters, so that the text stays on one line.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let is_odd = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_odd { safe.extend(character.escape_default()) } else { safe.push(character) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_out_of_a_package_cannot_steer_a_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\n\u{202e}c\u{e9}"), "a\\u{1b}[2Jb\\n\\u{202e}c\u{e9}");
    }
}

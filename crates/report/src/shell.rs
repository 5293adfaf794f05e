//! Quotes words of a command line or a script for a POSIX shell.

/// Returns whether a word needs no quotes in any shell.
#[must_use]
pub fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    !word.is_empty() && word.chars().all(plain)
}

/// Quotes a word for a POSIX shell if necessary.
#[must_use]
pub fn quote(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Joins words into a command and quotes each if necessary.
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(quote("dir/basic_1.0.tgz"), "dir/basic_1.0.tgz");
        assert_eq!(quote("it's here"), r"'it'\''s here'");
        assert_eq!(quote(""), "''");
        let words = ["ccs", "a b", "it's", "", "[::1]:9", "$(x)", "basic_1.0:5f"];
        assert_eq!(command(words), r"ccs 'a b' 'it'\''s' '' '[::1]:9' '$(x)' basic_1.0:5f");
    }
}

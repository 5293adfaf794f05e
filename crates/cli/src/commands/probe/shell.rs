//! Words of a command line that is to be typed.

/// Quotes a word for a POSIX shell where it needs to be.
pub(super) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Puts words together, each quoted where it needs to be.
pub(super) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let words = ["ccs", "a b", "it's", "", "[::1]:9", "$(x)", "basic_1.0:5f"];
        assert_eq!(command(words), r"ccs 'a b' 'it'\''s' '' '[::1]:9' '$(x)' basic_1.0:5f");
    }
}

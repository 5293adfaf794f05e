//! Patterns of the catalogue: texts with named places.

use std::collections::BTreeMap;

/// Where a pattern was found, and what stands in its places.
#[derive(Debug)]
pub(crate) struct Found<'t> {
    /// The part of the line that the pattern covers.
    pub(crate) matched: &'t str,
    /// Where that part ends, in bytes.
    pub(crate) end: usize,
    values: BTreeMap<String, String>,
}

impl Found<'_> {
    /// Puts the found values into the places of a text; braces that are no place stay.
    pub(crate) fn fill(&self, text: &str) -> String {
        let fill =
            |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
        self.values.iter().fold(text.to_owned(), fill)
    }
}

/// A text that occurs in a line, where `{name}` is one or more characters and `{name#}` is digits.
#[derive(Debug)]
pub(crate) struct Pattern {
    expression: regex::Regex,
    /// How many characters of the pattern are its own.
    pub(crate) own: usize,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, regex::Error> {
        let mut expression = String::new();
        let mut own = 0;
        for part in parts(text) {
            let part = match part {
                Part::Text(text) => {
                    own += text.len();
                    regex::escape(text)
                }
                Part::Place { name, digits: true, .. } => format!(r"(?<{name}>[0-9]+)"),
                // At the end of a pattern a place is one word, as nothing says where it ends.
                Part::Place { name, last: true, .. } => format!(r"(?<{name}>\S+)"),
                Part::Place { name, .. } => format!("(?<{name}>.+?)"),
            };
            expression.push_str(&part);
        }
        let is_word =
            |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
        let (first, last) = (is_word(text.chars().next()), is_word(text.chars().next_back()));
        // `exit status 1` is not in `exit status 13`.
        let bound = |word: bool| if word { r"\b" } else { "" };
        let expression = format!("{}{expression}{}", bound(first), bound(last));
        Ok(Self { expression: regex::Regex::new(&expression)?, own })
    }

    /// The regular expression, for a set of them.
    pub(crate) fn expression(&self) -> &str {
        self.expression.as_str()
    }

    /// Finds the last place where the pattern is.
    pub(crate) fn find<'t>(&self, line: &'t str) -> Option<Found<'t>> {
        let captures = self.expression.captures_iter(line).last()?;
        let whole = captures.get(0)?;
        let value = |name: &str| {
            let value = captures.name(name)?.as_str().trim_end_matches([':', ',', ';', '.']);
            Some((name.to_owned(), value.to_owned()))
        };
        let values = self.expression.capture_names().flatten().filter_map(value).collect();
        Some(Found { matched: whole.as_str(), end: whole.end(), values })
    }
}

/// The names of the places in a text; braces around anything but a lower-case word are text.
#[cfg(test)]
pub(crate) fn places(text: &str) -> Vec<&str> {
    let name = |part| match part {
        Part::Place { name, .. } => Some(name),
        Part::Text(_) => None,
    };
    parts(text).into_iter().filter_map(name).collect()
}

enum Part<'t> {
    Text(&'t str),
    Place { name: &'t str, digits: bool, last: bool },
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_place(rest) {
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let digits = name.ends_with('#');
        parts.push(Part::Place { name: name.trim_end_matches('#'), digits, last: after.is_empty() });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let (name, after) = text[start + 1..].split_once('}')?;
        let word = name.trim_end_matches('#');
        let is_place = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        is_place.then_some((&text[..start], name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_take_what_stands_there() {
        let pattern = Pattern::parse("builder '{name}' failed: exit status {code#}").unwrap();
        let found = pattern.find("x: builder 'a' failed: exit status 13, sorry").unwrap();
        assert_eq!(found.matched, "builder 'a' failed: exit status 13");
        assert_eq!(found.fill("{name} {code} {other} {\"a\":1}"), "a 13 {other} {\"a\":1}");
        assert!(pattern.find("builder 'a' failed: exit status x").is_none());
    }

    #[test]
    fn a_place_at_the_end_is_one_word_without_punctuation() {
        let found = Pattern::parse("connection for {id}").unwrap();
        assert_eq!(found.find("connection for a:b: why").unwrap().fill("{id}"), "a:b");
    }

    #[test]
    fn numbers_are_whole() {
        assert!(Pattern::parse("exit status 1").unwrap().find("exit status 13").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_found_in_itself(text in "[^{}\n]{1,40}", around in ".{0,10}") {
            let pattern = Pattern::parse(&text).unwrap();
            let line = format!("{around} {text} {around}");
            prop_assert!(pattern.find(&line).is_some());
        }

        #[test]
        fn any_pattern_and_line_are_dealt_with(text in any::<String>(), line in any::<String>()) {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _ = pattern.find(&line);
            }
        }
    }
}

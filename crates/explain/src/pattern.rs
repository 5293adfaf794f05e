//! Patterns of the catalogue: texts with named places.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

/// The position of a pattern in a line, and the values of its places.
#[derive(Debug)]
pub(crate) struct Found<'t> {
    /// The part of the line that the pattern covers.
    pub(crate) matched: &'t str,
    /// Where that part is, in bytes.
    #[cfg(test)]
    pub(crate) range: Range<usize>,
    /// Where the values of the places are, in bytes.
    pub(crate) places: Vec<Range<usize>>,
    values: BTreeMap<String, String>,
}

impl Found<'_> {
    /// Tells whether another text is within a place of this one.
    pub(crate) fn holds(&self, other: &Range<usize>) -> bool {
        let is_around = |place: &Range<usize>| place.start <= other.start && other.end <= place.end;
        self.places.iter().any(is_around)
    }

    /// Fills the found values into the places of a text; other braces remain unchanged.
    pub(crate) fn fill(&self, text: &str) -> String {
        let fill =
            |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
        self.values.iter().fold(text.to_owned(), fill)
    }
}

/// A text that occurs in a line, where `{name}` is one or more characters and `{name#}` is digits.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The text as a regular expression.
    expression: String,
    /// Compiled on first use, because few patterns are needed; [`None`] if the expression is invalid, which tests of the
    /// catalogue rule out.
    compiled: OnceLock<Option<Regex>>,
    /// The number of characters of the pattern outside places.
    pub(crate) own: usize,
    /// The longest text between places, which a line must contain; empty only if the pattern consists of places.
    pub(crate) longest: String,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Self {
        let mut expression = String::new();
        let mut own = 0;
        let mut longest = "";
        for part in parts(text) {
            let part = match part {
                Part::Text(text) => {
                    own += text.len();
                    if text.len() > longest.len() {
                        longest = text;
                    }
                    regex::escape(text)
                }
                Part::Place { name, digits: true, .. } => format!(r"(?<{name}>[0-9]+)"),
                // At the end of a pattern, a place is one word, because no text marks its end; a quote after it does not belong to it.
                Part::Place { name, last: true, .. } => format!(r#"(?<{name}>\S[^\s"]*)"#),
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
        Self { expression, compiled: OnceLock::new(), own, longest: longest.to_owned() }
    }

    /// The regular expression, for messages of tests.
    #[cfg(test)]
    pub(crate) fn expression(&self) -> &str {
        &self.expression
    }

    pub(crate) fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.expression).ok()).as_ref()
    }

    /// Finds the last position of the pattern, in bytes.
    pub(crate) fn find(&self, line: &str) -> Option<Range<usize>> {
        self.compiled()?.find_iter(line).last().map(|found| found.range())
    }

    /// Reads the values of the places of the pattern, which begins at a byte of the line.
    pub(crate) fn read<'t>(&self, line: &'t str, start: usize) -> Option<Found<'t>> {
        let expression = self.compiled()?;
        let captures = expression.captures_at(line, start)?;
        let value = |name: &str| {
            let value = captures.name(name)?.as_str().trim_end_matches([':', ',', ';', '.']);
            Some((name.to_owned(), value.to_owned()))
        };
        let values = expression.capture_names().flatten().filter_map(value).collect();
        let places = captures.iter().skip(1).flatten().map(|place| place.range()).collect();
        let whole = captures.get(0)?;
        Some(Found {
            matched: whole.as_str(),
            #[cfg(test)]
            range: whole.range(),
            places,
            values,
        })
    }
}

/// Writes the places of a text as words in capitals, for texts without a line.
#[must_use]
pub fn capitals(text: &str) -> String {
    places(text).into_iter().fold(text.to_owned(), |text, name| {
        let upper = name.to_uppercase();
        text.replace(&format!("{{{name}}}"), &upper).replace(&format!("{{{name}#}}"), &upper)
    })
}

/// The names of the places in a text; braces around anything but a lower-case word are text.
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

    fn found<'t>(pattern: &Pattern, line: &'t str) -> Found<'t> {
        pattern.read(line, pattern.find(line).unwrap().start).unwrap()
    }

    #[test]
    fn places_take_what_stands_there() {
        let pattern = Pattern::parse("builder '{name}' failed: exit status {code#}");
        let found = found(&pattern, "x: builder 'a' failed: exit status 13, sorry");
        assert_eq!(found.matched, "builder 'a' failed: exit status 13");
        assert_eq!(found.fill("{name} {code} {other} {\"a\":1}"), "a 13 {other} {\"a\":1}");
        assert!(pattern.find("builder 'a' failed: exit status x").is_none());
    }

    #[test]
    fn a_place_at_the_end_is_one_word_without_punctuation() {
        let pattern = Pattern::parse("connection for {id}");
        assert_eq!(found(&pattern, "connection for a:b: why").fill("{id}"), "a:b");
        assert_eq!(found(&pattern, "\"connection for a\": why").matched, "connection for a");
    }

    #[test]
    fn numbers_are_whole() {
        assert!(Pattern::parse("exit status 1").find("exit status 13").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_found_in_itself(text in "[^{}\n]{1,40}", around in ".{0,10}") {
            let pattern = Pattern::parse(&text);
            let line = format!("{around} {text} {around}");
            prop_assert!(pattern.find(&line).is_some());
        }

        #[test]
        fn any_pattern_and_line_are_dealt_with(text in any::<String>(), line in any::<String>()) {
            let pattern = Pattern::parse(&text);
            if let Some(range) = pattern.find(&line) {
                prop_assert_eq!(pattern.read(&line, range.start).unwrap().range, range);
            }
        }
    }
}

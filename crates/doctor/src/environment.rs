//! The variables of the peer's process, from a file or from this process.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::Error;

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Reads the variables of this process, if requested, and those of a file, which override them.
pub fn read_variables(file: Option<&Path>, process: bool) -> Result<Variables, Error> {
    let mut variables = Variables::new();
    if process {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        variables.extend(std::env::vars_os().filter_map(utf8));
    }
    if let Some(file) = file {
        let text =
            fs::read_to_string(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
        let read = parse(&text).map_err(|line| Error::Variable { path: file.to_owned(), line })?;
        variables.extend(read);
    }
    Ok(variables)
}

/// Parses a dotenv file; an error is the number of the first line that is not a variable.
fn parse(text: &str) -> Result<Variables, usize> {
    let mut variables = Variables::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(number + 1)?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(number + 1);
        }
        variables.insert(name.to_owned(), unquoted(value.trim()).to_owned());
    }
    Ok(variables)
}

fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variables_are_read_with_quotes_comments_and_export() {
        let read = parse("# c\n\nA=1\nexport B='{\"x\": 1}'\nC=\"a=b\"\nD=\n").unwrap();
        let pairs: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("A", "1"), ("B", "{\"x\": 1}"), ("C", "a=b"), ("D", "")]);
        assert_eq!(parse("A=1\nnonsense"), Err(2));
        assert_eq!(parse("=1"), Err(1));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}

//! Formats of variables, from which each reader gets the original values.

use std::fmt::Write as _;

use ccs_report::shell;

use crate::{Error, Variable};

/// The format of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `NAME=VALUE` with quotes where needed: Compose, `node --env-file`, `set -a; . FILE`.
    Dotenv,
    /// `export NAME='VALUE'`, for `eval`.
    Shell,
    /// `NAME=VALUE` without quotes, for `docker run --env-file`.
    Docker,
    /// The key `env` of a container, as YAML.
    Kubernetes,
}

/// Formats the variables, in order.
pub fn write(format: Format, variables: &[Variable]) -> Result<String, Error> {
    let mut text = String::from(if format == Format::Kubernetes { "env:\n" } else { "" });
    for Variable { name, value } in variables {
        let line = match format {
            Format::Dotenv => format!("{name}={}\n", dotenv(one_line(name, value)?)),
            Format::Shell => format!("export {name}={}\n", shell::quote(value)),
            Format::Docker => format!("{name}={}\n", one_line(name, value)?),
            Format::Kubernetes => format!("  - name: {name}\n    value: {}\n", yaml(value)),
        };
        text.push_str(&line);
    }
    Ok(text)
}

/// Rejects a value with a line break in a format whose quotes cannot span lines.
fn one_line<'a>(name: &str, value: &'a str) -> Result<&'a str, Error> {
    if value.contains(char::is_control) {
        return Err(Error::Value { name: name.to_owned(), value: value.to_owned() });
    }
    Ok(value)
}

/// All readers of such files interpret single quotes alike, but these cannot contain one; double quotes need escapes.
fn dotenv(value: &str) -> String {
    if shell::is_plain(value) {
        return value.to_owned();
    }
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut quoted = String::from('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Every JSON string is a YAML string, except for characters that YAML does not allow.
fn yaml(value: &str) -> String {
    let mut quoted = String::new();
    for c in serde_json::Value::from(value).to_string().chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            // Writing to a String cannot fail.
            let _ = write!(quoted, "\\u{:04x}", u32::from(c));
        } else {
            quoted.push(c);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["A", "B", "C", "D"];

    fn variables(values: &[String]) -> Vec<Variable> {
        NAMES.into_iter().zip(values).map(|(name, value)| Variable { name, value: value.clone() }).collect()
    }

    /// Runs a real shell that reads the text, and returns the values that its child receives.
    fn read_by_sh(text: &str) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("variables");
        std::fs::write(&file, text).unwrap();
        let script = r#"set -a; . "$0"; exec /usr/bin/env -0"#;
        let output =
            Command::new("/bin/sh").args(["-c", script]).arg(file.as_os_str()).env_clear().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = output.stdout.split(|byte| *byte == 0);
        let of = |name: &str| {
            let prefix = format!("{name}=");
            found.clone().find_map(|line| line.strip_prefix(prefix.as_bytes())).map(<[u8]>::to_vec)
        };
        NAMES.iter().filter_map(|name| of(name)).collect()
    }

    fn bytes(values: &[String]) -> Vec<Vec<u8>> {
        values.iter().map(|value| std::ffi::OsStr::new(value).as_bytes().to_vec()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_real_shell_reads_dotenv_back(values in proptest::collection::vec("[ -~]{0,12}|[^\\p{Cc}]{0,12}", 4)) {
            let text = write(Format::Dotenv, &variables(&values)).unwrap();
            prop_assert_eq!(read_by_sh(&text), bytes(&values), "{}", text);
        }

        #[test]
        fn a_real_shell_reads_shell_back(values in proptest::collection::vec("[ -~\\n\\t]{0,12}|[^\\x00]{0,12}", 4)) {
            let text = write(Format::Shell, &variables(&values)).unwrap();
            prop_assert_eq!(read_by_sh(&text), bytes(&values), "{}", text);
        }

        #[test]
        fn kubernetes_reads_a_string_of_one_line_back(value in "\\PC{0,12}|.{0,12}") {
            let text = write(Format::Kubernetes, &variables(std::slice::from_ref(&value))).unwrap();
            let quoted = text.strip_prefix("env:\n  - name: A\n    value: ").unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(quoted).unwrap(), value);
            prop_assert_eq!(text.lines().count(), 3);
        }
    }

    #[test]
    fn values_that_need_no_quotes_have_none() {
        let plain = variables(&["basic_1.0:00ff".to_owned(), "/a b".to_owned(), "it's $1".to_owned()]);
        let expect = [
            (Format::Dotenv, "A=basic_1.0:00ff\nB='/a b'\nC=\"it's \\$1\"\n"),
            (Format::Shell, "export A=basic_1.0:00ff\nexport B='/a b'\nexport C='it'\\''s $1'\n"),
            (Format::Docker, "A=basic_1.0:00ff\nB=/a b\nC=it's $1\n"),
            (
                Format::Kubernetes,
                "env:\n  - name: A\n    value: \"basic_1.0:00ff\"\n  - name: B\n    value: \"/a b\"\n  \
                 - name: C\n    value: \"it's $1\"\n",
            ),
        ];
        for (format, text) in expect {
            assert_eq!(write(format, &plain).unwrap(), text);
        }
    }

    #[test]
    fn a_line_break_is_refused_where_it_cannot_be_written() {
        let broken = variables(&["a\nB=evil".to_owned()]);
        for format in [Format::Dotenv, Format::Docker] {
            let failure = write(format, &broken).unwrap_err();
            assert_eq!(failure.to_string(), "A cannot be written in this format: \"a\\nB=evil\"");
        }
    }
}

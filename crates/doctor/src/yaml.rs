//! YAML as the doctor reads it: values of any shape, and errors that do not quote the file.

use serde_json::Value;

/// Returns a field of an object, by its name without case.
pub(crate) fn field<'t>(value: &'t Value, name: &str) -> Option<&'t Value> {
    let (_, value) = value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// Parses YAML; an empty document is an empty configuration.
pub(crate) fn read(text: &str) -> Result<Value, serde_saphyr::Error> {
    serde_saphyr::from_str::<Option<Value>>(text).map(Option::unwrap_or_default)
}

/// Returns the first line of an error. The other lines quote the file, which may contain secrets.
pub(crate) fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

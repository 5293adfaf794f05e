//! The output of a chaincode, for people and for programs.

use std::io::{IsTerminal as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::failure::Failure;
use crate::style;

/// Bytes in a JSON document: as text if they are UTF-8, and always in base64.
#[derive(Serialize)]
pub(crate) struct Bytes {
    text: Option<String>,
    base64: String,
}

impl Bytes {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { text: String::from_utf8(bytes.to_vec()).ok(), base64: STANDARD.encode(bytes) }
    }
}

/// Writes a chaincode's answer to standard output unchanged; on a terminal, on separate lines and without control characters.
pub(crate) fn answer(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    let written = if stdout.is_terminal() && !bytes.is_empty() {
        stdout.write_all(shown(bytes).as_bytes())
    } else {
        stdout.write_all(bytes)
    };
    let written = written.and_then(|()| stdout.flush());
    written.map_err(|error| Failure::new(format!("cannot write to standard output: {error}")))
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    text.split('\n').fold(String::new(), |shown, line| shown + &style::safe(line) + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_on_a_terminal() {
        assert_eq!(shown(b"{\n \"a\": 1\n}\n"), "{\n \"a\": 1\n}\n");
        assert_eq!(shown(b"a\x1b[2J"), "a\\u{1b}[2J\n");
    }

    #[test]
    fn bytes_are_text_where_they_can_be() {
        let json = |bytes: &[u8]| serde_json::to_string(&Bytes::new(bytes)).unwrap();
        assert_eq!(json(b"[]"), r#"{"text":"[]","base64":"W10="}"#);
        assert_eq!(json(b"\xff"), r#"{"text":null,"base64":"/w=="}"#);
    }
}

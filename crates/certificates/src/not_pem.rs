//! Recognizes what a text without a PEM block is, so that the error can say what to write instead.

use crate::base64;
use crate::pem;

/// What a text without a PEM block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPem {
    /// The path of a file.
    Path,
    /// PEM text in base64, as in a Secret of Kubernetes.
    EncodedPem,
    /// The data of a certificate or key in base64, without the lines around it.
    EncodedDer,
    /// PEM text with a backslash and an `n` in place of each line break.
    LiteralLineBreaks,
    /// PEM text in one line.
    NoLineBreaks,
    /// PEM text with blanks before its lines.
    Indented,
    /// PEM text without an END line.
    NoEnd,
    /// PEM text whose data is not base64, or whose lines do not match.
    Damaged,
    /// Any other text.
    Other,
}

impl NotPem {
    /// Examines a text in which [`pem::blocks`] finds no block.
    pub(crate) fn of(text: &[u8]) -> Self {
        let text = text.trim_ascii();
        let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
        if !has(b"-----BEGIN ") {
            return Self::without_begin(text);
        }
        if !has(b"-----END ") {
            Self::NoEnd
        } else if has(br"\n") {
            Self::LiteralLineBreaks
        } else if !text.contains(&b'\n') {
            Self::NoLineBreaks
        } else if pem::blocks(&without_indent(text)).next().is_some() {
            Self::Indented
        } else {
            Self::Damaged
        }
    }

    fn without_begin(text: &[u8]) -> Self {
        let symbols = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
        match base64::decode(symbols).unwrap_or_default().as_slice() {
            [b'-', b'-', b'-', b'-', b'-', b'B', ..] => Self::EncodedPem,
            // DER of a certificate or key is a long sequence.
            [0x30, rest @ ..] if rest.len() > 32 => Self::EncodedDer,
            _ if is_path(&String::from_utf8_lossy(text)) => Self::Path,
            _ => Self::Other,
        }
    }

    /// Appends what the text is to a message.
    pub(crate) fn after(self, message: &str) -> String {
        let found = match self {
            Self::Path => "the value is the path of a file",
            Self::EncodedPem => "the value is PEM text in base64",
            Self::EncodedDer => "the value is base64 without BEGIN and END lines",
            Self::LiteralLineBreaks => r"its line breaks are two characters each, \ and n",
            Self::NoLineBreaks => "its line breaks are missing",
            Self::Indented => "its lines are indented",
            Self::NoEnd => "its END line is missing",
            Self::Damaged => "the lines from BEGIN to END are damaged",
            Self::Other => return message.to_owned(),
        };
        format!("{message}: {found}")
    }

    /// Returns what to write instead; `label` is that of the expected block, and `option` that of `ccs package` for a file.
    pub(crate) fn hint(self, label: &str, option: &str) -> String {
        match self {
            Self::Path => {
                format!(
                    "insert the text of the file, as `ccs package {option} FILE` does; a peer reads no other file"
                )
            }
            Self::EncodedPem => "insert the text that `base64 --decode` prints".to_owned(),
            Self::EncodedDer => format!(
                r"insert the line -----BEGIN {label}----- before it and -----END {label}----- after it, each line break as \n in JSON"
            ),
            Self::LiteralLineBreaks => r"write each line break as \n in JSON, not as \\n".to_owned(),
            Self::NoLineBreaks => r"keep the line breaks of the PEM file, each as \n in JSON".to_owned(),
            Self::Indented => "remove the blanks at the beginning of each line".to_owned(),
            Self::NoEnd | Self::Damaged => {
                format!("copy the whole PEM file again; `ccs package {option} FILE` inserts it")
            }
            Self::Other => format!(
                "insert the text from \"-----BEGIN {label}-----\" to \"-----END {label}-----\" with its line breaks \
                 (\\n in JSON)"
            ),
        }
    }
}

fn without_indent(text: &[u8]) -> Vec<u8> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start).collect::<Vec<_>>().join(&b'\n')
}

/// Returns whether a text looks like the path of a file.
fn is_path(text: &str) -> bool {
    const ENDS: [&str; 8] = [".pem", ".crt", ".cer", ".cert", ".key", ".der", ".p12", ".pfx"];
    let is_drive = matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let lower = text.to_ascii_lowercase();
    let starts_like_one = ["/", "./", "../", "~", "file:"].iter().any(|start| lower.starts_with(start));
    !text.contains('\n')
        && (is_drive
            || starts_like_one
            || ENDS.iter().any(|end| lower.ends_with(end))
            || (text.contains('/') && !text.contains(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEM: &str = include_str!("../tests/fixtures/pem/p224.crt");

    #[test]
    fn each_text_in_place_of_pem_is_recognized() {
        let data = PEM.lines().filter(|line| !line.starts_with('-')).collect::<String>();
        for (text, expected) in [
            ("/crypto/peer/tls/ca.crt".to_owned(), NotPem::Path),
            ("tls/ca.pem".to_owned(), NotPem::Path),
            ("ca.pem".to_owned(), NotPem::Path),
            (r"C:\crypto\ca".to_owned(), NotPem::Path),
            ("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==".to_owned(), NotPem::EncodedPem),
            (data.clone(), NotPem::EncodedDer),
            (format!("{}\n{}", &data[..64], &data[64..]), NotPem::EncodedDer),
            (PEM.replace('\n', r"\n"), NotPem::LiteralLineBreaks),
            (PEM.replace('\n', r"\r\n"), NotPem::LiteralLineBreaks),
            (PEM.replace('\n', ""), NotPem::NoLineBreaks),
            (PEM.replace('\n', " "), NotPem::NoLineBreaks),
            (PEM.replace('\n', "\n  "), NotPem::Indented),
            (PEM.split("-----END").next().unwrap().to_owned(), NotPem::NoEnd),
            (PEM.replace('M', "?"), NotPem::Damaged),
            (String::new(), NotPem::Other),
            ("secret".to_owned(), NotPem::Other),
        ] {
            assert!(pem::blocks(text.as_bytes()).next().is_none(), "{text}");
            assert_eq!(NotPem::of(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_message_never_holds_the_value(text in "[!-~]{6,60}") {
            let found = NotPem::of(text.as_bytes());
            let told = found.after("") + &found.hint("PRIVATE KEY", "--client-key");
            prop_assert!(!told.contains(&text));
        }
    }
}

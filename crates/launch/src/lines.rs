//! Lines for the peer's log.
//!
//! A peer stops reading a program's stderr at a line of 64 KiB, and then the program hangs (Fabric 3.1
//! `core/container/externalbuilder/instance.go`). Therefore every line is short, including those of the chaincode.

/// The maximum length of a line, in bytes, without the newline.
pub const MAX_LINE: usize = 4_095;

/// How many bytes of a line are kept: more than are shown, so that a cut remains visible even after a timestamp is removed.
const KEPT: usize = MAX_LINE + 64;

/// The end of a truncated line.
const CUT: &str = "...";

/// Turns a text into one line: escapes control characters except tabs, and truncates it at [`MAX_LINE`].
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_LINE));
    for character in text.chars() {
        let is_shown =
            character == '\t' || !(character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'));
        let before = line.len();
        if is_shown {
            line.push(character);
        } else {
            line.extend(character.escape_default());
        }
        if line.len() > MAX_LINE - CUT.len() {
            line.truncate(before);
            line.push_str(CUT);
            break;
        }
    }
    line
}

/// Splits the output of a program into lines, and keeps only the first bytes of a long line.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes, and passes on each line that they complete.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, ends) = match piece.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (piece, false),
            };
            let room = KEPT.saturating_sub(self.line.len());
            self.line.extend_from_slice(&content[..content.len().min(room)]);
            if ends {
                self.end(&mut each);
            }
        }
    }

    /// Returns the last line, if the output ended without a newline.
    pub fn finish(&mut self, mut each: impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.end(&mut each);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(&str)) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        each(&String::from_utf8_lossy(line));
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.take(piece, |line| found.push(line.to_owned()));
        }
        lines.finish(|line| found.push(line.to_owned()));
        found
    }

    #[test]
    fn lines_are_put_together_and_the_last_needs_no_newline() {
        assert_eq!(all(&[b"a", b"b\nc\r\n\nd"]), ["ab", "c", "", "d"]);
        assert!(all(&[b"a\n"]) == ["a"]);
        assert!(all(&[]).is_empty());
    }

    #[test]
    fn a_line_is_cut() {
        let found = all(&[&vec![b'x'; 1 << 20], b"\nnext\n"]);
        assert_eq!(found.len(), 2);
        assert!(found[0].len() > MAX_LINE + "2026-11-30T05:00:00.000000000+00:00 ".len());
        let shown = one_line(&found[0]);
        assert_eq!(shown.len(), MAX_LINE);
        assert!(shown.ends_with("x..."));
        assert_eq!(one_line("a\u{1b}[1mb\tc"), "a\\u{1b}[1mb\tc");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_short(text in ".{0,300}", times in 1..40_usize) {
            let line = one_line(&text.repeat(times));
            prop_assert!(line.len() <= MAX_LINE);
            prop_assert!(!line.contains(['\n', '\r']));
        }

        #[test]
        fn where_the_output_is_split_does_not_matter(text in "[a-c\n]{0,60}", at in 0..60_usize) {
            let (before, after) = text.split_at(at.min(text.len()));
            prop_assert_eq!(all(&[before.as_bytes(), after.as_bytes()]), all(&[text.as_bytes()]));
        }
    }
}

//! Reads the output of a command, line by line.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// Maximum length of a line in bytes. Longer lines are split, so that a command cannot fill the memory.
const LINE_IN_BYTES: u64 = 64 * 1024;

/// Receives each line of a command, without its end.
pub(crate) type Output = Arc<dyn Fn(Stream, &str) + Send + Sync>;

/// Output stream of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// Returns the name of the stream.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Reads lines until all writers have closed the stream.
pub(crate) async fn read(from: impl AsyncRead + Unpin, mut take: impl FnMut(&str)) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    // A read error counts as the end.
    while let Ok(1..) = (&mut from).take(LINE_IN_BYTES).read_until(b'\n', &mut line).await {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        take(&String::from_utf8_lossy(text.strip_suffix(b"\r").unwrap_or(text)));
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_passed_on_whole_and_in_order() {
        let mut lines = Vec::new();
        read(&b"one\r\n\ntw\xffo\nthree"[..], |line| lines.push(line.to_owned())).await;
        assert_eq!(lines, ["one", "", "tw\u{fffd}o", "three"]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_passed_on_in_parts() {
        let long = vec![b'a'; 150 * 1024];
        let mut lengths = Vec::new();
        read(long.as_slice(), |line| lengths.push(line.len())).await;
        assert_eq!(lengths, [64 * 1024, 64 * 1024, 22 * 1024]);
    }
}

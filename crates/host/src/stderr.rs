//! Lines of stderr with the limit of a peer's reader.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The longest line, without its end, that a peer reads: its buffer of 64 KiB holds the line feed too (Go 1.26 `bufio`,
/// `MaxScanTokenSize`).
pub(crate) const LONGEST_LINE_IN_BYTES: usize = 64 * 1024 - 1;

/// What a peer logs when a line is longer (Fabric 3.1 `session.go`).
pub(crate) const TOO_LONG: &str = "command output scanning failed: bufio.Scanner: token too long";

/// How the reading of lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every writer has closed the stream, or it broke.
    Closed,
    /// A line was too long.
    TooLong,
}

/// Reads lines until the end, each without its line feed and a carriage return before it.
pub(crate) async fn read_lines(
    reader: &mut (impl AsyncBufRead + Unpin),
    mut on_line: impl FnMut(&str),
) -> End {
    let mut line = Vec::new();
    loop {
        let Ok(chunk) = reader.fill_buf().await else { return End::Closed };
        if chunk.is_empty() {
            if !line.is_empty() {
                emit(&line, &mut on_line);
            }
            return End::Closed;
        }
        let line_feed = chunk.iter().position(|&byte| byte == b'\n');
        let part = &chunk[..line_feed.unwrap_or(chunk.len())];
        if line.len() + part.len() > LONGEST_LINE_IN_BYTES {
            return End::TooLong;
        }
        line.extend_from_slice(part);
        let used = part.len() + usize::from(line_feed.is_some());
        reader.consume(used);
        if line_feed.is_some() {
            emit(&line, &mut on_line);
            line.clear();
        }
    }
}

fn emit(line: &[u8], on_line: &mut impl FnMut(&str)) {
    on_line(&String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)));
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(mut input: &[u8]) -> (Vec<String>, End) {
        let mut lines = Vec::new();
        let end = read_lines(&mut input, |line| lines.push(line.to_owned())).await;
        (lines, end)
    }

    #[tokio::test]
    async fn lines_are_those_of_a_go_scanner() {
        let (read, end) = lines(b"one\r\n\ntwo\xff\nthree").await;
        assert_eq!(read, ["one", "", "two\u{fffd}", "three"]);
        assert_eq!(end, End::Closed);
    }

    #[tokio::test]
    async fn the_longest_line_is_read_and_a_longer_one_stops_the_reader() {
        let longest = [vec![b'x'; LONGEST_LINE_IN_BYTES], b"\nafter\n".to_vec()].concat();
        let (read, end) = lines(&longest).await;
        assert_eq!((read.len(), end), (2, End::Closed));
        let longer =
            [b"before\n".to_vec(), vec![b'x'; LONGEST_LINE_IN_BYTES + 1], b"\nafter\n".to_vec()].concat();
        assert_eq!(lines(&longer).await, (vec!["before".to_owned()], End::TooLong));
    }
}

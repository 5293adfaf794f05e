//! Reads lines of stderr, with the limit of a peer's reader.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Length of the longest line that a peer reads, without its end: the buffer of 64 KiB must also hold the line feed
/// (Go 1.26 `bufio`, `MaxScanTokenSize`).
pub(crate) const LONGEST_LINE_IN_BYTES: usize = 64 * 1024 - 1;

/// Log message of a peer for a longer line (Fabric 3.1 `session.go`).
pub(crate) const TOO_LONG: &str = "command output scanning failed: bufio.Scanner: token too long";

/// Reason why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All writers have closed the stream, or it failed.
    Closed,
    /// A line was too long.
    TooLong,
}

/// Reads lines until the end, without their line feed and a preceding carriage return.
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

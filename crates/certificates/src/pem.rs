//! Finds PEM blocks as Go's `encoding/pem` does (release 1.26).
//!
//! Text around blocks is ignored, malformed blocks are skipped, lines may end in CRLF or blanks, and the base64 may be
//! wrapped anywhere. The search goes from each END line back to the nearest BEGIN line.

use crate::base64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// One block: its label, its header lines, and the decoded data.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a [u8],
    pub(crate) headers: Vec<(&'a [u8], &'a [u8])>,
    pub(crate) data: Vec<u8>,
}

impl Block<'_> {
    pub(crate) fn is_certificate(&self) -> bool {
        self.label == b"CERTIFICATE"
    }

    /// Returns whether `tls.X509KeyPair` accepts the block as a private key.
    pub(crate) fn is_private_key(&self) -> bool {
        self.label == b"PRIVATE KEY" || self.label.ends_with(b" PRIVATE KEY")
    }

    /// Returns whether the label or the headers mark the data as encrypted with a passphrase.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.label == b"ENCRYPTED PRIVATE KEY"
            || self.headers.iter().any(|(key, value)| *key == b"Proc-Type" && value.ends_with(b"ENCRYPTED"))
    }
}

/// Iterates over the blocks of `text`.
pub(crate) fn blocks(text: &[u8]) -> Blocks<'_> {
    Blocks { text, position: 0 }
}

pub(crate) struct Blocks<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        loop {
            let end = find(self.text, END, self.position)?;
            match block_before(self.text, self.position, end) {
                Search::Found(block, next) => {
                    self.position = next;
                    return Some(block);
                }
                Search::Broken => self.position = end + END.len(),
                Search::Exhausted => {
                    self.position = self.text.len();
                    return None;
                }
            }
        }
    }
}

enum Search<'a> {
    Found(Block<'a>, usize),
    /// Not a block: continue after the marker of this END line.
    Broken,
    /// Go stops here and ignores the rest of the text, because header lines continued beyond the END line.
    Exhausted,
}

/// Parses the block whose END marker starts at `end`, without looking back beyond `from`.
fn block_before(text: &[u8], from: usize, end: usize) -> Search<'_> {
    let trailer = end + END.len();
    let Some(begin) = rfind(text, BEGIN, from, end) else { return Search::Broken };
    if begin > from && text[begin - 1] != b'\n' {
        return Search::Broken;
    }
    let (label_line, mut body) = line(text, begin + BEGIN.len());
    let Some(label) = label_line.strip_suffix(DASHES) else { return Search::Broken };

    let mut headers = Vec::new();
    loop {
        if body >= text.len() {
            return Search::Exhausted;
        }
        let (header, next) = line(text, body);
        let Some(colon) = header.iter().position(|&byte| byte == b':') else { break };
        headers.push((header[..colon].trim_ascii(), header[colon + 1..].trim_ascii()));
        body = next;
    }
    if body > trailer {
        return Search::Exhausted;
    }
    if !headers.is_empty() && body > end {
        return Search::Broken;
    }

    let Some(closing) = text[trailer..].strip_prefix(label).and_then(|rest| rest.strip_prefix(DASHES)) else {
        return Search::Broken;
    };
    if !line(closing, 0).0.is_empty() {
        return Search::Broken;
    }
    // An empty block shares one line break between its BEGIN and its END line: then body is end + 1.
    let encoded = text.get(body..end).unwrap_or_default();
    let Some(data) = base64::decode(encoded.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')))
    else {
        return Search::Broken;
    };
    Search::Found(Block { label, headers, data }, line(text, trailer).1)
}

/// Returns the line that starts at `start`, without trailing blanks and line ending, and the start of the next line.
fn line(text: &[u8], start: usize) -> (&[u8], usize) {
    let rest = &text[start..];
    let (mut content, next) = match rest.iter().position(|&byte| byte == b'\n') {
        Some(newline) => {
            let content = &rest[..newline];
            (content.strip_suffix(b"\r").unwrap_or(content), start + newline + 1)
        }
        None => (rest, text.len()),
    };
    while let [head @ .., b' ' | b'\t'] = content {
        content = head;
    }
    (content, next)
}

fn find(text: &[u8], marker: &[u8], from: usize) -> Option<usize> {
    text.get(from..)?.windows(marker.len()).position(|window| window == marker).map(|offset| from + offset)
}

fn rfind(text: &[u8], marker: &[u8], from: usize, to: usize) -> Option<usize> {
    text[from..to].windows(marker.len()).rposition(|window| window == marker).map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(text: &str) -> Vec<String> {
        blocks(text.as_bytes()).map(|block| String::from_utf8_lossy(block.label).into_owned()).collect()
    }

    #[test]
    fn text_around_blocks_and_broken_blocks_are_passed_over() {
        let text = "hello\n-----BEGIN A-----\n-----BEGIN B-----\nYQ==\n-----END B-----\nmore\n\
                    -----BEGIN C-----\nY\n-----END C-----\n-----BEGIN D-----\r\nYQ==\r\n-----END D-----";
        assert_eq!(labels(text), ["B", "D"]);
    }

    #[test]
    fn an_empty_block_is_a_block() {
        assert_eq!(labels("-----BEGIN A-----\n-----END A-----\n"), ["A"]);
    }

    #[test]
    fn a_begin_line_inside_a_line_does_not_count() {
        assert!(labels("x-----BEGIN A-----\nYQ==\n-----END A-----\n").is_empty());
    }

    #[test]
    fn headers_belong_to_their_block() {
        let text = "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nYQ==\n-----END A-----\n";
        let block = blocks(text.as_bytes()).next().unwrap();
        assert!(block.is_encrypted());
        assert_eq!(block.data, b"a");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_end(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = blocks(&text).count();
        }

        #[test]
        fn arbitrary_marker_soup_ends(
            parts in proptest::collection::vec(
                prop::sample::select(vec![
                    "-----BEGIN ", "\n-----END ", "-----", "A", "\n", "\r\n", ": ", "YQ==", " ", "=",
                ]),
                0..60,
            ),
        ) {
            let _ = blocks(parts.concat().as_bytes()).count();
        }
    }
}

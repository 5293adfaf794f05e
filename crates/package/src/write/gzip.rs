//! The gzip format without compression: stored blocks, which have only one encoding.

use std::io::{self, Write};

use flate2::Crc;

/// Method deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The maximum content of one stored block, in bytes.
const BLOCK: usize = 0xffff;

/// Returns the size of a stream with `content` bytes.
pub(crate) fn stored_size(content: u64) -> u64 {
    let blocks = content.div_ceil(BLOCK as u64).max(1);
    HEADER.len() as u64 + 5 * blocks + content + 8
}

/// A writer that wraps its input into a gzip stream. The division into blocks depends only on the bytes, not on the
/// calls.
#[derive(Debug)]
pub(crate) struct Stored<W> {
    sink: W,
    pending: Vec<u8>,
    crc: Crc,
}

impl<W: Write> Stored<W> {
    pub(crate) fn new(mut sink: W) -> io::Result<Self> {
        sink.write_all(&HEADER)?;
        Ok(Self { sink, pending: Vec::with_capacity(BLOCK), crc: Crc::new() })
    }

    /// Writes the last block and the trailer, and returns the sink.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.block(true)?;
        self.sink.write_all(&self.crc.sum().to_le_bytes())?;
        // The length modulo 2^32, as the format requires.
        self.sink.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.sink)
    }

    fn block(&mut self, is_last: bool) -> io::Result<()> {
        let length = u16::try_from(self.pending.len()).map_err(io::Error::other)?;
        self.sink.write_all(&[u8::from(is_last)])?;
        self.sink.write_all(&length.to_le_bytes())?;
        self.sink.write_all(&(!length).to_le_bytes())?;
        self.sink.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

impl<W: Write> Write for Stored<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.pending.len() == BLOCK {
            self.block(false)?;
        }
        let count = buffer.len().min(BLOCK - self.pending.len());
        self.pending.extend_from_slice(&buffer[..count]);
        self.crc.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn blocks_are_cut_by_size_and_read_back_by_another_program() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut whole = Stored::new(Vec::new()).unwrap();
            whole.write_all(&content).unwrap();
            let whole = whole.finish().unwrap();
            let mut pieces = Stored::new(Vec::new()).unwrap();
            content.chunks(1000).for_each(|piece| pieces.write_all(piece).unwrap());
            assert_eq!(pieces.finish().unwrap(), whole, "{length}");

            assert_eq!(whole.len() as u64, stored_size(length as u64), "{length}");
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(whole.as_slice()).read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }
}

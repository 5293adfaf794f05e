//! Reads tar archives entry by entry, as Go's `archive/tar` does.
//!
//! A peer is a Go program. Two tar readers may disagree on which bytes belong to which entry, so this one must see the
//! same entries as the peer. The differences are recorded in `conformance/go-package`.

pub(crate) mod fault;
pub(crate) mod header;
mod pax;

use std::io::{self, Read};

use fault::{Failure, MAX_EXTENDED_HEADER, MAX_EXTENDED_HEADERS, TarFault};
use header::{BLOCK, Block, Header, until_nul};
use pax::Records;

use crate::header::EntryHeader;

/// One member of an archive. Its name may contain any bytes but NUL.
pub(crate) type Member = EntryHeader;

/// An archive, positioned at the content of one member.
#[derive(Debug)]
pub(crate) struct Archive<R> {
    source: R,
    content_left: u64,
    padding: u64,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, content_left: 0, padding: 0 }
    }

    /// Skips the rest of this member and moves to the next one; returns [`None`] after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Member>, Failure> {
        let mut records = Records::default();
        let mut long_name = Vec::new();
        let mut extended_bytes = 0;
        loop {
            if !self.skip_content()? {
                return Ok(None);
            }
            let Some(header) = self.header()? else { return Ok(None) };
            let size = self.enter(&header)?;
            if matches!(header.flag, b'x' | b'g' | b'L' | b'K') {
                extended_bytes += size;
                if size <= MAX_EXTENDED_HEADER && extended_bytes > MAX_EXTENDED_HEADERS {
                    return Err(TarFault::ExtendedHeaders.into());
                }
            }
            match header.flag {
                b'x' => records = Records::parse(&self.extended_header()?)?,
                b'g' => {
                    Records::parse(&self.extended_header()?)?;
                    let name = header.path;
                    return Ok(Some(Member { name, flag: b'g', extended_bytes, ..Member::default() }));
                }
                b'L' => long_name = until_nul(&self.extended_header()?).to_vec(),
                b'K' => drop(self.extended_header()?),
                _ => {
                    let member = self.member(header, &records, long_name)?;
                    return Ok(Some(Member { extended_bytes, ..member }));
                }
            }
        }
    }

    fn member(
        &mut self,
        mut header: Header,
        records: &Records,
        long_name: Vec<u8>,
    ) -> Result<Member, TarFault> {
        records.apply(&mut header)?;
        if !long_name.is_empty() {
            header.path = long_name;
        }
        if header.flag == 0 {
            header.flag = if header.path.ends_with(b"/") { b'5' } else { b'0' };
        }
        let size = self.enter(&header)?;
        if records.is_sparse() {
            return Err(TarFault::Sparse(String::from_utf8_lossy(&header.path).into_owned()));
        }
        Ok(Member {
            name: header.path,
            flag: header.flag,
            mode: header.mode,
            size,
            uid: header.uid,
            gid: header.gid,
            mtime: header.mtime,
            uname: header.uname,
            gname: header.gname,
            layout: header.layout,
            extended_bytes: 0,
        })
    }

    /// Makes the content after a header readable and returns its length.
    fn enter(&mut self, header: &Header) -> Result<u64, TarFault> {
        // Links, devices, directories and FIFOs have no content; their size field is ignored.
        let size = if matches!(header.flag, b'1'..=b'6') { 0 } else { header.size };
        let size = u64::try_from(size).map_err(|_| TarFault::Header("the size is negative"))?;
        self.content_left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
        Ok(size)
    }

    /// Reads a header, or returns [`None`] at the end: no more input, or two blocks of zeros.
    fn header(&mut self) -> Result<Option<Header>, Failure> {
        let mut zero_blocks = 0;
        loop {
            let mut block: Block = [0; BLOCK];
            match self.fill(&mut block)? {
                0 => return Ok(None),
                BLOCK => {}
                _ => return Err(TarFault::Truncated.into()),
            }
            let is_zero = block.iter().all(|&byte| byte == 0);
            match (zero_blocks, is_zero) {
                (0, true) => zero_blocks = 1,
                (0, false) => return Ok(Some(Header::parse(&block)?)),
                (_, true) => return Ok(None),
                (_, false) => {
                    return Err(TarFault::Header("there is a block of zeros between entries").into());
                }
            }
        }
    }

    /// Skips content and padding. Returns false if the archive ends inside the padding, which Go accepts as its end.
    fn skip_content(&mut self) -> Result<bool, Failure> {
        let content = self.content_left;
        let copied = io::copy(&mut (&mut self.source).take(content), &mut io::sink())?;
        if copied < content {
            return Err(TarFault::Truncated.into());
        }
        self.content_left = 0;
        let padding = std::mem::take(&mut self.padding);
        let copied = io::copy(&mut (&mut self.source).take(padding), &mut io::sink())?;
        Ok(copied == padding)
    }

    fn extended_header(&mut self) -> Result<Vec<u8>, Failure> {
        if self.content_left > MAX_EXTENDED_HEADER {
            return Err(TarFault::ExtendedHeader.into());
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => TarFault::Truncated.into(),
            _ => Failure::Io(error),
        })?;
        Ok(content)
    }

    /// Reads until the buffer is full or the source ends; returns the number of bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.source.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(filled)
    }
}

/// Reads the content of the current member.
impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.content_left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.source.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.content_left -= count as u64;
        Ok(count)
    }
}

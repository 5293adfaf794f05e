//! One compressed archive over another reader: gzip, counted, then tar.
//!
//! A package consists of two of these; the second is inside a member of the first. Errors of the lower layer are
//! wrapped, to distinguish a damaged package, a damaged `code.tar.gz` and a failing disk.

use std::io::{self, BufRead as _, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::archive::Archive;
use crate::archive::fault::TarFault;
use crate::header::GzipHeader;
use crate::limits::{Layer, LimitExceeded, Limits};

/// A gzip-compressed tar archive, over `R`.
pub(crate) type CompressedArchive<R> = Archive<Counted<MultiGzDecoder<BufReader<Below<R>>>>>;

/// Go's limit for a name or comment in a gzip header, in bytes, including the final NUL.
const GO_HEADER_TEXT: usize = 512;

/// The reason why a gzip stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GzipFault {
    /// The stream is empty.
    #[error("it is empty")]
    Empty,
    /// The stream has no gzip header, or other data follows a complete stream.
    #[error("it is not gzip, or something else follows the gzip stream")]
    Header,
    /// The checksum of the data does not match.
    #[error("its checksum does not match")]
    Checksum,
    /// The compressed data is malformed.
    #[error("its compressed data is damaged")]
    Data,
    /// The stream is truncated.
    #[error("it ends too early")]
    Truncated,
}

impl GzipFault {
    /// Returns Go's text for the fault.
    pub(crate) fn go_text(self) -> &'static str {
        match self {
            Self::Empty => "EOF",
            Self::Header => "gzip: invalid header",
            Self::Checksum => "gzip: invalid checksum",
            Self::Data => "flate: corrupt input before offset",
            Self::Truncated => "unexpected EOF",
        }
    }

    fn of(error: &io::Error) -> Self {
        // flate2 uses the same kind for these three errors; only their texts differ.
        match error.to_string().as_str() {
            _ if error.kind() == io::ErrorKind::UnexpectedEof => Self::Truncated,
            "invalid gzip header" => Self::Header,
            text if text.contains("checksum") => Self::Checksum,
            _ => Self::Data,
        }
    }
}

/// The reason why a compressed archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// The compression is faulty.
    #[error(transparent)]
    Gzip(#[from] GzipFault),
    /// The tar archive is faulty.
    #[error(transparent)]
    Tar(#[from] TarFault),
}

impl ArchiveFault {
    pub(crate) fn go_text(&self) -> Option<&'static str> {
        match self {
            Self::Gzip(fault) => Some(fault.go_text()),
            Self::Tar(fault) => fault.go_text(),
        }
    }
}

/// The reason why a layer's stream failed.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The reader under this layer failed.
    Below(io::Error),
    /// A limit is exceeded.
    Limit(LimitExceeded),
    /// The compression is faulty.
    Gzip(GzipFault),
}

impl Cause {
    pub(crate) fn of(error: io::Error) -> Self {
        let error = match error.downcast::<BelowError>() {
            Ok(BelowError(error)) => return Self::Below(error),
            Err(error) => error,
        };
        match error.downcast::<LimitExceeded>() {
            Ok(limit) => Self::Limit(limit),
            Err(error) => Self::Gzip(GzipFault::of(&error)),
        }
    }
}

/// Opens the archive, checks its gzip header and returns it.
pub(crate) fn open<R: Read>(
    source: R,
    layer: Layer,
    limits: &Limits,
) -> Result<(GzipHeader, CompressedArchive<R>), Cause> {
    let mut source = BufReader::new(Below(source));
    if source.fill_buf().map_err(Cause::of)?.is_empty() {
        return Err(Cause::Gzip(GzipFault::Empty));
    }
    let mut decoder = MultiGzDecoder::new(source);
    // An empty read makes the decoder parse its header.
    decoder.read(&mut []).map_err(|error| match Cause::of(error) {
        // The checksum is that of the header, because no content was read yet.
        Cause::Gzip(GzipFault::Checksum) => Cause::Gzip(GzipFault::Header),
        cause => cause,
    })?;
    let has_room = |text: Option<&[u8]>| text.is_none_or(|text| text.len() < GO_HEADER_TEXT);
    let header = decoder
        .header()
        .filter(|header| has_room(header.filename()) && has_room(header.comment()))
        .map(gzip_header)
        .ok_or(Cause::Gzip(GzipFault::Header))?;
    let limit = limits.total_bytes;
    let exceeded = LimitExceeded::TotalBytes { layer, limit };
    Ok((header, Archive::new(Counted { inner: decoder, left: limit, exceeded })))
}

fn gzip_header(header: &flate2::GzHeader) -> GzipHeader {
    GzipHeader {
        mtime: header.mtime(),
        system: header.operating_system(),
        name: header.filename().map(<[u8]>::to_vec),
        comment: header.comment().map(<[u8]>::to_vec),
        extra_bytes: header.extra().map_or(0, <[u8]>::len),
    }
}

/// Marks errors as coming from the layer below.
#[derive(Debug)]
pub(crate) struct Below<R>(pub(crate) R);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct BelowError(io::Error);

impl<R: Read> Read for Below<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(BelowError(error)),
        })
    }
}

/// A reader that fails as soon as the bytes exceed a limit.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    left: u64,
    exceeded: LimitExceeded,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R, left: u64, exceeded: LimitExceeded) -> Self {
        Self { inner, left, exceeded }
    }

    pub(crate) fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).clamp(1, buffer.len());
        let count = self.inner.read(&mut buffer[..wanted])? as u64;
        let Some(left) = self.left.checked_sub(count) else {
            return Err(io::Error::other(self.exceeded.clone()));
        };
        self.left = left;
        // At most `wanted` bytes were read, and that is a usize.
        Ok(usize::try_from(count).unwrap_or(wanted))
    }
}

//! The contents of some files of a package, in one temporary file.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use ccs_package::{EntryKind, Visited};

use crate::error::Error;
use crate::open;

/// The size of the comparison buffers.
const BLOCK: usize = 64 * 1024;

/// The contents of files. For any number of files, there is one file on disk, and only their paths are in memory.
#[derive(Debug)]
pub(crate) struct Spool {
    contents: File,
    spans: BTreeMap<PathBuf, Span>,
}

/// The position of a content in the temporary file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    begin: u64,
    pub(crate) length: u64,
}

impl Spool {
    /// Reads the selected files of a package. Of two with the same path, the later one counts.
    pub(crate) fn read_files(path: &Path, wanted: &BTreeSet<PathBuf>) -> Result<Self, Error> {
        let (file, _) = open::open(path)?;
        let mut contents = BufWriter::new(tempfile::tempfile().map_err(Error::Scratch)?);
        let (mut spans, mut end, mut failure) = (BTreeMap::new(), 0, None);
        let visitor = |visited: Visited<'_>, content: &mut dyn Read| {
            if let Visited::Code(entry) = visited
                && entry.kind() == EntryKind::File
                && wanted.contains(entry.path())
                && failure.is_none()
            {
                match io::copy(content, &mut contents) {
                    Ok(length) => {
                        spans.insert(entry.path().to_owned(), Span { begin: end, length });
                        end += length;
                    }
                    Err(error) => failure = Some(error),
                }
            }
            Ok::<(), Infallible>(())
        };
        open::read(path, file, visitor)?;
        if let Some(error) = failure {
            return Err(Error::Scratch(error));
        }
        contents.flush().map_err(Error::Scratch)?;
        let contents = contents.into_inner().map_err(|error| Error::Scratch(error.into_error()))?;
        Ok(Self { contents, spans })
    }

    /// Returns the position of a file's content.
    pub(crate) fn span(&self, path: &Path) -> Option<Span> {
        self.spans.get(path).copied()
    }

    /// Reads a whole content.
    pub(crate) fn read(&self, span: Span) -> Result<Vec<u8>, Error> {
        let mut content = vec![0; usize::try_from(span.length).map_err(|_| too_large())?];
        self.contents.read_exact_at(&mut content, span.begin).map_err(Error::Scratch)?;
        Ok(content)
    }
}

/// Returns the position of the first difference; if one content is the beginning of the other, its length.
pub(crate) fn first_difference(a: (&Spool, Span), b: (&Spool, Span)) -> Result<Option<u64>, Error> {
    let shorter = a.1.length.min(b.1.length);
    let block = usize::try_from(shorter).unwrap_or(BLOCK).min(BLOCK);
    let mut blocks = [vec![0; block], vec![0; block]];
    let mut at = 0;
    while at < shorter {
        let count = usize::try_from(shorter - at).unwrap_or(block).min(block);
        for (block, (spool, span)) in blocks.iter_mut().zip([a, b]) {
            spool.contents.read_exact_at(&mut block[..count], span.begin + at).map_err(Error::Scratch)?;
        }
        let differs = blocks[0][..count].iter().zip(&blocks[1][..count]).position(|(a, b)| a != b);
        if let Some(position) = differs {
            return Ok(Some(at + position as u64));
        }
        at += count as u64;
    }
    Ok((a.1.length != b.1.length).then_some(shorter))
}

fn too_large() -> Error {
    Error::Scratch(io::ErrorKind::FileTooLarge.into())
}

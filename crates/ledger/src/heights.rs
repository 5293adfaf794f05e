//! Stores the heights of the channels in a small file next to the database.
//!
//! If the end of the database is damaged, the database silently returns to the state before its last commit. This
//! file shows that there were more blocks. It is written after each commit, so it is never ahead of the database. It
//! is not synced to the disk, so it may be older after a power failure.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

/// Channel that has fewer blocks than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Name of the channel.
    pub channel: String,
    /// Number of blocks that were committed.
    pub committed: u64,
    /// Current number of blocks in the ledger.
    pub height: u64,
}

impl fmt::Display for Setback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, committed, height } = self;
        write!(
            formatter,
            "channel {channel:?} has lost blocks: {committed} were committed, but the ledger has only {height}"
        )
    }
}

/// File with the heights; [`None`] for a temporary store.
#[derive(Debug, Default)]
pub(crate) struct Heights(Option<Mutex<Contents>>);

#[derive(Debug)]
struct Contents {
    file: File,
    heights: BTreeMap<String, u64>,
}

impl Heights {
    /// Compares the heights in a file with those of the database, and continues with the latter.
    pub(crate) fn compare(
        mut file: File,
        heights: BTreeMap<String, u64>,
    ) -> io::Result<(Self, Vec<Setback>)> {
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let setbacks = parse(&text).filter_map(|(channel, committed)| {
            let height = heights.get(channel).copied().unwrap_or_default();
            (height < committed).then(|| Setback { channel: channel.to_owned(), committed, height })
        });
        let setbacks = setbacks.collect();
        file.set_len(0)?;
        let mut contents = Contents { file, heights };
        contents.write()?;
        Ok((Self(Some(Mutex::new(contents))), setbacks))
    }

    /// Stores the height of a channel. If that fails, the file keeps the old, smaller height.
    pub(crate) fn note(&self, channel: &str, height: u64) {
        let Some(contents) = &self.0 else { return };
        let mut contents = contents.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = contents.heights.entry(channel.to_owned()).or_default();
        if height > *noted {
            *noted = height;
            drop(contents.write());
        }
    }
}

impl Contents {
    /// Overwrites all heights. Lines keep their lengths, so that a kill cannot leave half a line.
    fn write(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        for (channel, height) in &self.heights {
            writeln!(text, "{height:020} {channel}")?;
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&text)
    }
}

/// Parses the lines. After a power failure, they may contain anything.
fn parse(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (height, channel) = line.split_once(' ')?;
        (height.len() == 20).then_some(())?;
        Some((channel, height.parse().ok()?))
    })
}

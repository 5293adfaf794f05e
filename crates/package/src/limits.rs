//! Limits for the resources that reading a package may use.

use std::fmt;

use crate::archive::Member;

/// The limits of a package; reading stops as soon as one is exceeded.
///
/// A peer has no such limits (Fabric 3.1 `core/container/externalbuilder/tar.go`), but its gRPC server accepts
/// messages of at most 100 MiB, so every compressed package that can be installed is smaller than that.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries of one archive. Default 100 000.
    pub entries: u64,
    /// Bytes of one entry. Default 256 MiB.
    pub entry_bytes: u64,
    /// Bytes of `metadata.json`, which is held in memory. Default 1 MiB.
    pub metadata_bytes: u64,
    /// Bytes of the names in one archive, which are held in memory, and of its extended headers, all together. Default
    /// 8 MiB.
    pub name_bytes: u64,
    /// Bytes of one archive after decompression, headers and all. Default 512 MiB.
    pub total_bytes: u64,
    /// Bytes of the package file itself. Default 256 MiB.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            entries: 100_000,
            entry_bytes: 256 * MIB,
            metadata_bytes: MIB,
            name_bytes: 8 * MIB,
            total_bytes: 512 * MIB,
            file_bytes: 256 * MIB,
        }
    }
}

/// One of the two archives of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The package file.
    Package,
    /// The `code.tar.gz` in it.
    Code,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "the package",
            Self::Code => "code.tar.gz",
        })
    }
}

/// The exceeded limit of a package, at which reading stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    /// Too many entries.
    #[error("{layer} holds more than {limit} entries")]
    Entries {
        /// The archive.
        layer: Layer,
        /// The limit.
        limit: u64,
    },
    /// One entry is too large.
    #[error("{layer} holds {name:?} of {size} bytes, more than {limit}")]
    EntryBytes {
        /// The archive.
        layer: Layer,
        /// The entry.
        name: String,
        /// Its size in bytes, according to its header.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The names are too long in total.
    #[error("{layer} holds names and extended headers of {found} bytes in all, more than {limit}")]
    NameBytes {
        /// The archive.
        layer: Layer,
        /// The bytes of names and extended headers so far.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The archive is too large.
    #[error("{layer} unpacks to more than {limit} bytes")]
    TotalBytes {
        /// The archive.
        layer: Layer,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is too large.
    #[error("the package file has more than {limit} bytes")]
    FileBytes {
        /// The limit in bytes.
        limit: u64,
    },
}

/// Checks the members of one archive against the limits.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    layer: Layer,
    limits: &'a Limits,
    entries: u64,
    name_bytes: u64,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(layer: Layer, limits: &'a Limits) -> Self {
        Self { layer, limits, entries: 0, name_bytes: 0 }
    }

    pub(crate) fn admit(&mut self, member: &Member) -> Result<(), LimitExceeded> {
        let layer = self.layer;
        self.entries += 1;
        self.name_bytes += member.name.len() as u64 + member.extended_bytes;
        if self.entries > self.limits.entries {
            return Err(LimitExceeded::Entries { layer, limit: self.limits.entries });
        }
        if self.name_bytes > self.limits.name_bytes {
            return Err(LimitExceeded::NameBytes {
                layer,
                found: self.name_bytes,
                limit: self.limits.name_bytes,
            });
        }
        let limit = match (layer, member.name.as_slice()) {
            (Layer::Package, b"metadata.json") => self.limits.metadata_bytes,
            // Its content is counted separately as it is unpacked; its bytes are part of the file.
            (Layer::Package, b"code.tar.gz") => self.limits.file_bytes,
            _ => self.limits.entry_bytes,
        };
        if member.size > limit {
            let name = crate::shown::shown(&member.name);
            return Err(LimitExceeded::EntryBytes { layer, name, size: member.size, limit });
        }
        Ok(())
    }
}

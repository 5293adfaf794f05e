//! The version of a key.

use std::fmt;

use ccs_proto::kvrwset;

/// Says which transaction wrote a key last. Versions are ordered as the transactions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number of the block.
    pub block: u64,
    /// The index of the transaction in its block.
    pub transaction: u64,
}

impl Version {
    pub(crate) fn message(self) -> kvrwset::Version {
        kvrwset::Version { block_num: self.block, tx_num: self.transaction }
    }
}

impl From<&kvrwset::Version> for Version {
    fn from(version: &kvrwset::Version) -> Self {
        Self { block: version.block_num, transaction: version.tx_num }
    }
}

/// Writes it as Fabric's messages do.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{BlockNum: {}, TxNum: {}}}", self.block, self.transaction)
    }
}

/// A version that may be missing, as Fabric's messages write it.
pub(crate) struct Shown(pub(crate) Option<Version>);

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(version) => version.fmt(formatter),
            None => formatter.write_str("<nil>"),
        }
    }
}

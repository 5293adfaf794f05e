//! The version of a key.

use std::fmt;

use ccs_proto::kvrwset;

/// Transaction that last wrote a key. Versions are ordered like the transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Number of the block.
    pub block: u64,
    /// Index of the transaction in its block.
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

/// Prints the version as in Fabric's messages.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{BlockNum: {}, TxNum: {}}}", self.block, self.transaction)
    }
}

/// Version that may be missing, printed as in Fabric's messages.
pub(crate) struct Shown(pub(crate) Option<Version>);

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(version) => version.fmt(formatter),
            None => formatter.write_str("<nil>"),
        }
    }
}

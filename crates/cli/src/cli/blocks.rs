//! Options of `ccs blocks`.

use std::str::FromStr;

use clap::Args;

use super::network::Network;

/// Options of `ccs blocks`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs blocks\n  ccs blocks --from 5 --to 7\n  ccs blocks --from next --follow\n  \
                  ccs blocks --private --json | jq 'select(.code != \"VALID\")'"
)]
pub(crate) struct Blocks {
    /// The first block: a number, oldest, or next for the one that is committed next
    #[arg(long, value_name = "BLOCK", default_value = "oldest")]
    pub(crate) from: Start,
    /// The last block [default: the last one that there is now; with --from next the first one]
    #[arg(long, value_name = "NUMBER", conflicts_with = "follow")]
    pub(crate) to: Option<u64>,
    /// Go on with the blocks that are committed from now on, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Stop after so many blocks
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    #[command(flatten)]
    pub(crate) depth: Depth,
    /// Print JSON, a document for each transaction on a line; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// How much of a block is asked for.
#[derive(Debug, Args)]
pub(crate) struct Depth {
    /// Ask for filtered blocks: IDs, codes and names of events, for those who may not read more
    #[arg(long, conflicts_with = "private")]
    pub(crate) filtered: bool,
    /// Ask for private data too, where the peer has it and you may see it: keys in place of their hashes
    #[arg(long)]
    pub(crate) private: bool,
}

/// Where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// At the first block.
    Oldest,
    /// At the block that is committed next.
    Next,
    /// At this block.
    Number(u64),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "oldest" => Ok(Self::Oldest),
            "next" => Ok(Self::Next),
            _ => text.parse().map(Self::Number).map_err(|_| "write a number, oldest or next".to_owned()),
        }
    }
}

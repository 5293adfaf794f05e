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
    /// The first block: a number, `oldest`, or `next` for the block that is committed next
    #[arg(long, value_name = "BLOCK", default_value = "oldest")]
    pub(crate) from: Start,
    /// The last block [default: the newest block; with `--from next`, the first one]
    #[arg(long, value_name = "NUMBER", conflicts_with = "follow")]
    pub(crate) to: Option<u64>,
    /// Continue with new blocks until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Stop after this number of blocks
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    #[command(flatten)]
    pub(crate) depth: Depth,
    /// Print one JSON document on a line for each transaction: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// How much of a block the peer sends.
#[derive(Debug, Args)]
pub(crate) struct Depth {
    /// Request filtered blocks: transaction IDs, validation codes and event names. They need fewer rights
    #[arg(long, conflicts_with = "private")]
    pub(crate) filtered: bool,
    /// Request private data as far as the peer has it and you may read it, and show its keys instead of their hashes
    #[arg(long)]
    pub(crate) private: bool,
}

/// The block at which a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The first block.
    Oldest,
    /// The block that is committed next.
    Next,
    /// The block with this number.
    Number(u64),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "oldest" => Ok(Self::Oldest),
            "next" => Ok(Self::Next),
            _ => text.parse().map(Self::Number).map_err(|_| "expected a number, oldest or next".to_owned()),
        }
    }
}

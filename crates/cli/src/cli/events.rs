//! Options of `ccs events`.

use clap::Args;

use super::blocks::Start;
use super::network::Network;

/// Options of `ccs events`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs events basic\n  ccs events basic --from oldest --count 10\n  \
                  ccs events basic --after 3f9a2c... --json | jq -r .name\n\n\
                  The command runs until --count events or Ctrl-C.")]
pub(crate) struct Events {
    /// The name of the chaincode, as in its definition
    #[arg(value_name = "CHAINCODE")]
    pub(crate) chaincode: String,
    /// The first block: a number, `oldest`, or `next` for the block that is committed next
    #[arg(long, value_name = "BLOCK", default_value = "next")]
    pub(crate) from: Start,
    /// Begin after this transaction, which must have set an event
    #[arg(long, value_name = "TRANSACTION")]
    pub(crate) after: Option<String>,
    /// Stop after this number of events
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Print one JSON document on each line: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

//! `ccs blocks`: the blocks of a channel.

mod document;
mod text;

use ccs_client::{BlockContent, BlockRange, Content, Position};

use crate::cli::{Blocks, Start};
use crate::failure::Failure;
use crate::network;
use crate::output;
use crate::stop_signals::StopSignals;
use document::Document;

pub(crate) fn run(options: &Blocks) -> Result<(), Failure> {
    output::runtime()?.block_on(async {
        let stop = StopSignals::catch()?.received();
        tokio::select! {
            read = read(options) => read,
            () = stop => Ok(()),
        }
    })
}

async fn read(options: &Blocks) -> Result<(), Failure> {
    let gateway = network::connect(&options.network).await?;
    let content = match (options.depth.filtered, options.depth.private) {
        (true, _) => Content::Filtered,
        (_, true) => Content::WithPrivateData,
        _ => Content::Full,
    };
    let (range, mut left) = (range(options), limit(options));
    let mut blocks = gateway.blocks(&options.network.client.channel, range, content).await?;
    while left > 0 {
        let Some(block) = blocks.next().await? else { break };
        print(&block, options.json)?;
        left -= 1;
    }
    Ok(())
}

fn range(options: &Blocks) -> BlockRange {
    // Of the next block on there is no newest one yet.
    let is_endless = options.follow || options.from == Start::Next;
    let to = options.to.map(Position::Block).or((!is_endless).then_some(Position::Newest));
    BlockRange { from: super::events::position(options.from), to }
}

fn limit(options: &Blocks) -> u64 {
    let is_one = options.from == Start::Next && !options.follow && options.to.is_none();
    options.count.unwrap_or(if is_one { 1 } else { u64::MAX })
}

fn print(block: &BlockContent, json: bool) -> Result<(), Failure> {
    for (index, transaction) in block.transactions.iter().enumerate() {
        if json {
            output::print_json_line(&Document::new(block.number, index, transaction))?;
        } else {
            output::print(&text::line(block.number, index, transaction))?;
        }
    }
    Ok(())
}

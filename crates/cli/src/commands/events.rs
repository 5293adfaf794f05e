//! `ccs events`: the events of a chaincode in valid transactions.

use ccs_client::{Event, EventRange, Position};
use serde::Serialize;

use crate::cli::{Events, Start};
use crate::failure::Failure;
use crate::network::{self, Bytes};
use crate::output;
use crate::stop_signals::StopSignals;
use crate::style::{self, NAME};

/// A line of `ccs events --json`.
#[derive(Serialize)]
struct Line<'a> {
    block: u64,
    transaction_id: &'a str,
    chaincode: &'a str,
    name: &'a str,
    payload: Bytes,
}

pub(crate) fn run(options: &Events) -> Result<(), Failure> {
    output::runtime()?.block_on(async {
        let stop = StopSignals::catch()?.received();
        tokio::select! {
            followed = follow(options) => followed,
            () = stop => Ok(()),
        }
    })
}

async fn follow(options: &Events) -> Result<(), Failure> {
    let gateway = network::connect(&options.network).await?;
    let range = EventRange { from: position(options.from), after: options.after.clone() };
    let mut events =
        gateway.chaincode_events(&options.network.client.channel, &options.chaincode, &range).await?;
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(event) = events.next().await? else { break };
        print(&event, options.json)?;
        left -= 1;
    }
    Ok(())
}

/// Returns the position in the chain for an option.
pub(super) fn position(from: Start) -> Position {
    match from {
        Start::Oldest => Position::Oldest,
        Start::Next => Position::Next,
        Start::Number(number) => Position::Block(number),
    }
}

fn print(event: &Event, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json_line(&Line {
            block: event.block,
            transaction_id: &event.transaction_id,
            chaincode: &event.chaincode,
            name: &event.name,
            payload: Bytes::new(&event.payload),
        });
    }
    let (name, id) = (style::safe(&event.name), style::safe(&event.transaction_id));
    let payload = match str::from_utf8(&event.payload) {
        Ok(text) => style::safe(text),
        Err(_) => format!("{} bytes that are not text", event.payload.len()),
    };
    output::print(&format!("block {}  {NAME}{name}{NAME:#}  transaction {id}  {payload}\n", event.block))
}

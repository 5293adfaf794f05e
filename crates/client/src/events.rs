//! Reads the chaincode events of valid transactions.

use std::collections::VecDeque;

use ccs_proto::gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest};
use prost::Message as _;
use tonic::Streaming;

use crate::deliver::Position;
use crate::error::{Error, Operation};
use crate::gateway::Gateway;

/// The events that a client requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRange {
    /// The first block.
    pub from: Position,
    /// Skips events up to and including this transaction, which must be in the first block.
    pub after: Option<String>,
}

/// An event of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The block.
    pub block: u64,
    /// The transaction.
    pub transaction_id: String,
    /// The chaincode.
    pub chaincode: String,
    /// The event's name.
    pub name: String,
    /// The event's payload.
    pub payload: Vec<u8>,
}

/// A stream of events as they are committed; it has no end of its own.
#[derive(Debug)]
pub struct Events {
    gateway: Gateway,
    stream: Streaming<ChaincodeEventsResponse>,
    ready: VecDeque<Event>,
}

impl Gateway {
    /// Opens a stream of a chaincode's events. An unknown chaincode is not an error: there are no events then.
    ///
    /// This may wait for the first event, because a peer sends nothing before it.
    pub async fn chaincode_events(
        &self,
        channel: &str,
        chaincode: &str,
        range: &EventRange,
    ) -> Result<Events, Error> {
        let request = ChaincodeEventsRequest {
            channel_id: channel.to_owned(),
            chaincode_id: chaincode.to_owned(),
            identity: self.signer.creator().to_vec(),
            start_position: Some(range.from.for_events()),
            after_transaction_id: range.after.clone().unwrap_or_default(),
        }
        .encode_to_vec();
        let signature = self.signer.sign(&request)?;
        // Without a deadline, which would apply to the whole stream.
        let answer =
            self.client().chaincode_events(SignedChaincodeEventsRequest { request, signature }).await;
        let stream = answer.map_err(|status| self.refused(Operation::Events, &status))?.into_inner();
        Ok(Events { gateway: self.clone(), stream, ready: VecDeque::new() })
    }
}

impl Events {
    /// Waits for the next event; returns [`None`] if the peer ends the stream.
    ///
    /// Cancellation does not lose an event.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        while self.ready.is_empty() {
            let message = self.stream.message().await;
            let message = message.map_err(|status| self.gateway.refused(Operation::Events, &status))?;
            let Some(ChaincodeEventsResponse { events, block_number }) = message else { return Ok(None) };
            self.ready.extend(events.into_iter().map(|event| Event {
                block: block_number,
                transaction_id: event.tx_id,
                chaincode: event.chaincode_id,
                name: event.event_name,
                payload: event.payload,
            }));
        }
        Ok(self.ready.pop_front())
    }
}

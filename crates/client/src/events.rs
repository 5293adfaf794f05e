//! The events that chaincode sets, of transactions that count.

use std::collections::VecDeque;

use ccs_proto::gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest};
use prost::Message as _;
use tonic::Streaming;

use crate::deliver::Position;
use crate::error::{Error, Operation};
use crate::gateway::Gateway;

/// Which events of a chaincode a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRange {
    /// The first block.
    pub from: Position,
    /// Only what comes after this transaction; its block is then the first one.
    pub after: Option<String>,
}

/// An event that a chaincode set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The block.
    pub block: u64,
    /// The transaction.
    pub transaction_id: String,
    /// The chaincode.
    pub chaincode: String,
    /// The name that the chaincode gave it.
    pub name: String,
    /// What the chaincode says.
    pub payload: Vec<u8>,
}

/// Events as they are committed, without an end of its own.
#[derive(Debug)]
pub struct Events {
    gateway: Gateway,
    stream: Streaming<ChaincodeEventsResponse>,
    ready: VecDeque<Event>,
}

impl Gateway {
    /// Follows a chaincode's events. A name that no chaincode has is no error: there are no events then.
    ///
    /// This may take until the first event: a peer says nothing before it.
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
        // Without a deadline: it would be one of the stream.
        let answer =
            self.client().chaincode_events(SignedChaincodeEventsRequest { request, signature }).await;
        let stream = answer.map_err(|status| self.refused(Operation::Events, &status))?.into_inner();
        Ok(Events { gateway: self.clone(), stream, ready: VecDeque::new() })
    }
}

impl Events {
    /// Waits for the next event; there is none when the peer ends the stream.
    ///
    /// What was not waited for to its end is not lost.
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

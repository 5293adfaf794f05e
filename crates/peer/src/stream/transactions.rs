//! The transactions that run on a stream, and the state that they leave.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use fabric_shim_protos::peer::chaincode_message::Type;
use fabric_shim_protos::peer::{ChaincodeMessage, Response};
use prost::Message;

use super::{Execute, Reply};
use crate::error::TransactionError;
use crate::session::End;
use crate::simulation::Simulation;
use crate::state::State;
use crate::wire::TransactionKey;

/// The lowest status that a peer does not endorse.
const ERROR_THRESHOLD: i32 = 400;

/// What becomes of a transaction's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// They are committed, if the chaincode answers with a status below 400.
    Submit,
    /// They are thrown away.
    Evaluate,
}

/// What a chaincode answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionResult {
    /// The transaction.
    pub transaction_id: String,
    /// 200 for success; from 400 on nothing is endorsed.
    pub status: i32,
    /// The chaincode's words, mostly with an error.
    pub message: String,
    /// The chaincode's answer.
    pub payload: Vec<u8>,
    /// The event that it set, when the status is below 400.
    pub event: Option<ChaincodeEvent>,
    /// How many different keys it read.
    pub reads: usize,
    /// How many different keys it wrote.
    pub writes: usize,
    /// Whether its writes were committed.
    pub committed: bool,
}

/// An event of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeEvent {
    /// Its name.
    pub name: String,
    /// Its content.
    pub payload: Vec<u8>,
}

#[derive(Debug)]
struct Transaction {
    simulation: Simulation,
    intent: Intent,
    reply: Reply,
}

/// The running transactions and the committed state.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    running: HashMap<TransactionKey, Transaction>,
    state: State,
}

impl Transactions {
    /// Starts a transaction and gives the message that tells the chaincode, unless one with its ID runs.
    pub(super) fn start(&mut self, execute: Execute) -> Option<ChaincodeMessage> {
        self.running.retain(|_, transaction| !transaction.reply.is_closed());
        let Execute { proposal, intent, reply } = execute;
        let invocation = proposal.invocation();
        let key =
            TransactionKey { channel: invocation.channel.clone(), id: proposal.transaction_id().to_owned() };
        let message_type = if invocation.is_init { Type::Init } else { Type::Transaction };
        let mut message = key.message(message_type, invocation.input().encode_to_vec());
        message.proposal = Some(proposal.signed().clone());
        match self.running.entry(key) {
            Entry::Occupied(entry) => {
                let TransactionKey { channel, id } = entry.key().clone();
                answer(reply, Err(TransactionError::Duplicate { id, channel }));
                None
            }
            Entry::Vacant(entry) => {
                let committed = self.state.snapshot(&invocation.channel, &invocation.chaincode);
                let simulation = Simulation::new(invocation.chaincode.clone(), committed);
                entry.insert(Transaction { simulation, intent, reply });
                Some(message)
            }
        }
    }

    /// Gives the simulation of a running transaction that someone waits for.
    pub(super) fn simulation(&mut self, key: &TransactionKey) -> Option<&mut Simulation> {
        let transaction = self.running.get_mut(key).filter(|transaction| !transaction.reply.is_closed());
        transaction.map(|transaction| &mut transaction.simulation)
    }

    /// Ends a transaction with COMPLETED or ERROR. Nothing happens for one that nobody waits for any more.
    pub(super) fn finish(&mut self, message: ChaincodeMessage) {
        let key = TransactionKey::of(&message);
        let Some(transaction) = self.running.remove(&key) else { return };
        let Transaction { simulation, intent, reply } = transaction;
        if reply.is_closed() {
            return;
        }
        let result = self.conclude(key, message, simulation, intent);
        answer(reply, result);
    }

    fn conclude(
        &mut self,
        key: TransactionKey,
        message: ChaincodeMessage,
        simulation: Simulation,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        if message.r#type() == Type::Error {
            let text = String::from_utf8_lossy(&message.payload).into_owned();
            return Err(TransactionError::Failure(text));
        }
        let response = Response::decode(message.payload.as_slice())
            .map_err(|error| TransactionError::Malformed { id: key.id.clone(), reason: error.to_string() })?;
        let is_endorsed = response.status < ERROR_THRESHOLD;
        let committed = is_endorsed && intent == Intent::Submit;
        let (reads, namespace) = (simulation.reads(), simulation.namespace.clone());
        let writes = simulation.into_writes();
        let result = TransactionResult {
            status: response.status,
            message: response.message,
            payload: response.payload,
            event: message
                .chaincode_event
                .filter(|_| is_endorsed)
                .map(|event| ChaincodeEvent { name: event.event_name, payload: event.payload }),
            reads,
            writes: writes.len(),
            committed,
            transaction_id: key.id,
        };
        if committed {
            self.state.commit(&key.channel, &namespace, writes);
        }
        Ok(result)
    }

    /// Fails every running transaction.
    pub(super) fn lose_all(self, end: &End) {
        for (key, transaction) in self.running {
            answer(transaction.reply, Err(TransactionError::StreamLost { id: key.id, end: end.clone() }));
        }
    }
}

fn answer(reply: Reply, result: Result<TransactionResult, TransactionError>) {
    // Who asked may have given up meanwhile.
    let _ = reply.send(result);
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::proposal::{Identity, Invocation, Proposal};

    #[test]
    fn what_completes_when_nobody_waits_any_more_is_not_committed() {
        let mut transactions = Transactions::default();
        let proposal = Proposal::new(Invocation::new("ch", "basic", &["f"]), &Identity::default()).unwrap();
        let (reply, waiting) = oneshot::channel();
        let message = transactions.start(Execute { proposal, intent: Intent::Submit, reply }).unwrap();
        let key = TransactionKey::of(&message);
        transactions.simulation(&key).unwrap().put("k".to_owned(), b"1".to_vec()).unwrap();
        drop(waiting);
        assert!(transactions.simulation(&key).is_none());
        let response = Response { status: 200, ..Response::default() };
        transactions.finish(key.message(Type::Completed, response.encode_to_vec()));
        assert!(transactions.state.snapshot("ch", "basic").is_empty());
    }
}

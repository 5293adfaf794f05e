//! The task of a chaincode stream, the only place that receives from the chaincode and sends to it.
//!
//! Messages are handled in the order in which they arrive. An immediate answer is sent before the next message is
//! handled; others are sent when they are ready. Like a real peer, this task drops a request that a transaction sends
//! before its last one was answered; no shim does that. That last request is answered even if its transaction has
//! ended in the meantime, since a shim waits for it without a limit (Fabric 3.1 `core/chaincode/handler.go`,
//! `HandleTransaction`).

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ccs_dial::register::{next, type_name};
use ccs_dial::{End, MessageStream};
use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::context::Context;
use crate::error::InvokeError;
use crate::handlers::{self, Answer};
use crate::session::{self, Action, Admit, Input, State};
use crate::wire::{self, TransactionKey};

/// Maximum number of messages that one input causes: REGISTERED, then READY.
const MESSAGES_FOR_ONE_INPUT: usize = 2;

/// Receiver of a transaction's last message, and the transaction's context.
type Reply = oneshot::Sender<Result<ChaincodeMessage, InvokeError>>;

/// Transaction to run.
#[derive(Debug)]
pub(crate) struct Execute {
    /// TRANSACTION or INIT message.
    pub(crate) message: ChaincodeMessage,
    pub(crate) context: Arc<Context>,
    /// Closed when the caller stops waiting; the transaction is then dropped.
    pub(crate) reply: Reply,
}

/// Inputs and outputs of a session.
pub(crate) struct SessionParts {
    pub(crate) stream: MessageStream,
    /// Closed when the session is no longer needed.
    pub(crate) transactions: mpsc::UnboundedReceiver<Execute>,
    pub(crate) admit: Box<Admit>,
    /// Receives the result of the registration.
    pub(crate) registered: oneshot::Sender<Result<(), End>>,
    /// Set before the task ends.
    pub(crate) end: Arc<OnceLock<End>>,
    /// Interval of KEEPALIVE messages; zero disables them.
    pub(crate) keepalive: Option<Duration>,
}

/// Runs a session until it ends.
pub(crate) async fn run(ends: SessionParts) {
    let SessionParts { stream, mut transactions, admit, registered, end, keepalive } = ends;
    let (outbound, mut inbound) = stream;
    let mut keepalive = keepalive.filter(|every| !every.is_zero()).map(ticks);
    let mut driver = Driver {
        state: State::Created,
        admit,
        registered: Some(registered),
        running: HashMap::new(),
        busy: HashSet::new(),
        pending: HashMap::new(),
        answers: JoinSet::new(),
        end: None,
    };
    while driver.end.is_none() {
        // Reserve capacity first, so that all messages that an input causes can be sent without waiting. If the
        // chaincode no longer receives, the messages that it sent before are still handled.
        let room = outbound.reserve_many(MESSAGES_FOR_ONE_INPUT).await.ok();
        let messages = tokio::select! {
            execute = transactions.recv() => driver.execute(execute),
            message = inbound.message() => driver.input(received(message)),
            Some(answered) = driver.answers.join_next_with_id() => driver.answered(answered),
            () = tick(keepalive.as_mut()) => vec![wire::message(Type::Keepalive, Vec::new())],
        };
        for (place, message) in room.into_iter().flatten().zip(messages) {
            place.send(message);
        }
    }
    driver.finish(&end);
}

/// Creates an interval whose first tick comes after one period.
fn ticks(every: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick; forever if there is no interval.
async fn tick(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

fn received(message: Result<Option<ChaincodeMessage>, tonic::Status>) -> Input {
    next(message).map_or_else(Input::StreamEnded, Input::Received)
}

/// Transaction that is running on the chaincode.
struct ActiveTransaction {
    context: Arc<Context>,
    reply: Reply,
}

/// Request that is being answered.
struct Pending {
    key: TransactionKey,
    message_type: i32,
}

impl Pending {
    /// Returns the answer to a request whose handler has panicked.
    fn failed(&self) -> ChaincodeMessage {
        let name = type_name(self.message_type);
        let text = format!("{name} failed: transaction ID: {}: the peer failed to answer", self.key.id);
        self.key.message(Type::Error, text.into_bytes())
    }
}

struct Driver {
    state: State,
    admit: Box<Admit>,
    registered: Option<oneshot::Sender<Result<(), End>>>,
    running: HashMap<TransactionKey, ActiveTransaction>,
    /// Transactions with a pending answer, whether they are still running or not.
    busy: HashSet<TransactionKey>,
    /// Pending requests, by the task that answers each.
    pending: HashMap<Id, Pending>,
    /// Tasks of pending answers; those that remain at the end are aborted.
    answers: JoinSet<ChaincodeMessage>,
    end: Option<End>,
}

impl Driver {
    /// Steps the session and runs its actions; returns the messages to send.
    fn input(&mut self, input: Input) -> Vec<ChaincodeMessage> {
        let (state, actions) = session::step(self.state, input, &*self.admit);
        self.state = state;
        let mut messages: Vec<_> = actions.into_iter().filter_map(|action| self.act(action)).collect();
        if self.state == State::Established {
            messages.extend(self.input(Input::RegisteredSent));
        }
        messages
    }

    fn act(&mut self, action: Action) -> Option<ChaincodeMessage> {
        match action {
            Action::Send(message) => Some(message),
            Action::Registered => {
                self.tell(Ok(()));
                None
            }
            Action::Answer(request) => self.handle(request),
            Action::Finish(message) => {
                self.finish_transaction(message);
                None
            }
            Action::End(end) => {
                self.end = Some(end);
                None
            }
        }
    }

    /// Starts a transaction, unless one with its ID is running.
    fn execute(&mut self, execute: Option<Execute>) -> Vec<ChaincodeMessage> {
        let Some(Execute { message, context, reply }) = execute else {
            self.end = Some(End::Closed);
            return Vec::new();
        };
        self.running.retain(|_, running| !running.reply.is_closed());
        match self.running.entry(TransactionKey::of(&message)) {
            Entry::Occupied(entry) => {
                let TransactionKey { channel, id } = entry.key().clone();
                resolve(reply, Err(InvokeError::Duplicate { id, channel }));
                Vec::new()
            }
            Entry::Vacant(entry) => {
                entry.insert(ActiveTransaction { context, reply });
                vec![message]
            }
        }
    }

    /// Answers a request, immediately or later.
    fn handle(&mut self, request: ChaincodeMessage) -> Option<ChaincodeMessage> {
        let key = TransactionKey::of(&request);
        if self.busy.contains(&key) {
            return None;
        }
        let running = self.running.get(&key).filter(|running| !running.reply.is_closed());
        let Some(running) = running else { return Some(handlers::refuse(&request)) };
        let pending = Pending { key, message_type: request.r#type };
        let context = &running.context;
        // The panic hook reports a panic; the chaincode receives an ERROR.
        let answer = catch_unwind(AssertUnwindSafe(|| handlers::answer(request, context)));
        match answer {
            Ok(Answer::Now(message)) => Some(message),
            Ok(Answer::Later(answer)) => {
                self.busy.insert(pending.key.clone());
                let task = self.answers.spawn(answer);
                self.pending.insert(task.id(), pending);
                None
            }
            Err(_) => Some(pending.failed()),
        }
    }

    /// Returns a deferred answer, or ERROR if its task failed.
    fn answered(&mut self, answered: Result<(Id, ChaincodeMessage), JoinError>) -> Vec<ChaincodeMessage> {
        let id = match &answered {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(pending) = self.pending.remove(&id) else { return Vec::new() };
        self.busy.remove(&pending.key);
        vec![answered.map_or_else(|_| pending.failed(), |(_, answer)| answer)]
    }

    /// Finishes a transaction with COMPLETED or ERROR. Ignores transactions whose caller has stopped waiting.
    fn finish_transaction(&mut self, message: ChaincodeMessage) {
        if let Some(running) = self.running.remove(&TransactionKey::of(&message)) {
            resolve(running.reply, Ok(message));
        }
    }

    fn tell(&mut self, outcome: Result<(), End>) {
        if let Some(registered) = self.registered.take() {
            // The receiver is gone after the startup timeout.
            let _ = registered.send(outcome);
        }
    }

    fn finish(mut self, place: &OnceLock<End>) {
        let end = self.end.take().unwrap_or(End::Closed);
        // Only this task sets it, and only once.
        let _ = place.set(end.clone());
        self.tell(Err(end.clone()));
        for running in self.running.into_values() {
            resolve(running.reply, Err(InvokeError::StreamLost { end: end.clone() }));
        }
    }
}

/// Sends the last message of a transaction to its caller.
fn resolve(reply: Reply, result: Result<ChaincodeMessage, InvokeError>) {
    // The caller may have stopped waiting.
    let _ = reply.send(result);
}

#[cfg(test)]
mod tests {
    use ccs_channel::{Channel, Definition, envelope};
    use ccs_ledger::Store;
    use ccs_proto::peer::{ChaincodeId, ChaincodeSpec, SignedProposal};
    use prost::Message;

    use super::*;
    use crate::context::{Callees, ChaincodeCall, Target};
    use crate::shared_simulation::SharedSimulation;

    /// Panics on every call.
    struct Panicking;

    #[tonic::async_trait]
    impl Callees for Panicking {
        fn channel(&self, name: &str) -> Option<Arc<Channel>> {
            panic!("no channel {name}")
        }

        async fn invoke(
            self: Arc<Self>,
            _: Arc<Channel>,
            chaincode: &str,
            _: ChaincodeCall,
        ) -> Result<ChaincodeMessage, InvokeError> {
            panic!("no chaincode {chaincode}")
        }
    }

    fn context() -> Arc<Context> {
        let ledger = Store::temporary().unwrap().channel("ch", || envelope::genesis("ch")).unwrap();
        let simulation = SharedSimulation::new(ledger.simulate("t").unwrap());
        let target = Target {
            channel: Arc::new(Channel::new(ledger, Vec::new())),
            chaincode: "basic".to_owned(),
            definition: Arc::new(Definition::default()),
            id: "basic:1".to_owned(),
        };
        let call = ChaincodeCall {
            input: ccs_proto::peer::ChaincodeInput::default(),
            transaction_id: "t".to_owned(),
            proposal: Arc::new(SignedProposal::default()),
            creator: None,
            simulation,
        };
        Arc::new(Context::new(Arc::new(Panicking), 10, target, call))
    }

    #[tokio::test]
    async fn a_request_whose_handler_panics_is_answered_with_an_error() {
        let mut driver = Driver {
            state: State::Ready,
            admit: Box::new(|_| Ok(())),
            registered: None,
            running: HashMap::new(),
            busy: HashSet::new(),
            pending: HashMap::new(),
            answers: JoinSet::new(),
            end: None,
        };
        let key = TransactionKey { channel: "ch".to_owned(), id: "t".to_owned() };
        let (reply, _result) = oneshot::channel();
        driver.running.insert(key.clone(), ActiveTransaction { context: context(), reply });
        // On this channel, and on another one, whose lookup comes first.
        for name in ["other", "other/elsewhere"] {
            let chaincode_id = Some(ChaincodeId { name: name.to_owned(), ..ChaincodeId::default() });
            let call = ChaincodeSpec { chaincode_id, ..ChaincodeSpec::default() };
            let request = key.message(Type::InvokeChaincode, call.encode_to_vec());
            assert_eq!(driver.handle(request), None);
            let answered = driver.answers.join_next_with_id().await.unwrap();
            let answers = driver.answered(answered);
            let text = "INVOKE_CHAINCODE failed: transaction ID: t: the peer failed to answer";
            assert_eq!(answers, [key.message(Type::Error, text.into())]);
            // The next request is handled.
            assert!(driver.busy.is_empty());
        }
    }
}

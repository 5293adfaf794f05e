//! The task behind a chaincode stream: the only place that waits for the chaincode and sends to it.
//!
//! Messages are looked at in the order in which they arrive. An answer that is there at once goes out before the next
//! message is looked at; others come when they are ready. As a real peer, this one drops a request that a transaction sends
//! while its last one is not answered yet; no shim does that. Whatever becomes of the transaction meanwhile, that one is
//! answered: a shim waits for it without a limit (Fabric 3.1 `core/chaincode/handler.go`, `HandleTransaction`).

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

/// The most messages that one input leads to: REGISTERED, then READY.
const MESSAGES_FOR_ONE_INPUT: usize = 2;

/// Where the last message of a transaction goes, with what it worked on.
type Reply = oneshot::Sender<Result<ChaincodeMessage, InvokeError>>;

/// A transaction to run.
#[derive(Debug)]
pub(crate) struct Execute {
    /// TRANSACTION or INIT.
    pub(crate) message: ChaincodeMessage,
    pub(crate) context: Arc<Context>,
    /// Closed by who waits when the wait is over: the transaction is forgotten then.
    pub(crate) reply: Reply,
}

/// What a session needs.
pub(crate) struct SessionParts {
    pub(crate) stream: MessageStream,
    /// Closed when nobody needs the session any more.
    pub(crate) transactions: mpsc::UnboundedReceiver<Execute>,
    pub(crate) admit: Box<Admit>,
    /// Told when the chaincode is ready, or why it never was.
    pub(crate) registered: oneshot::Sender<Result<(), End>>,
    /// Filled before the task ends.
    pub(crate) end: Arc<OnceLock<End>>,
    /// How often KEEPALIVE is sent; never if that is zero.
    pub(crate) keepalive: Option<Duration>,
}

/// Runs a session until its end.
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
        // Room first: what an input leads to can then be sent without waiting in the midst of it. When the chaincode
        // takes nothing more, what it sent before is still read.
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

/// Makes ticks, of which the first comes when the time is over for the first time.
fn ticks(every: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick, for ever if there is none.
async fn tick(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

fn received(message: Result<Option<ChaincodeMessage>, tonic::Status>) -> Input {
    next(message).map_or_else(Input::StreamEnded, Input::Received)
}

/// A transaction that the chaincode runs.
struct ActiveTransaction {
    context: Arc<Context>,
    reply: Reply,
}

/// A request that is being answered.
struct Pending {
    key: TransactionKey,
    message_type: i32,
}

impl Pending {
    /// Makes the answer to a request whose handler has panicked.
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
    /// Those to which an answer is on its way, be they running or not.
    busy: HashSet<TransactionKey>,
    /// What is being answered, by the tasks that do.
    pending: HashMap<Id, Pending>,
    /// Answers that come later; those that are left at the end are given up.
    answers: JoinSet<ChaincodeMessage>,
    end: Option<End>,
}

impl Driver {
    /// Steps the session and does what it wants; returns the messages to send.
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

    /// Starts a transaction, unless one with its ID runs.
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

    /// Answers a request, now or later.
    fn handle(&mut self, request: ChaincodeMessage) -> Option<ChaincodeMessage> {
        let key = TransactionKey::of(&request);
        if self.busy.contains(&key) {
            return None;
        }
        let running = self.running.get(&key).filter(|running| !running.reply.is_closed());
        let Some(running) = running else { return Some(handlers::refuse(&request)) };
        let pending = Pending { key, message_type: request.r#type };
        let context = &running.context;
        // A panic has told of itself; the chaincode is told that there is no answer.
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

    /// Passes on an answer that came later, or ERROR in place of one that never comes.
    fn answered(&mut self, answered: Result<(Id, ChaincodeMessage), JoinError>) -> Vec<ChaincodeMessage> {
        let id = match &answered {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(pending) = self.pending.remove(&id) else { return Vec::new() };
        self.busy.remove(&pending.key);
        vec![answered.map_or_else(|_| pending.failed(), |(_, answer)| answer)]
    }

    /// Ends a transaction with COMPLETED or ERROR. Nothing happens for one that nobody waits for any more.
    fn finish_transaction(&mut self, message: ChaincodeMessage) {
        if let Some(running) = self.running.remove(&TransactionKey::of(&message)) {
            resolve(running.reply, Ok(message));
        }
    }

    fn tell(&mut self, outcome: Result<(), End>) {
        if let Some(registered) = self.registered.take() {
            // Nobody listens any more once the start-up timeout is over.
            let _ = registered.send(outcome);
        }
    }

    fn finish(mut self, place: &OnceLock<End>) {
        let end = self.end.take().unwrap_or(End::Closed);
        // Only this task fills it, once.
        let _ = place.set(end.clone());
        self.tell(Err(end.clone()));
        for running in self.running.into_values() {
            resolve(running.reply, Err(InvokeError::StreamLost { end: end.clone() }));
        }
    }
}

/// Ends the wait for the last message of a transaction.
fn resolve(reply: Reply, result: Result<ChaincodeMessage, InvokeError>) {
    // Who asked may have given up meanwhile.
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

    /// Panics whatever is called.
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
        // On this channel, and on another one, which is looked up first.
        for name in ["other", "other/elsewhere"] {
            let chaincode_id = Some(ChaincodeId { name: name.to_owned(), ..ChaincodeId::default() });
            let call = ChaincodeSpec { chaincode_id, ..ChaincodeSpec::default() };
            let request = key.message(Type::InvokeChaincode, call.encode_to_vec());
            assert_eq!(driver.handle(request), None);
            let answered = driver.answers.join_next_with_id().await.unwrap();
            let answers = driver.answered(answered);
            let text = "INVOKE_CHAINCODE failed: transaction ID: t: the peer failed to answer";
            assert_eq!(answers, [key.message(Type::Error, text.into())]);
            // The next request is looked at.
            assert!(driver.busy.is_empty());
        }
    }
}

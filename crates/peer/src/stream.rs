//! The task behind a chaincode stream: the only place that waits, sends, and owns state.
//!
//! Everything goes through one task, in the order it arrives, so no lock is needed and a request is answered before the
//! next message is looked at. A real peer answers in parallel and drops a second request that a transaction sends before
//! it has the answer to its first; no shim does that.

mod transactions;

use std::sync::{Arc, OnceLock};

use ccs_files::PackageId;
use fabric_shim_protos::peer::ChaincodeMessage;
use tokio::sync::{mpsc, oneshot};
use tonic::Streaming;

use crate::error::TransactionError;
use crate::handlers;
use crate::proposal::Proposal;
use crate::session::{self, Action, End, Input, State};
use crate::wire::TransactionKey;
use transactions::Transactions;

pub use transactions::{ChaincodeEvent, Intent, TransactionResult};

/// The most messages that one input leads to: REGISTERED, then READY.
const MESSAGES_FOR_ONE_INPUT: usize = 2;

/// Where the result of a transaction goes.
type Reply = oneshot::Sender<Result<TransactionResult, TransactionError>>;

/// A transaction to run.
#[derive(Debug)]
pub(crate) struct Execute {
    pub(crate) proposal: Proposal,
    pub(crate) intent: Intent,
    /// Closed by who waits when the wait is over: the transaction is forgotten then.
    pub(crate) reply: Reply,
}

/// The two ends of a stream and of the task.
pub(crate) struct Ends {
    pub(crate) inbound: Streaming<ChaincodeMessage>,
    pub(crate) outbound: mpsc::Sender<ChaincodeMessage>,
    /// Closed when nobody needs the session any more.
    pub(crate) transactions: mpsc::UnboundedReceiver<Execute>,
    /// Told when the chaincode is ready, or why it never was.
    pub(crate) registered: oneshot::Sender<Result<(), End>>,
    /// Filled before the task ends.
    pub(crate) end: Arc<OnceLock<End>>,
}

/// Runs a session until its end.
pub(crate) async fn run(ends: Ends, package_id: PackageId, total_query_limit: usize) {
    let Ends { mut inbound, outbound, mut transactions, registered, end } = ends;
    let mut driver = Driver {
        state: State::Created,
        package_id,
        total_query_limit,
        registered: Some(registered),
        transactions: Transactions::default(),
        end: None,
    };
    while driver.end.is_none() {
        // Room first: what an input leads to can then be sent without waiting in the midst of it. When the chaincode
        // takes nothing more, what it sent before is still read.
        let room = outbound.reserve_many(MESSAGES_FOR_ONE_INPUT).await.ok();
        let messages = tokio::select! {
            execute = transactions.recv() => driver.execute(execute),
            message = inbound.message() => driver.input(received(message)),
        };
        for (place, message) in room.into_iter().flatten().zip(messages) {
            place.send(message);
        }
    }
    driver.finish(&end);
}

fn received(message: Result<Option<ChaincodeMessage>, tonic::Status>) -> Input {
    next(message).map_or_else(Input::StreamEnded, Input::Received)
}

/// Gives the message that came, or why the stream ended.
pub(crate) fn next(
    message: Result<Option<ChaincodeMessage>, tonic::Status>,
) -> Result<ChaincodeMessage, String> {
    match message {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err("the chaincode closed the stream".to_owned()),
        Err(status) => Err(format!("{}: {}", status.code(), status.message())),
    }
}

struct Driver {
    state: State,
    package_id: PackageId,
    total_query_limit: usize,
    registered: Option<oneshot::Sender<Result<(), End>>>,
    transactions: Transactions,
    end: Option<End>,
}

impl Driver {
    /// Steps the session and does what it wants; gives the messages to send.
    fn input(&mut self, input: Input) -> Vec<ChaincodeMessage> {
        let (state, actions) = session::step(self.state, input, &self.package_id);
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
            Action::Answer(request) => {
                let simulation = self.transactions.simulation(&TransactionKey::of(&request));
                Some(handlers::answer(&request, simulation, self.total_query_limit))
            }
            Action::Finish(message) => {
                self.transactions.finish(message);
                None
            }
            Action::End(end) => {
                self.end = Some(end);
                None
            }
        }
    }

    fn execute(&mut self, execute: Option<Execute>) -> Vec<ChaincodeMessage> {
        let Some(execute) = execute else {
            self.end = Some(End::Closed);
            return Vec::new();
        };
        self.transactions.start(execute).into_iter().collect()
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
        self.transactions.lose_all(&end);
    }
}

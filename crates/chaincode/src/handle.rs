//! A handle on the stream of a registered chaincode.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ccs_dial::{End, MessageStream};
use ccs_proto::peer::ChaincodeMessage;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::context::Context;
use crate::error::InvokeError;
use crate::session::Admit;
use crate::stream::{self, Execute, SessionParts};

/// Registered chaincode. Clones share the stream, which ends with [`ChaincodeHandle::close`] or when the last clone
/// is dropped.
#[derive(Clone, Debug)]
pub(crate) struct ChaincodeHandle {
    transactions: mpsc::UnboundedSender<Execute>,
    end: Arc<OnceLock<End>>,
    task: Arc<Task>,
}

/// Task of a stream. It ends with the last handle.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ChaincodeHandle {
    /// Waits until the chaincode at the other end of a stream has registered.
    pub(crate) async fn register(
        stream: MessageStream,
        admit: Box<Admit>,
        keepalive: Option<Duration>,
    ) -> Result<Self, End> {
        let (transactions, transactions_of_task) = mpsc::unbounded_channel();
        let (registered, registration) = oneshot::channel();
        let end = Arc::default();
        let ends = SessionParts {
            stream,
            transactions: transactions_of_task,
            admit,
            registered,
            end: Arc::clone(&end),
            keepalive,
        };
        let task = Arc::new(Task(tokio::spawn(stream::run(ends))));
        registration.await.unwrap_or(Err(End::Closed))?;
        Ok(Self { transactions, end, task })
    }

    /// Returns whether the stream is still open.
    pub(crate) fn is_open(&self) -> bool {
        !self.transactions.is_closed()
    }

    /// Waits for the end of the stream and returns the reason.
    pub(crate) async fn ended(&self) -> End {
        self.transactions.closed().await;
        self.end.get().cloned().unwrap_or(End::Closed)
    }

    /// Runs a transaction and returns the chaincode's last message, COMPLETED or ERROR.
    pub(crate) async fn execute(
        &self,
        message: ChaincodeMessage,
        context: Arc<Context>,
        within: Duration,
    ) -> Result<ChaincodeMessage, InvokeError> {
        let lost = || InvokeError::StreamLost { end: self.end.get().cloned().unwrap_or(End::Closed) };
        let (reply, result) = oneshot::channel();
        self.transactions.send(Execute { message, context, reply }).map_err(|_| lost())?;
        match timeout(within, result).await {
            Ok(result) => result.unwrap_or_else(|_| Err(lost())),
            Err(_) => Err(InvokeError::Timeout { after: within }),
        }
    }

    /// Ends the stream immediately. Running transactions fail.
    pub(crate) fn close(&self) {
        self.task.0.abort();
    }
}

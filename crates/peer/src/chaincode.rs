//! A registered chaincode, ready for transactions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ccs_files::PackageId;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::connection::ChaincodeConnection;
use crate::error::{RegisterError, TransactionError};
use crate::proposal::{Identity, Invocation, Proposal};
use crate::session::End;
use crate::stream::{self, Ends, Execute, Intent, TransactionResult};

/// Times and limits of a chaincode; the defaults are those that peers ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterOptions {
    /// For the chaincode to register: `chaincode.startuptimeout`.
    pub startup_timeout: Duration,
    /// For each transaction: `chaincode.executetimeout`.
    pub execute_timeout: Duration,
    /// How many results a query gives at most: `ledger.state.totalQueryLimit`.
    pub total_query_limit: usize,
    /// Who proposes the transactions.
    pub identity: Identity,
}

impl Default for RegisterOptions {
    fn default() -> Self {
        Self {
            startup_timeout: Duration::from_mins(5),
            execute_timeout: Duration::from_secs(30),
            total_query_limit: 100_000,
            identity: Identity::default(),
        }
    }
}

/// A chaincode that has registered. Its stream ends with [`Chaincode::close`], or when this is dropped.
#[derive(Debug)]
pub struct Chaincode {
    transactions: mpsc::UnboundedSender<Execute>,
    task: JoinHandle<()>,
    end: Arc<OnceLock<End>>,
    execute_timeout: Duration,
    identity: Identity,
}

impl Chaincode {
    /// Opens the stream and waits until the chaincode has registered as the package.
    ///
    /// Transactions then run on an empty state that lives as long as the stream.
    pub async fn register(
        connection: ChaincodeConnection,
        package_id: &PackageId,
        options: &RegisterOptions,
    ) -> Result<Self, RegisterError> {
        let after = options.startup_timeout;
        timeout(after, Self::open(connection, package_id, options))
            .await
            .unwrap_or_else(|_| Err(RegisterError::Timeout { package_id: package_id.clone(), after }))
    }

    async fn open(
        connection: ChaincodeConnection,
        package_id: &PackageId,
        options: &RegisterOptions,
    ) -> Result<Self, RegisterError> {
        let opened = connection.open().await;
        let (outbound, inbound) = opened.map_err(|status| RegisterError::Stream(Box::new(status)))?;
        let (transactions, transactions_of_task) = mpsc::unbounded_channel();
        let (registered, registration) = oneshot::channel();
        let end = Arc::default();
        let ends =
            Ends { inbound, outbound, transactions: transactions_of_task, registered, end: Arc::clone(&end) };
        let task = tokio::spawn(stream::run(ends, package_id.clone(), options.total_query_limit));
        registration.await.unwrap_or(Err(End::Closed))?;
        let (execute_timeout, identity) = (options.execute_timeout, options.identity.clone());
        Ok(Self { transactions, task, end, execute_timeout, identity })
    }

    /// Runs a transaction and commits what it writes, if the chaincode answers with a status below 400.
    pub async fn submit(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Submit).await
    }

    /// Runs a transaction and throws away what it writes.
    pub async fn evaluate(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Evaluate).await
    }

    /// Proposes an invocation as the configured identity and runs it.
    pub async fn invoke(
        &self,
        invocation: Invocation,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        self.execute(Proposal::new(invocation, &self.identity)?, intent).await
    }

    /// Runs a proposal. Several may run at once.
    pub async fn execute(
        &self,
        proposal: Proposal,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        let id = proposal.transaction_id().to_owned();
        let lost = || TransactionError::StreamLost {
            id: id.clone(),
            end: self.end.get().cloned().unwrap_or(End::Closed),
        };
        let (reply, result) = oneshot::channel();
        self.transactions.send(Execute { proposal, intent, reply }).map_err(|_| lost())?;
        match timeout(self.execute_timeout, result).await {
            Ok(result) => result.unwrap_or_else(|_| Err(lost())),
            Err(_) => Err(TransactionError::Timeout { id, after: self.execute_timeout }),
        }
    }

    /// Ends the stream at once; transactions that still run fail.
    pub async fn close(mut self) {
        self.task.abort();
        // An error says that the task was aborted, or has panicked and reported it itself.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Chaincode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

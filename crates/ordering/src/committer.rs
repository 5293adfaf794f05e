//! Orders and commits transactions. One task for each channel plays the part of both the ordering service and the
//! committing peer, so it alone decides the order.
//!
//! ```text
//! broadcast ─▶ queue ─▶ batch ─▶ validation ─▶ ledger ─▶ readers that wait for the next block
//! ```

mod block;
mod private_sets;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use block::{BlockMaker, Replica};

use crate::observer::with_hint;

/// Capacity of the queue of transactions; further senders wait.
const QUEUE: usize = 1000;

/// Limits at which a block is cut. A block is also cut, full or not, as soon as the queue is empty: no transaction
/// waits for later ones, and transactions that arrive during a commit share the next block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cutting {
    /// Maximum number of transactions in a block.
    pub max_transactions: usize,
    /// Size in bytes of its transactions at which a block is cut.
    pub preferred_bytes: usize,
}

impl Default for Cutting {
    /// Returns the limits that Fabric ships in `configtx.yaml`.
    fn default() -> Self {
        Self { max_transactions: 500, preferred_bytes: 2 << 20 }
    }
}

/// Interval between attempts to write to a failed disk.
const RETRY: Duration = Duration::from_secs(1);

/// Handle of the task that commits a channel's transactions.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Vec<u8>>,
    failure: watch::Receiver<Option<Failure>>,
}

/// Reason why a channel commits nothing at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Text of the reason, with the file that cannot be read or written.
    pub reason: String,
    /// Whether the channel retries, because the disk is full or missing. Otherwise it stops committing for good.
    pub may_pass: bool,
}

/// Rejection of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAccepted {
    #[error("the peer is stopping")]
    Stopping,
    #[error("the channel cannot commit transactions at the moment: {0}")]
    Waiting(String),
    #[error("the channel no longer accepts transactions: {0}")]
    Failed(String),
}

impl Committer {
    /// Starts the task. It ends after `stop` is canceled and all accepted transactions are committed.
    pub(crate) fn start(
        maker: BlockMaker,
        cutting: Cutting,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let (failed, failure) = watch::channel(None);
        tasks.spawn(run(maker, Batches { incoming, cutting, stop }, failed));
        Self { queue, failure }
    }

    /// Accepts an envelope, which will be in a block. While the disk fails, every envelope is rejected.
    pub(crate) async fn accept(&self, envelope: Vec<u8>) -> Result<(), NotAccepted> {
        if let Some(Failure { reason, may_pass: true }) = &*self.failure.borrow() {
            return Err(NotAccepted::Waiting(reason.clone()));
        }
        let sent = self.queue.send(envelope).await;
        sent.map_err(|_| match &*self.failure.borrow() {
            Some(failure) => NotAccepted::Failed(failure.reason.clone()),
            None => NotAccepted::Stopping,
        })
    }

    /// Waits until the channel fails, and returns the reason. Usually waits forever.
    pub(crate) async fn failed(&self) -> Failure {
        let mut failure = self.failure.clone();
        let failed = match failure.wait_for(Option::is_some).await {
            Ok(failure) => failure.clone(),
            // The task ended without a failure.
            Err(_) => None,
        };
        match failed {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }
}

/// Commits batch after batch, in order. While the disk fails, keeps the batch and retries it. Any other ledger
/// failure is final, because skipping a batch would leave a gap in the order.
async fn run(maker: BlockMaker, mut batches: Batches, failed: watch::Sender<Option<Failure>>) {
    while let Some(batch) = batches.next().await {
        let batch = Arc::new(batch);
        let mut again = false;
        loop {
            let Err(failure) = commit(&maker, &batch, again).await else { break };
            again = true;
            let is_new = failed.send_replace(Some(failure.clone())) != Some(failure.clone());
            if is_new {
                warn(&maker, &failure);
            }
            if !failure.may_pass || stops_within(RETRY, &batches.stop).await {
                maker.warn(format!(
                    "{} accepted transactions of channel {} are not committed",
                    batch.len() + batches.incoming.len(),
                    maker.channel().name()
                ));
                return;
            }
        }
        if failed.send_replace(None).is_some() {
            maker.warn(format!("channel {} commits transactions again", maker.channel().name()));
        }
    }
}

fn warn(maker: &BlockMaker, failure: &Failure) {
    let (channel, reason) = (maker.channel().name(), &failure.reason);
    let next = if failure.may_pass { "the peer retries every second" } else { "restart the peer" };
    maker.warn(format!("channel {channel} cannot commit transactions: {reason}; {next}"));
}

/// Waits for the given time; returns whether the peer stops before it has passed.
async fn stops_within(time: Duration, stop: &CancellationToken) -> bool {
    timeout(time, stop.cancelled()).await.is_ok()
}

/// Commits a batch and notifies the observers.
async fn commit(maker: &BlockMaker, batch: &Arc<Vec<Vec<u8>>>, again: bool) -> Result<(), Failure> {
    let (on_thread, kept) = (maker.clone(), Arc::clone(batch));
    let committing =
        spawn_blocking(move || if again { on_thread.commit_again(&kept) } else { on_thread.commit(&kept) });
    let committed = match committing.await {
        Ok(Ok(committed)) => committed,
        Ok(Err(error)) => {
            let reason = with_hint(&error, error.hint());
            return Err(Failure { reason, may_pass: error.is_of_disk() });
        }
        Err(error) => return Err(Failure { reason: error.to_string(), may_pass: false }),
    };
    let on_thread = maker.clone();
    if let Err(error) = spawn_blocking(move || on_thread.tell(committed)).await {
        maker.warn(format!("cannot notify observers of a committed block: {error}"));
    }
    Ok(())
}

/// Waiting transactions, grouped into the batches that become blocks.
struct Batches {
    incoming: mpsc::Receiver<Vec<u8>>,
    cutting: Cutting,
    stop: CancellationToken,
}

impl Batches {
    /// Returns the next batch, which is never empty, or [`None`] when the peer has stopped and the queue is drained.
    async fn next(&mut self) -> Option<Vec<Vec<u8>>> {
        let first = self.receive().await?;
        let mut bytes = first.len();
        let mut batch = vec![first];
        while batch.len() < self.cutting.max_transactions && bytes < self.cutting.preferred_bytes {
            let Ok(next) = self.incoming.try_recv() else { break };
            bytes += next.len();
            batch.push(next);
        }
        Some(batch)
    }

    /// Returns the next transaction. After the stop, closes the queue to new ones and returns the rest.
    async fn receive(&mut self) -> Option<Vec<u8>> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {
                self.incoming.close();
                self.incoming.recv().await
            }
            next = self.incoming.recv() => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    fn batches(cutting: Cutting) -> (mpsc::Sender<Vec<u8>>, CancellationToken, Batches) {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        (queue, stop.clone(), Batches { incoming, cutting, stop })
    }

    #[tokio::test(start_paused = true)]
    async fn transactions_that_come_together_share_a_batch() {
        let (queue, _stop, mut batches) = batches(Cutting::default());
        for number in 0..3 {
            queue.send(vec![number]).await.unwrap();
        }
        assert_eq!(batches.next().await.unwrap(), [[0], [1], [2]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lone_transaction_waits_for_no_other() {
        let (queue, _stop, mut batches) = batches(Cutting::default());
        let begin = Instant::now();
        queue.send(vec![1]).await.unwrap();
        assert_eq!(batches.next().await.unwrap(), [[1]]);
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_full_by_number_and_by_size() {
        let cutting = Cutting { max_transactions: 2, preferred_bytes: 10 };
        let (queue, _stop, mut batches) = batches(cutting);
        for size in [1, 1, 11, 1] {
            queue.send(vec![0; size]).await.unwrap();
        }
        let sizes = async |batches: &mut Batches| {
            batches.next().await.unwrap().iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&mut batches).await, [1, 1]);
        assert_eq!(sizes(&mut batches).await, [11]);
        assert_eq!(sizes(&mut batches).await, [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_accepted_before_the_stop_is_given_after_it() {
        let (queue, stop, mut batches) = batches(Cutting { max_transactions: 1, ..Cutting::default() });
        queue.send(vec![1]).await.unwrap();
        queue.send(vec![2]).await.unwrap();
        stop.cancel();
        assert_eq!(batches.next().await.unwrap(), [[1]]);
        assert!(queue.send(vec![3]).await.is_err());
        assert_eq!(batches.next().await.unwrap(), [[2]]);
        assert_eq!(batches.next().await, None);
    }
}

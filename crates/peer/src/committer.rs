//! Puts transactions in order and commits them: what an ordering service and a committing peer do, in one task for each
//! channel, which alone decides about the order.
//!
//! ```text
//! broadcast ─▶ queue ─▶ batch ─▶ validation ─▶ ledger ─▶ whoever waits for the ledger to grow
//! ```

mod block;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use block::BlockMaker;

use crate::observer::with_hint;

/// How many transactions may wait; whoever brings one more waits with it.
const QUEUE: usize = 1000;

/// When a block is full. One that is not is cut all the same when nothing more waits: no transaction waits for others, and
/// those that come while a block is committed share the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cutting {
    /// How many transactions a block has at most.
    pub max_transactions: usize,
    /// With how many bytes of transactions a block is cut.
    pub preferred_bytes: usize,
}

impl Default for Cutting {
    /// The limits that `configtx.yaml` ships.
    fn default() -> Self {
        Self { max_transactions: 500, preferred_bytes: 2 << 20 }
    }
}

/// How long to wait before a failed disk is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A handle of the task that commits the transactions of a channel.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Vec<u8>>,
    failure: watch::Receiver<Option<Failure>>,
}

/// Why a channel commits nothing at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The reason, with the file that cannot be read or written.
    pub(crate) reason: String,
    /// Whether the channel tries again: the disk is full, or gone. Otherwise it commits nothing more.
    pub(crate) may_pass: bool,
}

/// A transaction is not accepted.
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
    /// Starts the task, which ends when `stop` says so and all that was accepted is committed.
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

    /// Accepts an envelope: it will be in a block. While the disk fails, none is accepted.
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

    /// Waits until the channel has failed, for ever as a rule, and tells why.
    pub(crate) async fn failed(&self) -> Failure {
        let mut failure = self.failure.clone();
        let failed = match failure.wait_for(Option::is_some).await {
            Ok(failure) => failure.clone(),
            // The task has ended well.
            Err(_) => None,
        };
        match failed {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }
}

/// Commits batch after batch, in their order. While the disk fails, the batch is kept and tried again. Any other failure of
/// the ledger is the last one: the order would have a hole.
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
                maker.observer.warn(format!(
                    "{} accepted transactions of channel {} are not committed",
                    batch.len() + batches.incoming.len(),
                    maker.channel.name()
                ));
                return;
            }
        }
        if failed.send_replace(None).is_some() {
            maker.observer.warn(format!("channel {} commits transactions again", maker.channel.name()));
        }
    }
}

fn warn(maker: &BlockMaker, failure: &Failure) {
    let (channel, reason) = (maker.channel.name(), &failure.reason);
    let next = if failure.may_pass { "it tries again every second" } else { "start the peer again" };
    maker.observer.warn(format!("channel {channel} cannot commit transactions: {reason}; {next}"));
}

/// Waits, and tells whether the peer stops meanwhile.
async fn stops_within(time: Duration, stop: &CancellationToken) -> bool {
    timeout(time, stop.cancelled()).await.is_ok()
}

/// Commits a batch, and lets others know.
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
        maker.observer.warn(format!("a committed block could not be told of: {error}"));
    }
    Ok(())
}

/// The transactions that wait, as the batches that become blocks.
struct Batches {
    incoming: mpsc::Receiver<Vec<u8>>,
    cutting: Cutting,
    stop: CancellationToken,
}

impl Batches {
    /// Returns the next batch, which is never empty; none after the stop, when everything was given.
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

    /// Returns the next transaction. After the stop no new ones come in, and those that wait are given.
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

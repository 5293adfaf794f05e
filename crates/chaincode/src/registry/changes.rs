//! What becomes of a chaincode, for whoever watches it.

use ccs_dial::End;
use tokio::sync::watch;

use super::Status;
use crate::handle::ChaincodeHandle;

/// A change of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// It is needed and does not run: a server is dialled, others are waited for.
    Needed,
    /// It has registered.
    Ready,
    /// Its stream has ended.
    Ended(End),
}

/// The changes of a chaincode from now on.
#[derive(Debug)]
pub struct StatusChanges {
    status: watch::Receiver<Status>,
    /// The stream whose end comes next.
    running: Option<ChaincodeHandle>,
}

impl StatusChanges {
    pub(super) fn new(status: watch::Receiver<Status>) -> Self {
        Self { status, running: None }
    }

    /// Takes a launch that is under way for the first change.
    #[must_use]
    pub fn with_launch_under_way(mut self) -> Self {
        if matches!(*self.status.borrow(), Status::Launching) {
            self.status.mark_changed();
        }
        self
    }

    /// Waits for the next change; [`None`] when the peer is gone. Of several that come at once the last is told. Dropping
    /// the future loses none.
    pub async fn next(&mut self) -> Option<StatusChange> {
        if let Some(running) = &self.running {
            let end = running.ended().await;
            self.running = None;
            return Some(StatusChange::Ended(end));
        }
        loop {
            self.status.changed().await.ok()?;
            match &*self.status.borrow_and_update() {
                Status::Launching => return Some(StatusChange::Needed),
                Status::Running(running) => {
                    self.running = Some(running.clone());
                    return Some(StatusChange::Ready);
                }
                Status::Idle | Status::Failed(_) => {}
            }
        }
    }
}

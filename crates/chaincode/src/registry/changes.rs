//! Notifications about changes of a chaincode's state.

use ccs_dial::End;
use tokio::sync::watch;

use super::Status;
use crate::handle::ChaincodeHandle;

/// Change of a chaincode's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// The chaincode is needed but not running: the peer dials it, or waits until it connects.
    Needed,
    /// The chaincode has registered.
    Ready,
    /// The stream of the chaincode has ended.
    Ended(End),
}

/// Stream of future changes of a chaincode.
#[derive(Debug)]
pub struct StatusChanges {
    status: watch::Receiver<Status>,
    /// Stream whose end is reported next.
    running: Option<ChaincodeHandle>,
}

impl StatusChanges {
    pub(super) fn new(status: watch::Receiver<Status>) -> Self {
        Self { status, running: None }
    }

    /// Also reports a launch that is already in progress, as the first change.
    #[must_use]
    pub fn with_launch_under_way(mut self) -> Self {
        if matches!(*self.status.borrow(), Status::Launching) {
            self.status.mark_changed();
        }
        self
    }

    /// Waits for the next change; [`None`] when the peer is gone. Reports only the last of several simultaneous
    /// changes. Cancel safe: dropping the future loses no change.
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

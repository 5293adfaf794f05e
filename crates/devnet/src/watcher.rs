//! Follows each chaincode, and reports when it is expected, connects, disconnects or restarts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ccs_chaincode::{ChaincodeSupport, StatusChange};
use ccs_dial::End;
use ccs_files::PackageId;
use ccs_peer::observer::with_hint;
use tokio::task::JoinHandle;

use crate::event::{ChaincodeEvent, Event, Invitation, ProcessEvent, Report};
use crate::plan::ChaincodePlan;

/// Reports the events of a chaincode.
#[derive(Clone)]
pub(crate) struct ChaincodeWatcher {
    report: Report,
    peer: Arc<ChaincodeSupport>,
    name: String,
    id: String,
}

impl ChaincodeWatcher {
    /// Creates a watcher for a planned chaincode.
    pub(crate) fn planned(report: &Report, peer: &Arc<ChaincodeSupport>, chaincode: &ChaincodePlan) -> Self {
        let (name, id) = (chaincode.name.clone(), chaincode.id.clone());
        Self { report: Arc::clone(report), peer: Arc::clone(peer), name, id }
    }

    /// Creates a watcher for a chaincode that a client has installed. Its name on a channel is not known yet.
    pub(crate) fn installed(report: &Report, peer: &Arc<ChaincodeSupport>, id: &PackageId) -> Self {
        let (name, id) = (id.label().to_string(), id.to_string());
        Self { report: Arc::clone(report), peer: Arc::clone(peer), name, id }
    }

    /// Follows a chaincode that connects, with the file of its variables if there is one.
    pub(crate) fn connecting(self, variables: Option<PathBuf>) {
        let invitation = Invitation { id: self.id.clone(), variables };
        self.tell(ChaincodeEvent::Awaited(invitation.clone()));
        self.follow(move |this, change| match change {
            StatusChange::Needed => this.tell(ChaincodeEvent::Needed(invitation.clone())),
            StatusChange::Ready => this.tell_ready(),
            StatusChange::Ended(end) => this.tell_end(end),
        });
    }

    /// Launches and follows a chaincode server that another program has started.
    pub(crate) fn launched(self) {
        self.clone().server();
        tokio::spawn(self.launch());
    }

    /// Follows a chaincode server that is launched on demand.
    pub(crate) fn server(self) {
        self.follow(|this, change| match change {
            StatusChange::Needed => {}
            StatusChange::Ready => this.tell_ready(),
            StatusChange::Ended(end) => this.tell_end(end),
        });
    }

    /// Follows a command of the network, and launches the chaincode after each start. Sets `was_ready` when it is
    /// ready.
    pub(crate) fn command(self, was_ready: Arc<AtomicBool>) -> impl FnMut(ProcessEvent) + Send + use<> {
        self.clone().follow(move |this, change| {
            // The event of its process covers the end of its stream.
            if change == StatusChange::Ready {
                was_ready.store(true, Ordering::Relaxed);
                this.tell_ready();
            }
        });
        let mut launching: Option<JoinHandle<()>> = None;
        move |event| {
            if matches!(event, ProcessEvent::Started(_)) {
                self.tell(ChaincodeEvent::Process(event));
                launching = Some(tokio::spawn(self.clone().launch()));
                return;
            }
            // The program at the other end of its stream is gone, so the chaincode must not count as running.
            self.peer.chaincodes().disconnect(&self.id);
            // An earlier wait for readiness would also report the next start.
            if let Some(launching) = launching.take() {
                launching.abort();
            }
            self.tell(ChaincodeEvent::Process(event));
        }
    }

    fn follow(self, mut tell: impl FnMut(&Self, StatusChange) + Send + 'static) {
        let Some(mut changes) = self.peer.chaincodes().watch(&self.id) else { return };
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                tell(&self, change);
            }
        });
    }

    /// Waits until a chaincode is ready, and reports an error.
    async fn launch(self) {
        if let Err(error) = self.peer.chaincodes().launch(&self.id).await {
            let problem =
                format!("{} is not running yet; the next transaction will try again: {error}", self.name);
            (self.report)(Event::Warning(with_hint(problem, error.hint())));
        }
    }

    fn tell_ready(&self) {
        self.tell(ChaincodeEvent::Ready(self.id.clone()));
    }

    fn tell_end(&self, end: End) {
        // A stream closed by this side was already reported, or ends with the peer.
        if end != End::Closed {
            self.tell(ChaincodeEvent::Left(end));
        }
    }

    /// Reports an event.
    pub(crate) fn tell(&self, event: ChaincodeEvent) {
        (self.report)(Event::Chaincode { name: self.name.clone(), id: self.id.clone(), event });
    }
}

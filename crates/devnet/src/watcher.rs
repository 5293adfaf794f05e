//! Follows each chaincode: that it is awaited, is there, has gone, is started again.

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

/// Reports what becomes of a chaincode.
#[derive(Clone)]
pub(crate) struct ChaincodeWatcher {
    report: Report,
    peer: Arc<ChaincodeSupport>,
    name: String,
    id: String,
}

impl ChaincodeWatcher {
    /// Takes a chaincode that was planned.
    pub(crate) fn planned(report: &Report, peer: &Arc<ChaincodeSupport>, chaincode: &ChaincodePlan) -> Self {
        let (name, id) = (chaincode.name.clone(), chaincode.id.clone());
        Self { report: Arc::clone(report), peer: Arc::clone(peer), name, id }
    }

    /// Takes a chaincode that a client has installed; what it is called on a channel is not known yet.
    pub(crate) fn installed(report: &Report, peer: &Arc<ChaincodeSupport>, id: &PackageId) -> Self {
        let (name, id) = (id.label().to_string(), id.to_string());
        Self { report: Arc::clone(report), peer: Arc::clone(peer), name, id }
    }

    /// Follows a chaincode that connects, with the variables in a file if there is one.
    pub(crate) fn connecting(self, variables: Option<PathBuf>) {
        let invitation = Invitation { id: self.id.clone(), variables };
        self.tell(ChaincodeEvent::Awaited(invitation.clone()));
        self.follow(move |this, change| match change {
            StatusChange::Needed => this.tell(ChaincodeEvent::Needed(invitation.clone())),
            StatusChange::Ready => this.tell_ready(),
            StatusChange::Ended(end) => this.tell_end(end),
        });
    }

    /// Launches a chaincode that is a server which another program has started, and follows it.
    pub(crate) fn launched(self) {
        self.clone().server();
        tokio::spawn(self.launch());
    }

    /// Follows a chaincode that is a server, and is launched when it is needed.
    pub(crate) fn server(self) {
        self.follow(|this, change| match change {
            StatusChange::Needed => {}
            StatusChange::Ready => this.tell_ready(),
            StatusChange::Ended(end) => this.tell_end(end),
        });
    }

    /// Follows a command of ours, and launches the chaincode each time it was started; notes that it was ready.
    pub(crate) fn command(self, was_ready: Arc<AtomicBool>) -> impl FnMut(ProcessEvent) + Send + use<> {
        self.clone().follow(move |this, change| {
            // That its stream ends is told with its process.
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
            // No program is at the other end of its stream any more, and it is not taken for ready.
            self.peer.chaincodes().disconnect(&self.id);
            // What waits for it to be ready would tell of the next one, too.
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

    /// Waits until a chaincode is ready, and tells if it is not.
    async fn launch(self) {
        if let Err(error) = self.peer.chaincodes().launch(&self.id).await {
            let problem =
                format!("{} is not there yet, the next transaction tries again: {error}", self.name);
            (self.report)(Event::Warning(with_hint(problem, error.hint())));
        }
    }

    fn tell_ready(&self) {
        self.tell(ChaincodeEvent::Ready(self.id.clone()));
    }

    fn tell_end(&self, end: End) {
        // What this side has closed was told, or ends with the peer.
        if end != End::Closed {
            self.tell(ChaincodeEvent::Left(end));
        }
    }

    /// Reports what happened to it.
    pub(crate) fn tell(&self, event: ChaincodeEvent) {
        (self.report)(Event::Chaincode { name: self.name.clone(), id: self.id.clone(), event });
    }
}

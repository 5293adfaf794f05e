//! Tells what becomes of each chaincode: that it is awaited, is there, has gone, is started again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ccs_chaincode::{Change, Peer};
use ccs_dial::End;
use ccs_files::PackageId;
use ccs_peer::observer::with_hint;
use tokio::task::JoinHandle;

use super::plan::Planned;
use super::story::Story;
use super::supervisor::Happening;

/// A chaincode whose way is told.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    story: Story,
    peer: Arc<Peer>,
    name: String,
    id: String,
}

impl Followed {
    /// Takes a chaincode of the command line.
    pub(super) fn planned(story: &Story, peer: &Arc<Peer>, chaincode: &Planned) -> Self {
        let (name, id) = (chaincode.name.clone(), chaincode.id.clone());
        Self { story: story.clone(), peer: Arc::clone(peer), name, id }
    }

    /// Takes a chaincode that a client has installed; what it is called on a channel is not known yet.
    pub(super) fn installed(story: &Story, peer: &Arc<Peer>, id: &PackageId) -> Self {
        let (name, id) = (id.label().to_string(), id.to_string());
        Self { story: story.clone(), peer: Arc::clone(peer), name, id }
    }

    /// Tells of a chaincode that comes by itself, with the variables in a file if there is one.
    pub(super) fn awaited(self, variables: Option<&Path>) {
        let with = variables.map(|file| format!(", with the variables of {}", file.display()));
        let invitation = format!("let it connect as {}{}", self.id, with.unwrap_or_default());
        self.tell(&format!("is awaited: {invitation}"));
        self.follow(move |this, change| match change {
            Change::Needed => this.tell(&format!("is needed by a transaction, which waits: {invitation}")),
            Change::Ready => this.tell_ready(),
            Change::Ended(end) => this.tell_end(&end),
        });
    }

    /// Launches a chaincode that is a server of somebody else, and tells of it.
    pub(super) fn launched(self) {
        self.clone().server();
        tokio::spawn(self.launch());
    }

    /// Tells of a chaincode that is a server, and is launched when it is needed.
    pub(super) fn server(self) {
        self.follow(|this, change| match change {
            Change::Needed => {}
            Change::Ready => this.tell_ready(),
            Change::Ended(end) => this.tell_end(&end),
        });
    }

    /// Tells of a command of ours, and launches the chaincode each time it was started; notes that it was ready.
    pub(super) fn command(self, was_ready: Arc<AtomicBool>) -> impl FnMut(Happening) + Send + use<> {
        self.clone().follow(move |this, change| {
            // That its stream ends is told with its process.
            if change == Change::Ready {
                was_ready.store(true, Ordering::Relaxed);
                this.tell_ready();
            }
        });
        let mut launching: Option<JoinHandle<()>> = None;
        move |happening| {
            if !matches!(happening, Happening::Started(_)) {
                // Nobody is at the other end of its stream any more, and it is not taken for ready.
                self.peer.chaincodes().disconnect(&self.id);
                // What waits for it to be ready would tell of the next one, too.
                if let Some(launching) = launching.take() {
                    launching.abort();
                }
            }
            match happening {
                Happening::Started(process) => {
                    self.tell(&format!("started, process {process}"));
                    launching = Some(tokio::spawn(self.clone().launch()));
                }
                Happening::FlagAdded(flag) => self.tell(&format!(
                    "is started again with {flag}, which the Go shim reads from its command line alone"
                )),
                Happening::FlagDropped => self.story.warn(&format!(
                    "{} does not start with the flag -peer.address either; if its command does not pass flags on to the \
                     program, pass it there: -peer.address \"$CORE_PEER_ADDRESS\"",
                    self.name
                )),
                Happening::Ended(status) => self.tell(&format!("ended: {status}; it is started again")),
                Happening::Failed(status) => {
                    let next = "it is started again when a file changes";
                    self.tell(&format!("failed to start: {status}; {next}"));
                }
                Happening::Changed(file) => {
                    let here = std::env::current_dir().unwrap_or_default();
                    let file = file.strip_prefix(&here).unwrap_or(&file);
                    self.tell(&format!("starts again, {} has changed", file.display()));
                }
            }
        }
    }

    fn follow(self, mut tell: impl FnMut(&Self, Change) + Send + 'static) {
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
            self.story.warn(&with_hint(problem, error.hint()));
        }
    }

    fn tell_ready(&self) {
        self.tell(&format!("is ready as {}", self.id));
    }

    fn tell_end(&self, end: &End) {
        // What this side has closed was told, or ends with the peer.
        if *end != End::Closed {
            self.tell(&format!("has left: {end}; the next transaction asks for it again"));
        }
    }

    /// Says something of it.
    pub(super) fn tell(&self, what: &str) {
        self.story.chaincode(&self.name, &self.id, what);
    }
}

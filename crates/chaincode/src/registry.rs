//! The chaincodes of a peer by their IDs: connects to them, and tracks which of them run.
//!
//! ```text
//! Idle --needed-----> Launching --registered--> Running --stream ends--> Idle
//!                         |
//!                         +--> Failed: reported to all callers that wait; the next call launches again
//! ```
//!
//! Works like Fabric 3.1 `core/chaincode/{runtime_launcher,handler_registry}.go`, but waits for chaincode that
//! connects by itself.

mod changes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ccs_dial::register::accept;
use ccs_dial::{ChaincodeConnection, ConnectionInfo, End, MessageStream};
use tokio::sync::watch;
use tokio::time::timeout;

pub use changes::{StatusChange, StatusChanges};

use crate::certificate_binding::CertificateBinding;
use crate::error::LaunchError;
use crate::handle::ChaincodeHandle;
use crate::limits::ChaincodeLimits;
use crate::session::Admit;

/// How a chaincode is reached.
#[derive(Clone, Debug)]
pub enum Source {
    /// The chaincode is a server, which the peer dials on demand and which must register under its ID. It may also
    /// connect to the peer in the meantime.
    Server(ConnectionInfo),
    /// The chaincode is a server started outside of the peer, which may register under any ID.
    ForeignServer(ConnectionInfo),
    /// The chaincode connects to the peer.
    Client,
    /// The chaincode is at the other end of an open stream, and is gone when the stream ends.
    Stream,
}

/// State of a chaincode's connection.
#[derive(Clone, Debug)]
enum Status {
    Idle,
    Launching,
    Running(ChaincodeHandle),
    Failed(LaunchError),
}

#[derive(Debug)]
struct Chaincode {
    source: Source,
    status: watch::Sender<Status>,
}

/// Chaincodes of a peer. Clones share the same chaincodes.
#[derive(Clone, Debug)]
pub struct Chaincodes {
    known: Arc<Mutex<HashMap<String, Arc<Chaincode>>>>,
    startup_timeout: Duration,
    keepalive: Option<Duration>,
    ping_timeout: Duration,
}

impl Chaincodes {
    pub(crate) fn new(limits: &ChaincodeLimits) -> Self {
        let &ChaincodeLimits { startup_timeout, keepalive, ping_timeout, .. } = limits;
        Self { known: Arc::default(), startup_timeout, keepalive, ping_timeout }
    }

    /// Returns the time limit for an answer to an HTTP/2 ping.
    #[must_use]
    pub fn ping_timeout(&self) -> Duration {
        self.ping_timeout
    }

    /// Adds a chaincode, or changes how a known one is reached. An open stream stays.
    pub fn add(&self, id: &str, source: Source) {
        let mut known = self.known();
        let status = match known.get(id) {
            Some(chaincode) => chaincode.status.clone(),
            None => watch::Sender::new(Status::Idle),
        };
        known.insert(id.to_owned(), Arc::new(Chaincode { source, status }));
    }

    /// Adds a chaincode that is already running. It is not launched again after its stream ends.
    pub(crate) fn add_running(&self, id: &str, running: ChaincodeHandle) {
        let status = watch::Sender::new(Status::Running(running));
        self.known().insert(id.to_owned(), Arc::new(Chaincode { source: Source::Stream, status }));
    }

    /// Returns whether the chaincode has been added.
    #[must_use]
    pub fn is_known(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// Returns whether a chaincode is currently registered.
    #[must_use]
    pub fn is_running(&self, id: &str) -> bool {
        self.find(id).is_some_and(|chaincode| chaincode.running().is_some())
    }

    /// Launches a chaincode unless it is running, and waits until it has registered.
    pub async fn launch(&self, id: &str) -> Result<(), LaunchError> {
        self.running(id).await.map(drop)
    }

    /// Waits until the stream of a chaincode ends and returns the reason; returns [`None`] immediately if there is no
    /// stream.
    pub async fn ended(&self, id: &str) -> Option<End> {
        let running = self.find(id)?.running()?;
        Some(running.ended().await)
    }

    /// Watches a chaincode; [`None`] if it is not known.
    #[must_use]
    pub fn watch(&self, id: &str) -> Option<StatusChanges> {
        Some(StatusChanges::new(self.find(id)?.status.subscribe()))
    }

    /// Reports that an expected chaincode cannot connect. Transactions that wait for it fail.
    pub fn fail(&self, id: &str, error: LaunchError) {
        if let Some(chaincode) = self.find(id) {
            chaincode.set_launched(Err(error));
        }
    }

    /// Closes the stream of a chaincode whose process has exited, without waiting for the connection to notice.
    pub fn disconnect(&self, id: &str) {
        let Some(chaincode) = self.find(id) else { return };
        chaincode.status.send_if_modified(|status| match status {
            Status::Running(running) => {
                running.close();
                *status = Status::Idle;
                true
            }
            _ => false,
        });
    }

    /// Ends the streams of all chaincodes. Running transactions fail.
    pub async fn close(&self) {
        let chaincodes: Vec<_> = self.known().values().cloned().collect();
        for chaincode in chaincodes {
            if let Status::Running(running) = chaincode.status.send_replace(Status::Idle) {
                running.close();
                running.ended().await;
            }
        }
    }

    /// Returns a running chaincode, and launches it first if needed.
    pub(crate) async fn running(&self, id: &str) -> Result<ChaincodeHandle, LaunchError> {
        let chaincode = self.find(id).ok_or_else(|| LaunchError::NotInstalled(id.to_owned()))?;
        if let Some(running) = chaincode.running() {
            return Ok(running);
        }
        let mut status = chaincode.status.subscribe();
        self.begin(id, &chaincode);
        let decided = status.wait_for(|status| matches!(status, Status::Running(_) | Status::Failed(_)));
        let after = self.startup_timeout;
        match timeout(after, decided).await.ok().and_then(Result::ok).as_deref() {
            Some(Status::Running(running)) => Ok(running.clone()),
            Some(Status::Failed(error)) => Err(error.clone()),
            _ => {
                let error = LaunchError::Timeout { id: id.to_owned(), after };
                // The next transaction will ask for it again. A dial ends by itself.
                if matches!(chaincode.source, Source::Client) {
                    chaincode.set_launched(Err(error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Serves the stream of a chaincode that has connected, until it ends.
    pub async fn accept(&self, stream: MessageStream, binding: Option<CertificateBinding>) -> End {
        let announced: Arc<Mutex<Option<String>>> = Arc::default();
        let (this, place) = (self.clone(), Arc::clone(&announced));
        let is_bound = binding.is_some();
        let admit: Box<Admit> = Box::new(move |name| {
            if let Some(binding) = &binding {
                binding.check(&name)?;
            }
            this.admit(&name)?;
            place.lock().unwrap_or_else(PoisonError::into_inner).replace(name);
            Ok(())
        });
        let running =
            timeout(self.startup_timeout, ChaincodeHandle::register(stream, admit, self.keepalive)).await;
        let running = match running.unwrap_or(Err(End::Closed)) {
            Ok(running) => running,
            // The certificate check sees the first message before the session does.
            Err(End::Protocol(_)) if is_bound => {
                return End::Uncertified("First message needs to be a register".to_owned());
            }
            Err(end) => return end,
        };
        let id = announced.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        if self.find(&id).is_some_and(|chaincode| !chaincode.set_running(&running)) {
            running.close();
            return End::Duplicate { announced: id };
        }
        running.ended().await
    }

    /// Decides whether a chaincode that has connected may register.
    fn admit(&self, id: &str) -> Result<(), End> {
        let announced = id.to_owned();
        match self.find(id) {
            None => Err(End::Unknown { announced }),
            Some(chaincode) if chaincode.running().is_some() => Err(End::Duplicate { announced }),
            Some(_) => Ok(()),
        }
    }

    /// Starts a launch, unless one is in progress.
    fn begin(&self, id: &str, chaincode: &Arc<Chaincode>) {
        let info = match &chaincode.source {
            Source::Server(info) | Source::ForeignServer(info) => info.clone(),
            Source::Client | Source::Stream => {
                // Discards an earlier stream.
                chaincode.set_launching();
                return;
            }
        };
        let is_foreign = matches!(chaincode.source, Source::ForeignServer(_));
        if !chaincode.set_launching() {
            return;
        }
        let (id, chaincode, this) = (id.to_owned(), Arc::clone(chaincode), self.clone());
        let mut status = chaincode.status.subscribe();
        tokio::spawn(async move {
            let expected = (!is_foreign).then(|| id.clone());
            let after = this.startup_timeout;
            let dialed = timeout(after, this.dial(&id, &info, expected));
            tokio::select! {
                launched = dialed => {
                    chaincode.set_launched(launched.unwrap_or(Err(LaunchError::Timeout { id: id.clone(), after })));
                }
                // The chaincode has connected by itself: a dial that continued would interfere with the next launch.
                _ = status.wait_for(|status| !matches!(status, Status::Launching)) => {}
            }
        });
    }

    async fn dial(
        &self,
        id: &str,
        info: &ConnectionInfo,
        expected: Option<String>,
    ) -> Result<ChaincodeHandle, LaunchError> {
        let connection = ChaincodeConnection::dial_for(info, self.ping_timeout).await;
        let connection = connection.map_err(|error| LaunchError::Dial {
            id: id.to_owned(),
            address: info.address.clone(),
            error: Arc::new(error),
        })?;
        let stream = connection
            .open()
            .await
            .map_err(|status| LaunchError::Stream { id: id.to_owned(), status: Box::new(status) })?;
        let admit: Box<Admit> = Box::new(move |name| match &expected {
            Some(expected) => accept(name, expected),
            None => Ok(()),
        });
        let registered = ChaincodeHandle::register(stream, admit, self.keepalive).await;
        registered.map_err(|end| match end {
            End::Stream(_) | End::Protocol(_) => LaunchError::Ended { id: id.to_owned(), end },
            end => LaunchError::Registration(end),
        })
    }

    fn find(&self, id: &str) -> Option<Arc<Chaincode>> {
        self.known().get(id).cloned()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Chaincode>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chaincode {
    /// Returns the chaincode if its stream is open, or if it can never be launched again.
    fn running(&self) -> Option<ChaincodeHandle> {
        match &*self.status.borrow() {
            Status::Running(running) if running.is_open() || matches!(self.source, Source::Stream) => {
                Some(running.clone())
            }
            _ => None,
        }
    }

    /// Records that the chaincode has connected; returns false if another one with its ID did so at the same moment.
    fn set_running(&self, running: &ChaincodeHandle) -> bool {
        self.status.send_if_modified(|status| match status {
            Status::Running(other) if other.is_open() => false,
            _ => {
                *status = Status::Running(running.clone());
                true
            }
        })
    }

    /// Records the start of a launch; returns false if one is in progress, or if the chaincode is running by now.
    fn set_launching(&self) -> bool {
        self.status.send_if_modified(|status| match status {
            Status::Launching => false,
            Status::Running(running) if running.is_open() => false,
            _ => {
                *status = Status::Launching;
                true
            }
        })
    }

    /// Records the result of a launch, unless the chaincode has connected by itself in the meantime.
    fn set_launched(&self, launched: Result<ChaincodeHandle, LaunchError>) {
        self.status.send_if_modified(|status| {
            if !matches!(status, Status::Launching) {
                return false;
            }
            *status = launched.map_or_else(Status::Failed, Status::Running);
            true
        });
    }
}

//! The chaincodes of a peer by their IDs: how each is reached, and which of them run.
//!
//! ```text
//! Idle --asked for--> Launching --registered--> Running --stream ends--> Idle
//!                         |
//!                         +--> Failed: told to all who wait; the next one who asks launches again
//! ```
//!
//! As in Fabric 3.1 `core/chaincode/{runtime_launcher,handler_registry}.go`, but for a chaincode that comes by itself: it is
//! waited for.

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
    /// It is a server, which is dialled when it is needed; it must register under its ID. If it connects meanwhile, that
    /// is as good.
    Server(ConnectionInfo),
    /// It is a server that somebody else has started: whatever ID it registers under is taken.
    ForeignServer(ConnectionInfo),
    /// It comes by itself.
    Client,
    /// It is the other end of a stream that is there; with that it is gone.
    Stream,
}

/// Where a chaincode is on its way.
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

/// The chaincodes of a peer. Clones are handles of the same chaincodes.
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

    /// Returns how long the answer to an HTTP/2 ping may take.
    #[must_use]
    pub fn ping_timeout(&self) -> Duration {
        self.ping_timeout
    }

    /// Makes a chaincode known, or says that it is reached in another way from now on. A stream that it has stays.
    pub fn add(&self, id: &str, source: Source) {
        let mut known = self.known();
        let status = match known.get(id) {
            Some(chaincode) => chaincode.status.clone(),
            None => watch::Sender::new(Status::Idle),
        };
        known.insert(id.to_owned(), Arc::new(Chaincode { source, status }));
    }

    /// Makes a chaincode known that runs already, and is not launched again when it does not any more.
    pub(crate) fn add_running(&self, id: &str, running: ChaincodeHandle) {
        let status = watch::Sender::new(Status::Running(running));
        self.known().insert(id.to_owned(), Arc::new(Chaincode { source: Source::Stream, status }));
    }

    /// Returns whether it is known how a chaincode is reached.
    #[must_use]
    pub fn is_known(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// Returns whether a chaincode is registered at the moment.
    #[must_use]
    pub fn is_running(&self, id: &str) -> bool {
        self.find(id).is_some_and(|chaincode| chaincode.running().is_some())
    }

    /// Launches a chaincode, unless it runs, and waits until it has registered.
    pub async fn launch(&self, id: &str) -> Result<(), LaunchError> {
        self.running(id).await.map(drop)
    }

    /// Waits until the stream of a chaincode ends and tells what ended it; at once if there is none.
    pub async fn ended(&self, id: &str) -> Option<End> {
        let running = self.find(id)?.running()?;
        Some(running.ended().await)
    }

    /// Watches a chaincode; [`None`] if it is not known.
    #[must_use]
    pub fn watch(&self, id: &str) -> Option<StatusChanges> {
        Some(StatusChanges::new(self.find(id)?.status.subscribe()))
    }

    /// Notes that a chaincode which is awaited cannot come; what waits for it fails.
    pub fn fail(&self, id: &str, error: LaunchError) {
        if let Some(chaincode) = self.find(id) {
            chaincode.set_launched(Err(error));
        }
    }

    /// Ends the stream of a chaincode whose process is known to be gone, before the system tells.
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

    /// Ends the streams of all chaincodes; transactions that still run fail.
    pub async fn close(&self) {
        let chaincodes: Vec<_> = self.known().values().cloned().collect();
        for chaincode in chaincodes {
            if let Status::Running(running) = chaincode.status.send_replace(Status::Idle) {
                running.close();
                running.ended().await;
            }
        }
    }

    /// Returns a chaincode that runs, launching it if need be.
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
                // Then the next transaction asks for it anew. A dial ends by itself.
                if matches!(chaincode.source, Source::Client) {
                    chaincode.set_launched(Err(error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Takes the stream of a chaincode that has come by itself, until it ends.
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
            // The one who checks certificates looks at the first message before the session does.
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

    /// Decides about a chaincode that has come by itself.
    fn admit(&self, id: &str) -> Result<(), End> {
        let announced = id.to_owned();
        match self.find(id) {
            None => Err(End::Unknown { announced }),
            Some(chaincode) if chaincode.running().is_some() => Err(End::Duplicate { announced }),
            Some(_) => Ok(()),
        }
    }

    /// Begins a launch, unless one is under way.
    fn begin(&self, id: &str, chaincode: &Arc<Chaincode>) {
        let info = match &chaincode.source {
            Source::Server(info) | Source::ForeignServer(info) => info.clone(),
            Source::Client | Source::Stream => {
                // A stream that it had does not count any more.
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
            let dialled = timeout(after, this.dial(&id, &info, expected));
            tokio::select! {
                launched = dialled => {
                    chaincode.set_launched(launched.unwrap_or(Err(LaunchError::Timeout { id: id.clone(), after })));
                }
                // The chaincode has connected instead: a dial that went on would decide about the next launch.
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
    /// Returns the chaincode if its stream is there, or never comes again.
    fn running(&self) -> Option<ChaincodeHandle> {
        match &*self.status.borrow() {
            Status::Running(running) if running.is_open() || matches!(self.source, Source::Stream) => {
                Some(running.clone())
            }
            _ => None,
        }
    }

    /// Notes that the chaincode has come by itself; false if another one of its ID has at the same moment.
    fn set_running(&self, running: &ChaincodeHandle) -> bool {
        self.status.send_if_modified(|status| match status {
            Status::Running(other) if other.is_open() => false,
            _ => {
                *status = Status::Running(running.clone());
                true
            }
        })
    }

    /// Notes that a launch begins; false if one is under way, or the chaincode runs by now.
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

    /// Notes how a launch went, unless the chaincode has come by itself meanwhile.
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

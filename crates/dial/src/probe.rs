//! Connects to a chaincode step by step as a peer would, up to the chaincode's first message, and reports the result
//! of each step.
//!
//! The steps are those of [`ChaincodeConnection::dial`] and `Chaincode::register`, with the same code, but there is
//! only one attempt, and every step is timed. The chaincode's state does not change: the probe closes the stream after
//! REGISTER and never sends REGISTERED.

mod cause;
mod loopback;
mod operations;
mod record;
mod report;
mod step;

use std::time::Duration;

use ccs_files::PackageId;
use ccs_proto::peer::ChaincodeMessage;
use tokio::time::{Instant, timeout, timeout_at};
use tonic::Streaming;
use tonic::transport::Channel;

use crate::connection::dial::Target;
use crate::connection::progress::{Progress, Watch};
use crate::connection::{ChaincodeConnection, ConnectionInfo, Stage, StageError};
use crate::register::{self, End, MessageStream};

pub use cause::Cause;
pub use operations::operations_version;
use record::Record;
pub use report::{ProbeReport, StepReport, StepVerdict};
pub use step::{ProbeError, ProbeStep};

/// How long to wait until the chaincode closes its half of the stream, before the stream is reset.
const FAREWELL: Duration = Duration::from_millis(250);

/// The settings of a probe: the address, the last step, and the expected ID.
pub struct Probe {
    target: Target,
    address: String,
    last: ProbeStep,
    timeout: Duration,
    expected: Option<PackageId>,
    has_client_certificate: bool,
}

impl Probe {
    /// Parses the settings; invalid settings are an error, not a failed step.
    ///
    /// The timeout of connection.json applies once to the dial and once to the registration.
    pub fn new(info: &ConnectionInfo) -> Result<Self, StageError> {
        Ok(Self {
            target: Target::new(info)?,
            address: info.address.clone(),
            last: ProbeStep::Id,
            timeout: info.dial_timeout,
            expected: None,
            has_client_certificate: info.tls.as_ref().is_some_and(|tls| tls.client.is_some()),
        })
    }

    /// Stops after this step. The first step that can be the last is [`ProbeStep::Tcp`].
    #[must_use]
    pub fn until(mut self, last: ProbeStep) -> Self {
        self.last = last;
        self
    }

    /// Requires this name in the server's certificate instead of the dialed host.
    pub fn named(mut self, name: Option<String>) -> Result<Self, StageError> {
        if let Some(name) = name {
            self.target.require_name(name)?;
        }
        Ok(self)
    }

    /// Sets the ID that the chaincode must announce.
    #[must_use]
    pub fn expecting(mut self, id: Option<PackageId>) -> Self {
        self.expected = id;
        self
    }

    /// Returns the dialed host, without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.target.host
    }

    /// Returns the dialed port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.target.port
    }

    /// Makes one attempt.
    pub async fn run(&self) -> ProbeReport {
        let mut record = Record::default();
        let result = self.go(&mut record).await;
        let mut report = record.report(result.err(), self.last, self.has_client_certificate);
        if report.cause == Some(Cause::Refused)
            && loopback::listens_there_alone(&report.attempts, self.target.port).await
        {
            report.cause = Some(Cause::LoopbackOnly);
        }
        report
    }

    async fn go(&self, record: &mut Record) -> Result<(), ProbeError> {
        let Some(channel) = self.dial(record).await? else { return Ok(()) };
        if self.last < ProbeStep::Stream {
            return Ok(());
        }
        self.register(ChaincodeConnection::new(&self.address, channel), record).await
    }

    async fn dial(&self, record: &mut Record) -> Result<Option<Channel>, ProbeError> {
        let mut stage = Stage::Resolve;
        let mut watch = |progress: Progress<'_>| {
            if let Progress::Begun(begun) = progress {
                stage = begun;
            }
            record.note(progress);
        };
        let deadline = Instant::now() + self.timeout;
        let result = timeout_at(deadline, self.stages(deadline, &mut watch)).await;
        match result.unwrap_or(Err(StageError::NoAnswer(stage))) {
            // Any step after the last one ran only to complete the last one, so its failure does not count.
            Err(error) if ProbeStep::of(error.stage()) > self.last => Ok(None),
            result => Ok(result?),
        }
    }

    async fn stages(&self, deadline: Instant, watch: Watch<'_>) -> Result<Option<Channel>, StageError> {
        let tcp = self.target.connect(deadline, watch).await?;
        if self.last < ProbeStep::Tls {
            return Ok(None);
        }
        let stream = self.target.secure(tcp, watch).await?;
        // With TLS 1.3, the server's decision about the client certificate arrives after the handshake.
        if self.last < ProbeStep::Http2 && !self.target.was_asked_for_client() {
            return Ok(None);
        }
        self.target.greet(stream, watch).await.map(Some)
    }

    async fn register(&self, connection: ChaincodeConnection, record: &mut Record) -> Result<(), ProbeError> {
        let deadline = Instant::now() + self.timeout;
        record.begin(ProbeStep::Stream);
        let opened = timeout_at(deadline, connection.open()).await;
        let opened = opened.map_err(|_| ProbeError::NoStream(self.timeout))?;
        let mut stream = opened.map_err(|status| ProbeError::Stream(Box::new(status)))?;
        record.begin(ProbeStep::Register);
        let announced = timeout_at(deadline, announcement(&mut stream.1)).await;
        let announced = announced.map_err(|_| ProbeError::NoRegister(self.timeout))??;
        record.announced(&announced);
        let accepted = match &self.expected {
            None => Ok(()),
            Some(expected) => {
                record.begin(ProbeStep::Id);
                register::accept(announced, &expected.to_string())
            }
        };
        record.end();
        leave(stream).await;
        Ok(accepted?)
    }
}

/// Waits for the ID that the chaincode announces.
async fn announcement(inbound: &mut Streaming<ChaincodeMessage>) -> Result<String, End> {
    loop {
        let message = register::next(inbound.message().await).map_err(End::Stream)?;
        if let Some(name) = register::announced(&message)? {
            return Ok(name);
        }
    }
}

/// Closes the stream like a client that has finished, which no shim reports as a failure.
async fn leave((outbound, mut inbound): MessageStream) {
    drop(outbound);
    let end = async { while let Ok(Some(_)) = inbound.message().await {} };
    // Stop waiting for a chaincode that does not answer.
    let _ = timeout(FAREWELL, end).await;
}

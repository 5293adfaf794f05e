//! Goes a peer's way to a chaincode step by step, up to the chaincode's first message, and says how each step went.
//!
//! The steps are those of [`ChaincodeConnection::dial`] and `Chaincode::register`, by the same code; only there is one
//! attempt and every step is timed. The chaincode is left as it was: after its REGISTER the stream is closed, and no
//! REGISTERED is ever sent.

mod cause;
mod loopback;
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
use record::Record;
pub use report::{ProbeReport, StepReport, StepVerdict};
pub use step::{ProbeError, ProbeStep};

/// How long the chaincode may take to close its half of the stream; then the stream is reset.
const FAREWELL: Duration = Duration::from_millis(250);

/// Where to go, how far, and what to expect there.
pub struct Probe {
    target: Target,
    address: String,
    last: ProbeStep,
    timeout: Duration,
    expected: Option<PackageId>,
    has_client_certificate: bool,
}

impl Probe {
    /// Understands the settings; what is wrong with them is no step, but an error at once.
    ///
    /// The timeout is that of connection.json. It counts for the dial, and once more for the registration.
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

    /// Ends the way after this step. [`ProbeStep::Tcp`] is the first that can be the last.
    #[must_use]
    pub fn until(mut self, last: ProbeStep) -> Self {
        self.last = last;
        self
    }

    /// Expects the chaincode to announce this ID.
    #[must_use]
    pub fn expecting(mut self, id: Option<PackageId>) -> Self {
        self.expected = id;
        self
    }

    /// Returns the host that is dialled, without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.target.host
    }

    /// Returns the port that is dialled.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.target.port
    }

    /// Goes the way once.
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
            // What comes after the last step was looked at for the sake of that step alone.
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
        // With TLS 1.3 the server's verdict on the client certificate comes after the handshake.
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

/// Closes the stream as a client that has nothing more to say, which no shim takes for a failure.
async fn leave((outbound, mut inbound): MessageStream) {
    drop(outbound);
    let end = async { while let Ok(Some(_)) = inbound.message().await {} };
    // A chaincode that does not answer is left all the same.
    let _ = timeout(FAREWELL, end).await;
}

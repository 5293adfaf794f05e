//! `ccs probe --gateway`: uses a gateway as an application does, step by step.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ccs_client::{Call, Endpoint, Error, Gateway, Service};
use ccs_dial::probe::{self, Cause, ProbeReport, ProbeStep};
use ccs_identity::Signer;
use ccs_probe::{Answer, Answers, Application, Document, GatewayOptions, Scene, Server, Target};

use super::wait;
use crate::cli::{Level, Probe};
use crate::failure::Failure;
use crate::network;
use crate::output;

/// The default time limit of each step.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The function that returns the metadata of a contract, and changes nothing.
const METADATA: &str = "org.hyperledger.fabric:GetMetadata";

/// The settings of a probe.
struct Settings {
    target: Target,
    probe: probe::Probe,
    endpoint: Endpoint,
    signer: Option<Arc<Signer>>,
    timeout: Duration,
    last: Level,
}

/// Probes the gateway at an address, or at the one that variables and folders name if it is empty.
pub(super) fn run(options: &Probe, address: &str) -> Result<(), Failure> {
    let settings = Settings::read(options, address)?;
    let application = Application {
        channel: &options.client.channel,
        msp: settings.signer.as_ref().map(|signer| signer.msp_id().as_str()),
        chaincode: options.name.as_deref(),
    };
    let runtime = output::runtime()?;
    let began = Instant::now();
    let attempt = async || {
        let (report, answers) = settings.attempt(application).await;
        settings.document(&report, &answers, application)
    };
    let error = |document: &Document| document.failed().map(|line| line.result.clone());
    let (mut document, attempts) = runtime.block_on(wait::until_it_passes(options.wait, attempt, error));
    runtime.shutdown_background();
    document.count(attempts, began.elapsed());
    super::tell(&document, options.json)
}

impl Settings {
    fn read(options: &Probe, address: &str) -> Result<Self, Failure> {
        let address = Some(address).filter(|address| !address.is_empty());
        let (found, signer) = network::find(&options.client, address)?;
        let (endpoint, timeout) = (found.endpoint()?, options.timeout.unwrap_or(TIMEOUT));
        let target = Target::gateway(GatewayOptions {
            address: endpoint.address(),
            ca: found.tls.as_ref().map(|tls| as_text(&tls.ca)).transpose()?,
            timeout,
            server_name: found.tls.and_then(|tls| tls.server_name),
            words: options.client.words(),
        });
        let probe = probe::Probe::new(&target.info).map_err(ccs_probe::Error::from)?;
        let probe = probe.named(target.server_name.clone()).map_err(ccs_probe::Error::from)?;
        let last = options.level.unwrap_or(Level::Gateway);
        let probe = probe.until(match last {
            Level::Tcp => ProbeStep::Tcp,
            Level::Tls => ProbeStep::Tls,
            Level::Http2 | Level::Register | Level::Gateway => ProbeStep::Http2,
        });
        Ok(Self { target, probe, endpoint, signer: signer.map(Arc::new), timeout, last })
    }

    async fn attempt(&self, application: Application<'_>) -> (ProbeReport, Answers) {
        let report = self.probe.run().await;
        let mut answers = Answers::default();
        match (report.cause, report.connected) {
            (Some(Cause::Plaintext | Cause::WebServer), Some(address)) => {
                answers.operations = probe::operations_version(address, self.timeout).await;
            }
            (None, _) if matches!(self.last, Level::Gateway) => self.ask(application, &mut answers).await,
            _ => {}
        }
        (report, answers)
    }

    /// Asks the server for its service, and a gateway for channel and chaincode.
    async fn ask(&self, application: Application<'_>, answers: &mut Answers) {
        let service = timed(self.endpoint.service(self.timeout)).await;
        let is_gateway = matches!(service.result, Ok(Service::Gateway));
        answers.service = Some(service);
        let Some(signer) = self.signer.clone().filter(|_| is_gateway) else { return };
        let connected = timed(Gateway::connect(&self.endpoint, signer, self.timeout)).await;
        let gateway = match connected.result {
            Ok(gateway) => gateway,
            Err(error) => {
                answers.blocks = Some(Answer { result: Err(error), took: connected.took });
                return;
            }
        };
        let blocks = timed(gateway.height(application.channel)).await;
        if let (Some(name), Ok(_)) = (application.chaincode, &blocks.result) {
            let call = Call::new(application.channel, name, METADATA);
            answers.metadata = Some(timed(gateway.evaluate(&call)).await);
        }
        answers.blocks = Some(blocks);
    }

    fn document(&self, report: &ProbeReport, answers: &Answers, application: Application<'_>) -> Document {
        let scene = Scene {
            target: &self.target,
            host: self.probe.host(),
            port: self.probe.port(),
            server: Server::of(&report.seen, SystemTime::now()),
            report,
        };
        Document::gateway(&scene, answers, application)
    }
}

/// Returns the certificates of a CA as text, which PEM is.
fn as_text(ca: &[u8]) -> Result<String, Failure> {
    std::str::from_utf8(ca).map(str::to_owned).map_err(|error| {
        Failure::new(format!("the CA of the peer's TLS certificate is not PEM: {error}"))
            .hint("name a PEM file with --tls-ca".to_owned())
    })
}

/// Runs a call, and measures its duration.
async fn timed<T>(call: impl Future<Output = Result<T, Error>>) -> Answer<T> {
    let began = Instant::now();
    let result = call.await;
    Answer { result, took: began.elapsed() }
}

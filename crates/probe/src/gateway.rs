//! Explains the result of a probe of a gateway, as an application meets it.

use std::time::Duration;

use ccs_client::{Error, Service};
use ccs_dial::ConnectionInfo;
use ccs_dial::connection::ConnectionTls;

use crate::advice::Scene;
use crate::document::{Document, Line, milliseconds};
use crate::target::{Kind, Target};

/// The number of steps that a probe of a gateway and a probe of a chaincode share: resolve, TCP, TLS and HTTP/2.
const SHARED_STEPS: usize = 4;

/// The gateway to probe.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// `host:port`.
    pub address: String,
    /// The certificates of the CA that issued the peer's TLS certificate, as PEM; [`None`] for plaintext.
    pub ca: Option<String>,
    /// The time limit of each step.
    pub timeout: Duration,
    /// The name in the peer's TLS certificate, if it is not the host.
    pub server_name: Option<String>,
    /// The options that select address and TLS settings, as words of a command.
    pub words: Vec<String>,
}

impl Target {
    /// Returns the target of a probe of a gateway.
    #[must_use]
    pub fn gateway(options: GatewayOptions) -> Self {
        let tls = options.ca.map(|root_cert| ConnectionTls { root_cert, client: None });
        let info = ConnectionInfo { address: options.address.clone(), dial_timeout: options.timeout, tls };
        let mut target = Self::new(options.address, Kind::Gateway, info, None);
        target.server_name = options.server_name;
        target.tls_options = options.words;
        target
    }
}

/// The result of a call, and its duration.
#[derive(Debug)]
pub struct Answer<T> {
    /// The result.
    pub result: Result<T, Error>,
    /// The duration.
    pub took: Duration,
}

/// The answers of a server that speaks HTTP/2, or of the operations endpoint.
#[derive(Debug, Default)]
pub struct Answers {
    /// The version of the node whose operations endpoint this is.
    pub operations: Option<String>,
    /// The service of the server.
    pub service: Option<Answer<Service>>,
    /// The number of blocks of the channel, from a signed evaluation.
    pub blocks: Option<Answer<u64>>,
    /// The chaincode's answer to a call of its metadata.
    pub metadata: Option<Answer<Vec<u8>>>,
}

/// What the application would use.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The MSP of the identity; [`None`] without an identity.
    pub msp: Option<&'a str>,
    /// The name of the chaincode, if one is named.
    pub chaincode: Option<&'a str>,
}

/// A failed step after HTTP/2, or instead of it.
struct Failed {
    cause: &'static str,
    result: String,
    error: Option<String>,
    advice: Vec<String>,
}

impl Failed {
    fn new(cause: &'static str, result: impl Into<String>, advice: &[&str]) -> Self {
        let advice = advice.iter().map(|&line| line.to_owned()).collect();
        Self { cause, result: result.into(), error: None, advice }
    }

    /// Takes result and advice of an error of the client.
    fn of(cause: &'static str, error: &Error) -> Self {
        let advice = error.hint().into_iter().collect();
        Self { cause, result: error.to_string(), error: Some(error.to_string()), advice }
    }
}

impl Document {
    /// Makes the document of an attempt to use a gateway.
    #[must_use]
    pub fn gateway(scene: &Scene<'_>, answers: &Answers, application: Application<'_>) -> Self {
        let mut document = Self::new(scene, 1, Duration::ZERO);
        document.steps.truncate(SHARED_STEPS);
        if let (Some(version), Some(line)) =
            (&answers.operations, document.steps.iter_mut().find(|line| line.verdict == "failed"))
        {
            line.result = format!("this is the operations endpoint of a Fabric node, version {version}");
            line.advice =
                vec!["use the address on which the peer accepts clients, usually port 7051".to_owned()];
            document.cause = Some("operations-endpoint");
            document.next = scene.target.again(&[]);
        }
        let reached = document.reachable && document.steps.last().is_some_and(|line| line.verdict == "ok");
        for (step, exit_code, result) in judged(answers, application) {
            let is_reached = reached && document.reachable;
            let line = match result.filter(|_| is_reached) {
                None => skipped(step, is_reached, application),
                Some((Ok(result), took)) => Line { result, ..line(step, "ok", Some(took)) },
                Some((Err(failed), took)) => {
                    document.reachable = false;
                    document.failed_step = Some(step);
                    document.cause = Some(failed.cause);
                    document.exit_code = exit_code;
                    document.next = next(failed.cause, scene.target, application);
                    let Failed { result, error, advice, .. } = failed;
                    Line { result, error, advice, ..line(step, "failed", Some(took)) }
                }
            };
            document.steps.push(line);
        }
        if document.reachable {
            document.next = next_when_reachable(application);
        }
        document.named(application);
        document
    }

    /// Sets the number of attempts, and their duration.
    pub fn count(&mut self, attempts: u32, took: Duration) {
        (self.attempts, self.milliseconds) = (attempts, milliseconds(took));
    }

    fn named(&mut self, application: Application<'_>) {
        self.channel = Some(application.channel.to_owned());
        self.msp_id = application.msp.map(str::to_owned);
        self.chaincode = application.chaincode.map(str::to_owned);
    }
}

/// A step with its exit code, and its result and duration if it was reached.
type Judged = (&'static str, u8, Option<(Result<String, Failed>, Duration)>);

/// Judges the answers for each step; docs/exit-codes.md lists the codes.
fn judged(answers: &Answers, application: Application<'_>) -> [Judged; 4] {
    let Answers { service: found, blocks, metadata, .. } = answers;
    let (blocks, metadata) = (blocks.as_ref(), metadata.as_ref());
    [
        ("gateway", 37, found.as_ref().map(|answer| (service(&answer.result), answer.took))),
        ("channel", 38, blocks.map(|answer| (channel(&answer.result, application), answer.took))),
        // The same call as for the channel.
        ("identity", 39, blocks.map(|answer| (identity(&answer.result, application), answer.took))),
        ("chaincode", 49, metadata.map(|answer| (chaincode(&answer.result, application), answer.took))),
    ]
}

fn line(step: &'static str, verdict: &'static str, took: Option<Duration>) -> Line {
    let (result, error, advice) = Default::default();
    Line { step, verdict, milliseconds: took.map(milliseconds), result, error, advice }
}

fn skipped(step: &'static str, is_reached: bool, application: Application<'_>) -> Line {
    let has_identity = application.msp.is_some();
    let (result, advice): (_, &[&str]) = match step {
        _ if !is_reached => ("not reached", &[]),
        "chaincode" if has_identity => ("no chaincode named: pass --name", &[]),
        "channel" if !has_identity => {
            ("no identity", &["to test channel and identity, pass --identity DIR --msp MSP-ID"])
        }
        "identity" if !has_identity => ("no identity", &[]),
        _ => ("not requested", &[]),
    };
    let advice = advice.iter().map(|&text| text.to_owned()).collect();
    Line { result: result.to_owned(), advice, ..line(step, "skipped", None) }
}

/// Judges the service of the server.
fn service(result: &Result<Service, Error>) -> Result<String, Failed> {
    let port = "use the address on which the peer accepts clients (peer.listenAddress in core.yaml), usually port 7051";
    match result {
        Ok(Service::Gateway) => Ok("the server is a gateway".to_owned()),
        Ok(Service::Peer) => Err(Failed::new(
            "gateway-disabled",
            "this is a peer without a gateway",
            &["set peer.gateway.enabled to true in core.yaml; the peer must be of Fabric 2.4 or later"],
        )),
        Ok(Service::Orderer) => Err(Failed::new("orderer", "this is an orderer", &[port])),
        Ok(Service::Chaincode) => Err(Failed::new(
            "chaincode-server",
            "this is a chaincode, which a peer dials",
            &[port, "to test the chaincode itself, use `ccs probe HOST:PORT`"],
        )),
        Ok(Service::ChaincodeListener) => Err(Failed::new(
            "chaincode-listener",
            "this is the address of a peer that chaincode dials (peer.chaincodeListenAddress)",
            &[port],
        )),
        Ok(Service::WebServer) => Err(Failed::new(
            "web-server",
            "a web server answers, but not with gRPC",
            &["correct the port, or configure the proxy to forward gRPC"],
        )),
        Ok(Service::Other) => {
            Err(Failed::new("no-fabric-service", "this gRPC server has none of Fabric's services", &[port]))
        }
        Err(error @ Error::Timeout { .. }) => Err(Failed::of("gateway-silent", error)),
        Err(error) => Err(Failed::of("gateway-failed", error)),
    }
}

/// Returns the refusal in an error, if the peer answered.
fn refusal(error: &Error) -> Option<&ccs_client::Refusal> {
    match error {
        Error::Refused { refusal, .. } => Some(refusal),
        _ => None,
    }
}

fn rejects_identity(error: &Error) -> bool {
    refusal(error).is_some_and(ccs_client::Refusal::rejects_identity)
}

/// Judges the channel. A gateway looks for the channel before a peer verifies the identity.
fn channel(result: &Result<u64, Error>, application: Application<'_>) -> Result<String, Failed> {
    let name = application.channel;
    match result {
        Ok(1) => Ok(format!("{name} has 1 block")),
        Ok(blocks) => Ok(format!("{name} has {blocks} blocks")),
        Err(error) if rejects_identity(error) => Ok(format!("the peer has the channel {name}")),
        Err(error) if refusal(error).is_some_and(ccs_client::Refusal::misses_channel) => Err(Failed {
            error: Some(error.to_string()),
            ..Failed::new(
                "channel-unknown",
                format!("the peer has no channel {name}"),
                &[
                    "check --channel, or let the peer join the channel: `peer channel list` prints its channels",
                ],
            )
        }),
        Err(error @ Error::Timeout { .. }) => Err(Failed::of("gateway-silent", error)),
        Err(error) => Err(Failed::of("gateway-failed", error)),
    }
}

/// Judges the identity.
fn identity(result: &Result<u64, Error>, application: Application<'_>) -> Result<String, Failed> {
    let msp = application.msp.unwrap_or_default();
    match result {
        Err(error) => Err(Failed::of("identity-rejected", error)),
        Ok(_) => Ok(format!("the channel accepts the identity of {msp}")),
    }
}

/// Judges the chaincode's answer. A chaincode without metadata answers with an error, and so it runs.
fn chaincode(result: &Result<Vec<u8>, Error>, application: Application<'_>) -> Result<String, Failed> {
    let name = application.chaincode.unwrap_or_default();
    let Err(error) = result else { return Ok(format!("{name} answers")) };
    match refusal(error) {
        Some(refusal) if refusal.is_of_chaincode() => Ok(format!("{name} answers; it has no metadata")),
        Some(refusal) if refusal.misses_chaincode() => Err(Failed {
            error: Some(error.to_string()),
            ..Failed::new(
                "chaincode-undefined",
                format!("the channel {} has no chaincode {name}", application.channel),
                &[
                    "check --name: it is the name in the definition, not the label of the package",
                    "approve and commit the definition: `peer lifecycle chaincode querycommitted` prints the committed ones",
                ],
            )
        }),
        _ => Err(Failed::of("chaincode-failed", error)),
    }
}

/// Returns the next command after a failure.
fn next(cause: &str, target: &Target, application: Application<'_>) -> String {
    match cause {
        "chaincode-server" => {
            let address = ccs_report::shell::quote(&target.info.address);
            let tls = if target.info.tls.is_some() { " --root-cert ca.pem" } else { "" };
            format!("ccs probe {address}{tls}")
        }
        "channel-unknown" => "peer channel list".to_owned(),
        "chaincode-undefined" => {
            let channel = ccs_report::shell::quote(application.channel);
            format!("peer lifecycle chaincode querycommitted --channelID {channel}")
        }
        _ => target.again(&["--wait", "60s"]),
    }
}

fn next_when_reachable(application: Application<'_>) -> String {
    let name = application.chaincode.unwrap_or("NAME");
    let words = ["ccs", "query", "-C", application.channel, name, "org.hyperledger.fabric:GetMetadata"];
    ccs_report::shell::command(words)
}

//! The result of a probe as one document, for `ccs probe --json` and the table.

use std::net::SocketAddr;
use std::time::Duration;

use ccs_dial::ConnectionInfo;
use ccs_dial::probe::{ProbeError, ProbeStep, StepReport, StepVerdict};
use serde::Serialize;

use crate::advice::{self, Scene};
use crate::certificates::Server;
use crate::target::Kind;

/// The document of `ccs probe --json`; docs/json.md describes it.
#[derive(Debug, Serialize)]
pub struct Document {
    /// `chaincode` or `gateway`.
    pub kind: &'static str,
    /// Whether every step passed.
    pub reachable: bool,
    /// The target, as on the command line.
    pub target: String,
    /// The dialed address.
    pub address: String,
    /// `plaintext`, `TLS` or `mutual TLS`.
    pub security: &'static str,
    /// The expected ID.
    pub expected_id: Option<String>,
    /// The announced ID.
    pub announced_id: Option<String>,
    /// For a gateway: the channel.
    pub channel: Option<String>,
    /// For a gateway: the MSP of the identity, if there is one.
    pub msp_id: Option<String>,
    /// For a gateway: the chaincode, if one is named.
    pub chaincode: Option<String>,
    /// The step that failed.
    pub failed_step: Option<&'static str>,
    /// The stable name of the cause.
    pub cause: Option<&'static str>,
    /// The exit code of `ccs probe`.
    pub exit_code: u8,
    /// The number of attempts.
    pub attempts: u32,
    /// The duration of all attempts.
    pub milliseconds: f64,
    /// The steps of the last attempt.
    pub steps: Vec<Line>,
    /// The certificate that the server presented.
    pub certificate: Option<CertificateDocument>,
    /// The warnings of the builder.
    pub warnings: Vec<String>,
    /// The next command.
    pub next: String,
}

/// A step.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The stable name of the step.
    pub step: &'static str,
    /// `ok`, `failed` or `skipped`.
    pub verdict: &'static str,
    /// Its duration.
    pub milliseconds: Option<f64>,
    /// The result in one sentence.
    pub result: String,
    /// The original error.
    pub error: Option<String>,
    /// Advice, the most likely first.
    pub advice: Vec<String>,
}

/// The certificate that the server presented.
#[derive(Debug, Serialize)]
pub struct CertificateDocument {
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The hosts for which it is valid.
    pub hosts: Vec<String>,
    /// The first day of its validity, in UTC.
    pub first_day: String,
    /// The last day of its validity, in UTC.
    pub last_day: String,
}

impl CertificateDocument {
    fn of(server: &Server) -> Self {
        Self {
            subject: server.subject.clone(),
            issuer: server.issuer.clone(),
            hosts: server.hosts().to_vec(),
            first_day: server.first_day(),
            last_day: server.last_day(),
        }
    }
}

impl Document {
    /// Makes the document of the last of several attempts.
    #[must_use]
    pub fn new(scene: &Scene<'_>, attempts: u32, took: Duration) -> Self {
        let (target, report) = (scene.target, scene.report);
        let failure = report.failure();
        let next = match report.cause {
            Some(cause) => advice::next(cause, scene),
            None => advice::next_when_reachable(target),
        };
        Self {
            kind: if target.kind == Kind::Gateway { "gateway" } else { "chaincode" },
            reachable: failure.is_none(),
            channel: None,
            msp_id: None,
            chaincode: None,
            target: target.name.clone(),
            address: target.info.address.clone(),
            security: security(&target.info),
            expected_id: target.expected.as_ref().map(ToString::to_string),
            announced_id: report.announced.clone(),
            failed_step: failure.map(|(step, _)| name(step)),
            cause: report.cause.map(ccs_dial::probe::Cause::code),
            exit_code: failure.map_or(0, |(step, _)| exit_code(step)),
            attempts,
            milliseconds: milliseconds(took),
            steps: report.steps.iter().map(|step| line(step, scene)).collect(),
            certificate: scene.server.as_ref().map(CertificateDocument::of),
            warnings: target.warnings.clone(),
            next,
        }
    }

    /// Returns the failed step.
    #[must_use]
    pub fn failed(&self) -> Option<&Line> {
        self.steps.iter().find(|line| line.verdict == "failed")
    }
}

/// Returns the word for the security of a connection.
pub(crate) fn security(info: &ConnectionInfo) -> &'static str {
    match &info.tls {
        None => "plaintext",
        Some(tls) if tls.client.is_none() => "TLS",
        Some(_) => "mutual TLS",
    }
}

/// Returns the stable name of a step.
const fn name(step: ProbeStep) -> &'static str {
    match step {
        ProbeStep::Resolve => "resolve",
        ProbeStep::Tcp => "tcp",
        ProbeStep::Tls => "tls",
        ProbeStep::Http2 => "http2",
        ProbeStep::Stream => "stream",
        ProbeStep::Register => "register",
        ProbeStep::Id => "id",
    }
}

/// Returns the exit code for a failed step; docs/exit-codes.md lists them.
const fn exit_code(step: ProbeStep) -> u8 {
    match step {
        ProbeStep::Resolve => 30,
        ProbeStep::Tcp => 31,
        ProbeStep::Tls => 32,
        ProbeStep::Http2 => 33,
        ProbeStep::Stream => 34,
        ProbeStep::Register => 35,
        ProbeStep::Id => 36,
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn line(step: &StepReport, scene: &Scene<'_>) -> Line {
    let (verdict, result, error, advice) = match &step.verdict {
        StepVerdict::Ok => ("ok", when_ok(step.step, scene), None, notes(step.step, scene)),
        StepVerdict::Skipped => ("skipped", when_skipped(step.step, scene).to_owned(), None, Vec::new()),
        StepVerdict::Failed(error) => {
            let (result, advice) = when_failed(error, scene);
            ("failed", result, Some(error.to_string()), advice)
        }
    };
    let milliseconds = (verdict != "skipped").then(|| milliseconds(step.took));
    Line { step: name(step.step), verdict, milliseconds, result, error, advice }
}

fn when_failed(error: &ProbeError, scene: &Scene<'_>) -> (String, Vec<String>) {
    let Some(cause) = scene.report.cause else { return (error.to_string(), Vec::new()) };
    let mut advice = Vec::new();
    if error.step() == ProbeStep::Tcp && scene.report.attempts.len() > 1 {
        advice.extend(scene.report.attempts.iter().map(|attempt| {
            format!("{}: {}", attempt.address, attempt.error.as_deref().unwrap_or("no answer"))
        }));
    }
    advice.extend(advice::advice(cause, scene));
    (advice::summary(cause, error, scene), advice)
}

fn when_ok(step: ProbeStep, scene: &Scene<'_>) -> String {
    let report = scene.report;
    match step {
        ProbeStep::Resolve => list(&report.addresses.iter().map(SocketAddr::ip).collect::<Vec<_>>()),
        ProbeStep::Tcp => report.connected.map(|address| address.to_string()).unwrap_or_default(),
        ProbeStep::Tls => tls(scene),
        ProbeStep::Http2 => "the server speaks HTTP/2".to_owned(),
        ProbeStep::Stream => "the server accepts Chaincode/Connect".to_owned(),
        ProbeStep::Register => report.announced.clone().unwrap_or_default(),
        ProbeStep::Id => "the announced ID is the expected one".to_owned(),
    }
}

fn list(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn tls(scene: &Scene<'_>) -> String {
    let version = scene.report.secured.as_ref().map_or("TLS", |secured| secured.version);
    match &scene.server {
        Some(server) => format!("{version}; {} for {}", server.subject, server.names()),
        None => version.to_owned(),
    }
}

/// Returns notes on results that work from here but may cause trouble.
fn notes(step: ProbeStep, scene: &Scene<'_>) -> Vec<String> {
    let report = scene.report;
    let mut notes = Vec::new();
    match step {
        ProbeStep::Tcp => {
            notes.extend(report.attempts.iter().map(|attempt| {
                format!("{}: {}", attempt.address, attempt.error.as_deref().unwrap_or("no answer"))
            }));
            let is_local = report.connected.is_some_and(|address| address.ip().is_loopback());
            if is_local && scene.target.kind != Kind::Gateway {
                notes.push(
                    "only a peer on this very machine or container reaches a loopback address".to_owned(),
                );
            }
        }
        ProbeStep::Tls => {
            notes.extend(scene.server.as_ref().and_then(Server::ends_soon));
            if report.secured.as_ref().is_some_and(|secured| !secured.chose_http2) {
                let who = if scene.target.kind == Kind::Gateway { "clients" } else { "peers" };
                notes.push(format!(
                    "the server does not choose h2 by ALPN: {who} built with grpc-go 1.67 or later reject that"
                ));
            }
        }
        _ => {}
    }
    notes
}

fn when_skipped(step: ProbeStep, scene: &Scene<'_>) -> &'static str {
    let failed = scene.report.failure().map(|(failed, _)| failed);
    match step {
        ProbeStep::Tls if scene.target.info.tls.is_none() => "plaintext",
        _ if failed.is_some_and(|failed| failed < step) => "not reached",
        ProbeStep::Id if scene.report.announced.is_some() => "no expected ID: pass --id",
        _ => "not requested",
    }
}

#[cfg(test)]
mod tests {
    use ccs_dial::connection::{Attempt, Secured, StageError};
    use ccs_dial::probe::{Cause, ProbeReport};

    use super::*;
    use crate::target::Target;

    const ADDRESS: &str = "basic.example.com:9999";

    fn document(report: &ProbeReport) -> Document {
        let dial_timeout = ConnectionInfo::DEFAULT_DIAL_TIMEOUT;
        let info = ConnectionInfo { address: ADDRESS.to_owned(), dial_timeout, tls: None };
        let target = Target::new(ADDRESS.to_owned(), Kind::Address, info, None);
        let scene = Scene { target: &target, host: "basic.example.com", port: 9999, report, server: None };
        Document::new(&scene, 1, Duration::from_millis(5))
    }

    fn refused() -> Vec<Attempt> {
        let attempt = |address: &str, error: Option<&str>| Attempt {
            address: address.parse().unwrap(),
            error: error.map(str::to_owned),
        };
        vec![attempt("10.0.0.1:9999", Some("refused")), attempt("[2001:db8::1]:9999", None)]
    }

    fn step(step: ProbeStep, verdict: StepVerdict) -> Vec<StepReport> {
        vec![StepReport { step, verdict, took: Duration::from_millis(1) }]
    }

    #[test]
    fn each_address_that_was_tried_in_vain_is_told() {
        let error = StageError::Tcp(std::io::ErrorKind::ConnectionRefused.into());
        let steps = step(ProbeStep::Tcp, StepVerdict::Failed(error.into()));
        let report =
            ProbeReport { steps, attempts: refused(), cause: Some(Cause::Refused), ..ProbeReport::default() };
        let told = document(&report);
        assert_eq!(told.steps[0].advice[..2], ["10.0.0.1:9999: refused", "[2001:db8::1]:9999: no answer"]);
        assert_eq!((told.exit_code, told.failed_step), (31, Some("tcp")));

        let connected = Some("10.0.0.2:9999".parse().unwrap());
        let steps = step(ProbeStep::Tcp, StepVerdict::Ok);
        let passed = ProbeReport { steps, attempts: refused(), connected, ..ProbeReport::default() };
        let line = &document(&passed).steps[0];
        assert_eq!(line.result, "10.0.0.2:9999");
        assert_eq!(line.advice, ["10.0.0.1:9999: refused", "[2001:db8::1]:9999: no answer"]);
    }

    #[test]
    fn a_server_without_alpn_is_noted() {
        let secured = Some(Secured { version: "TLS 1.2", chose_http2: false });
        let report =
            ProbeReport { steps: step(ProbeStep::Tls, StepVerdict::Ok), secured, ..ProbeReport::default() };
        let line = &document(&report).steps[0];
        assert_eq!(line.result, "TLS 1.2");
        assert!(line.advice[0].starts_with("the server does not choose h2 by ALPN"), "{:?}", line.advice);
    }

    #[test]
    fn every_step_has_a_code_in_the_manual() {
        let manual = include_str!("../../../docs/probe.md");
        for step in ProbeStep::ALL {
            let row = manual.lines().find(|line| line.starts_with(&format!("| `{}` |", name(step)))).unwrap();
            assert!(row.ends_with(&format!("| {} |", exit_code(step))), "{row}");
        }
    }
}

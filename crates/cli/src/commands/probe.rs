//! `ccs probe`: dials a chaincode as a peer would, or a gateway as an application would, and reports which step fails.

mod gateway;
mod table;
mod wait;

use std::time::{Instant, SystemTime};

use ccs_dial::probe::{self, ProbeReport, ProbeStep};
use ccs_probe::{Document, Options, Scene, Server, Target, TlsOptions};

use crate::cli::{Level, Probe};
use crate::failure::{Failure, USAGE};
use crate::output;

pub(crate) fn run(options: &Probe) -> Result<(), Failure> {
    check(options)?;
    match &options.gateway {
        Some(address) => gateway::run(options, address),
        None => chaincode(options),
    }
}

/// Rejects options that are only for the other kind of probe.
fn check(options: &Probe) -> Result<(), Failure> {
    let usage =
        |message: &str, hint: &str| Err(Failure::new(message).hint(hint.to_owned()).with_number(USAGE));
    match (&options.gateway, options.level) {
        (Some(_), Some(Level::Register)) => {
            usage("--level register is for a chaincode", "with --gateway, the last level is gateway")
        }
        (None, Some(Level::Gateway)) => {
            usage("--level gateway is for a gateway", "name one with --gateway HOST:PORT")
        }
        (None, _) => match options.client.words().first() {
            Some(option) => usage(&format!("{option} is for a gateway"), "name one with --gateway HOST:PORT"),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn chaincode(options: &Probe) -> Result<(), Failure> {
    let target = Target::read(&named(options))?;
    let probe = probe::Probe::new(&target.info).map_err(ccs_probe::Error::from)?;
    let probe = probe.until(last(options.level)).expecting(target.expected.clone());
    if !options.json {
        target.warnings.iter().for_each(|warning| output::warn(warning));
    }
    let runtime = output::runtime()?;
    let began = Instant::now();
    let error = |report: &ProbeReport| report.failure().map(|(_, error)| error.to_string());
    let attempts = wait::until_it_passes(options.wait, async || probe.run().await, error);
    let (report, attempts) = runtime.block_on(attempts);
    // A name that is still being resolved would be waited for.
    runtime.shutdown_background();
    let scene = Scene {
        target: &target,
        host: probe.host(),
        port: probe.port(),
        server: Server::of(&report.seen, SystemTime::now()),
        report: &report,
    };
    tell(&Document::new(&scene, attempts, began.elapsed()), options.json)
}

/// Converts the options to those of the library.
fn named(options: &Probe) -> Options {
    let tls = TlsOptions {
        root_cert: options.tls.root_cert.clone(),
        client_cert: options.tls.client_cert.clone(),
        client_key: options.tls.client_key.clone(),
        domain: options.tls.domain.clone(),
        is_given: options.tls.is_given(),
        words: options.tls.words(),
    };
    Options {
        // Without a gateway, the command line has a target.
        target: options.target.clone().unwrap_or_default(),
        id: options.id.clone(),
        configuration: options.config.clone(),
        tls,
        timeout: options.timeout,
    }
}

const fn last(level: Option<Level>) -> ProbeStep {
    match level {
        Some(Level::Tcp) => ProbeStep::Tcp,
        Some(Level::Tls) => ProbeStep::Tls,
        Some(Level::Http2) => ProbeStep::Http2,
        Some(Level::Register | Level::Gateway) | None => ProbeStep::Id,
    }
}

fn tell(document: &Document, json: bool) -> Result<(), Failure> {
    if json {
        output::print_json(document)?;
    } else {
        output::print(&table::table(document))?;
    }
    let Some(failed) = document.failed() else {
        if !json {
            output::print_next(&document.next);
        }
        return Ok(());
    };
    let who = match document.kind {
        "gateway" => "an application cannot use the gateway at",
        _ => "a peer would not reach the chaincode at",
    };
    let message = format!("{who} {}", table::shown(&document.address));
    let failure =
        Failure::new(format!("{message}: {}: {}", table::title(failed.step), table::shown(&failed.result)));
    let next = (!json).then(|| document.next.clone());
    Err(failure.next(next).with_number(document.exit_code))
}

//! `ccs probe`: dials a chaincode as a peer would and says what is in the way.

mod table;

use std::time::{Duration, Instant, SystemTime};

use ccs_dial::probe::{self, ProbeReport, ProbeStep};
use ccs_probe::{Document, Options, Scene, Server, Target, TlsOptions};

use crate::cli::{Level, Probe};
use crate::failure::Failure;
use crate::output;
use crate::style;

/// The pause between two attempts of `--wait`.
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) fn run(options: &Probe) -> Result<(), Failure> {
    let target = Target::read(&named(options))?;
    let probe = probe::Probe::new(&target.info).map_err(ccs_probe::Error::from)?;
    let probe = probe.until(last(options.level)).expecting(target.expected.clone());
    if !options.json {
        for warning in &target.warnings {
            anstream::eprintln!("{0}warning:{0:#} {warning}", style::NAME);
        }
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    let began = Instant::now();
    let (report, attempts) = runtime.block_on(attempts(&probe, options.wait));
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

/// Returns what the options name, as the library takes it.
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
        target: options.target.clone(),
        id: options.id.clone(),
        configuration: options.config.clone(),
        tls,
        timeout: options.timeout,
    }
}

const fn last(level: Level) -> ProbeStep {
    match level {
        Level::Tcp => ProbeStep::Tcp,
        Level::Tls => ProbeStep::Tls,
        Level::Http2 => ProbeStep::Http2,
        Level::Register => ProbeStep::Id,
    }
}

/// Goes the way once, or until everything passes or the time is over; returns the last report and the number of attempts.
async fn attempts(probe: &probe::Probe, wait: Option<Duration>) -> (ProbeReport, u32) {
    let deadline = wait.map(|wait| Instant::now() + wait);
    let mut told = String::new();
    let mut attempts: u32 = 0;
    loop {
        let report = probe.run().await;
        attempts = attempts.saturating_add(1);
        let left = deadline.and_then(|deadline| deadline.checked_duration_since(Instant::now() + PAUSE));
        let (Some((_, error)), Some(left)) = (report.failure(), left) else { return (report, attempts) };
        let error = table::shown(&error.to_string());
        if error != told {
            anstream::eprintln!("waiting, {} left: {error}", style::duration(left));
            told = error;
        }
        tokio::time::sleep(PAUSE).await;
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
            style::print_next(&document.next);
        }
        return Ok(());
    };
    let message = format!("a peer would not reach the chaincode at {}", table::shown(&document.address));
    let failure =
        Failure::new(format!("{message}: {}: {}", table::title(failed.step), table::shown(&failed.result)));
    let next = (!json).then(|| document.next.clone());
    Err(failure.next(next).with_number(document.exit_code))
}

//! `ccs probe`: dials a chaincode as a peer would and says what is in the way.

mod advice;
mod certificates;
mod document;
mod table;
mod target;

use std::time::{Duration, Instant, SystemTime};

use ccs_builder::ExitCode;
use ccs_dial::connection::StageError;
use ccs_dial::probe::{self, Report, Step};

use crate::cli::{Level, Probe};
use crate::failure::Failure;
use crate::output;
use crate::style;
use advice::Scene;
use certificates::Server;
use document::Document;
use target::Target;

/// The pause between two attempts of `--wait`.
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) fn run(options: &Probe) -> Result<(), Failure> {
    let target = Target::read(options)?;
    let probe = probe::Probe::new(&target.info).map_err(|error| settings(&error))?;
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

/// What the peer would refuse before it dials.
fn settings(error: &StageError) -> Failure {
    let code = match error {
        StageError::Address(_) | StageError::Scheme(_) => ExitCode::Address,
        _ => ExitCode::Tls,
    };
    Failure::new(error).hint(error.hint().map(str::to_owned)).with_code(code)
}

const fn last(level: Level) -> Step {
    match level {
        Level::Tcp => Step::Tcp,
        Level::Tls => Step::Tls,
        Level::Http2 => Step::Http2,
        Level::Register => Step::Id,
    }
}

/// Goes the way once, or until everything passes or the time is over; gives the last report and the number of attempts.
async fn attempts(probe: &probe::Probe, wait: Option<Duration>) -> (Report, u32) {
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

//! The output of the demo: a line for each step, or one JSON document at the end.

use std::time::{Duration, Instant};

use ccs_files::PackageId;
use serde::Serialize;

use crate::failure::Failure;
use crate::style;
use crate::{output, progress};

/// The document of `ccs demo --json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    ok: bool,
    error: Option<&'a str>,
    package_id: Option<&'a str>,
    milliseconds: f64,
    steps: &'a [Told],
}

/// A completed step.
#[derive(Debug, Serialize)]
struct Told {
    name: &'static str,
    result: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<String>,
    milliseconds: f64,
}

/// A step in progress.
#[derive(Clone, Copy)]
pub(super) struct Step {
    name: &'static str,
    began: Instant,
}

impl Step {
    /// Begins a step.
    pub(super) fn begin(name: &'static str) -> Self {
        Self { name, began: Instant::now() }
    }
}

/// The output so far.
pub(super) struct Story {
    json: bool,
    began: Instant,
    package_id: Option<String>,
    told: Vec<Told>,
}

impl Story {
    /// Begins; with `json` nothing is written before the end.
    pub(super) fn begin(json: bool) -> Self {
        if !json {
            let name = style::NAME;
            write(format_args!("{name}A chaincode package becomes a chaincode that answers{name:#}\n"));
        }
        Self { json, began: Instant::now(), package_id: None, told: Vec::new() }
    }

    /// Remembers the package ID.
    pub(super) fn package(&mut self, id: &PackageId) {
        self.package_id = Some(id.to_string());
    }

    /// Ends a step with its result.
    pub(super) fn done(&mut self, step: Step, result: &str) {
        self.took(step.name, result, &[], step.began.elapsed());
    }

    /// Reports a step with a known duration, and its log.
    pub(super) fn took(&mut self, name: &'static str, result: &str, log: &[String], duration: Duration) {
        let milliseconds = duration.as_secs_f64() * 1e3;
        self.told.push(Told { name, result: result.to_owned(), log: log.to_vec(), milliseconds });
        if self.json {
            return;
        }
        let (bold, faint) = (style::NAME, style::FAINT);
        let number = self.told.len();
        let time = style::duration(duration);
        write(format_args!("{faint}{number:>3}{faint:#}  {bold}{name:<12}{bold:#} {time:>8}  {result}"));
        for line in log {
            write(format_args!("{:28}{faint}{line}{faint:#}", ""));
        }
    }

    /// Ends the story.
    pub(super) fn end(&self, tls: bool, result: &Result<(), Failure>) -> Result<(), Failure> {
        let total = self.began.elapsed();
        if self.json {
            return output::print_json(&Document {
                ok: result.is_ok(),
                error: result.as_ref().err().map(Failure::message),
                package_id: self.package_id.as_deref(),
                milliseconds: total.as_secs_f64() * 1e3,
                steps: &self.told,
            });
        }
        if result.is_err() {
            return Ok(());
        }
        let (good, faint) = (style::GOOD, style::FAINT);
        let next = if tls { "ccs-builder install /opt/ccs-builder/bin" } else { "ccs demo --tls" };
        let (steps, total) = (self.told.len(), style::duration(total));
        output::print(&format!("\n{good}all {steps} steps done in {total}{good:#}\n"))?;
        if progress::is_quiet() { Ok(()) } else { output::print(&format!("{faint}next: {next}{faint:#}\n")) }
    }
}

/// Writes a line. The demo reports failed writes at the end, after it has stopped everything that it has started.
fn write(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stdout(), "{line}");
}

//! Runs a tool that builds chaincode, with a time limit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ccs_launch::process::Plan;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_peer::Peer;

use crate::events::{Event, Events};
use crate::group::{Group, Pipes};
use crate::pump::{Output, Pump};
use crate::stage::{NOT_STARTED, NOT_STARTED_STATUS};

/// How many lines of a failed tool to show.
const SHOWN: usize = 20;

/// How often to check whether the peer is alive.
const LOOK: Duration = Duration::from_millis(500);

/// How long the last lines of the tool may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Runs a tool with its child processes, until `end` at the latest, and shows the last lines of a failed one.
pub fn run_tool(plan: &Plan, end: Instant, tell: &dyn Fn(&str)) -> Result<(), Failure> {
    let (peer, events) = (Peer::of_this_process(), Events::listen()?);
    let name = plan.program.display().to_string();
    let kept = Arc::new(Mutex::new(VecDeque::new()));
    let mut group = Group::start(plan, Pipes::Together, &events)?;
    let pump = Pump::start(group.take_outputs(), &Arc::new(keep(Arc::clone(&kept))));
    let fault = loop {
        let next = Instant::now() + LOOK;
        match events.next_until(next.min(end)) {
            Some(Event::Ended) => break None,
            Some(Event::Stop) => break Some("was stopped by a signal"),
            None if peer.is_gone() => break Some("was stopped because the peer has ended"),
            None if Instant::now() >= end => break Some("took too long"),
            Some(Event::Locked(_)) | None => {}
        }
    };
    if fault.is_some() {
        group.stop(&events);
    }
    let status = group.collect();
    let last = pump.finish(LAST_LINES);
    if fault.is_none() && status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let is_not_started = status.and_then(|status| status.code()) == Some(i32::from(NOT_STARTED_STATUS));
    if let (true, Some(reason)) = (is_not_started, last.strip_prefix(NOT_STARTED)) {
        return Err(Failure::new(ExitCode::Language, reason)
            .with_hint(format!("install {name} in a folder of the peer's PATH")));
    }
    for line in kept.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        tell(&format!("{name}: {line}"));
    }
    let failure = |how: String| Failure::new(ExitCode::Language, format!("{name} {how}"));
    Err(match fault {
        Some(fault) => failure(fault.to_owned()).with_hint(
            "build the same package once on this host with the cache of launch.yaml, so that less is fetched",
        ),
        None => failure(format!("failed, {}", status.map_or_else(String::new, |status| status.to_string())))
            .with_hint("its last output is in the lines above"),
    })
}

/// Keeps the last lines.
fn keep(kept: Arc<Mutex<VecDeque<String>>>) -> Output {
    Output {
        own: Box::new(|_| {}),
        chaincode: Box::new(move |line| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == SHOWN {
                kept.pop_front();
            }
            kept.push_back(line.to_owned());
        }),
    }
}

//! `ccs launch reconcile`: brings servers to where builds and settings want them, once or again and again.

use std::sync::mpsc::{self, Receiver};
use std::thread;

use ccs_launch_upkeep::builds::{Build, Builds};
use ccs_launch_upkeep::gc::bring_back;
use ccs_launch_upkeep::platforms::Platforms;
use ccs_launch_upkeep::reconcile::{Change, Reconciler};
use ccs_launch_upkeep::workload::Workload;

use super::list::short;
use super::site;
use crate::cli::LaunchReconcile;
use crate::failure::Failure;
use crate::output;
use crate::stop_signals::StopSignals;
use crate::style;

pub(crate) fn run(options: &LaunchReconcile) -> Result<(), Failure> {
    let stop = stop()?;
    let Some(every) = options.every else { return once(options, &stop).map(drop) };
    tell(&format!("looks after {} every {every:?}", options.builds.display()));
    loop {
        let outcome = once(options, &stop);
        let wait = match &outcome {
            Ok(Round { is_stopped: true, .. }) => return Ok(()),
            Ok(Round { changes: 0, .. }) => None,
            Ok(_) => Some(format!("looks again in {every:?}")),
            Err(failure) => {
                failure.print();
                Some(format!("goes on, and looks again in {every:?}"))
            }
        };
        if let Some(line) = wait {
            tell(&line);
        }
        if stop.recv_timeout(every).is_ok() {
            tell("was stopped");
            return Ok(());
        }
    }
}

/// What came of one look at all builds.
struct Round {
    changes: usize,
    is_stopped: bool,
}

/// Looks at every build; the first failure is returned when all were looked at.
fn once(options: &LaunchReconcile, stop: &Receiver<()>) -> Result<Round, Failure> {
    let site = site(&options.site)?;
    for package in &options.packages {
        bring_back_if_removed(package, options)?;
    }
    let builds = Builds::read(&options.builds)?;
    builds.warnings.iter().for_each(|warning| output::warn(warning));
    let is_meant =
        |build: &&Build| options.packages.is_empty() || options.packages.contains(&build.package_id);
    let meant: Vec<_> = builds
        .builds
        .iter()
        .filter(is_meant)
        .filter_map(|build| Some((build, build.record.as_ref()?)))
        .collect();
    let mut round = Round { changes: 0, is_stopped: false };
    if meant.is_empty() {
        return Ok(round);
    }
    let platforms = Platforms::of(&site, Some(&builds), &[])?;
    let reconciler = Reconciler {
        site: &site,
        platforms: &platforms,
        renew: options.renew,
        dials: !options.no_dial,
        say: &tell,
    };
    let mut first = None;
    for (build, record) in meant {
        match reconciler.build(build, record) {
            Ok(None) => {}
            Ok(Some(change)) => {
                round.changes += 1;
                print(&change, options.json)?;
            }
            Err(failure) => {
                let failure = Failure::from(failure).about(&short(&build.package_id));
                if first.is_some() {
                    failure.print();
                } else {
                    first = Some(failure);
                }
            }
        }
        if stop.try_recv().is_ok() {
            tell("was stopped");
            round.is_stopped = true;
            return Ok(round);
        }
    }
    first.map_or(Ok(round), Err)
}

fn bring_back_if_removed(package: &str, options: &LaunchReconcile) -> Result<(), Failure> {
    let builds = Builds::read(&options.builds)?;
    let build = builds.of(package).ok_or_else(|| {
        Failure::new(format!("{} holds no build of {package}", options.builds.display()))
            .hint("ccs launch list --builds DIR --json shows the package IDs".to_owned())
    })?;
    if build.is_removed {
        bring_back(build)?;
    }
    Ok(())
}

fn print(change: &Change, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json_line(change);
    }
    let until = match &change.certificates_end {
        Some(end) if change.change == "renewed" => format!(", with certificates until {end}"),
        _ => String::new(),
    };
    let (package, what) = (short(&change.package_id), change.change);
    let kind = if change.platform == "docker" { "container" } else { "deployment" };
    let place = Workload::place(&change.namespace, &change.workload);
    let line = format!("{package}: {what} {kind} {place}{until}: {}", change.reasons.join("; "));
    output::print(&format!("{}\n", style::safe(&line)))
}

/// Says what goes on.
fn tell(line: &str) {
    anstream::eprintln!("{}", style::safe(line));
}

/// Catches signals from now on; the receiver gets one when the command is to end.
fn stop() -> Result<Receiver<()>, Failure> {
    let runtime = output::runtime()?;
    let signals = {
        let _within = runtime.enter();
        StopSignals::catch()?
    };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(signals.received());
        // Nobody waits any more where the command has ended.
        let _ = sender.send(());
    });
    Ok(receiver)
}

//! `ccs launch reconcile`: brings servers to the state that builds and settings specify, once or repeatedly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ccs_launch::ExitCode;
use ccs_launch::record::DOCKER;
use ccs_launch_upkeep::builds::{Build, Builds};
use ccs_launch_upkeep::gc::bring_back;
use ccs_launch_upkeep::lock::Lock;
use ccs_launch_upkeep::platforms::Platforms;
use ccs_launch_upkeep::reconcile::{Change, Reconciler};
use ccs_launch_upkeep::workload::Workload;

use super::site;
use crate::cli::LaunchReconcile;
use crate::failure::Failure;
use crate::output::{self, short};
use crate::stop_signals::on_stop;
use crate::style;

pub(crate) fn run(options: &LaunchReconcile) -> Result<(), Failure> {
    run_until(options, &Stop::catch()?)
}

fn run_until(options: &LaunchReconcile, stop: &Stop) -> Result<(), Failure> {
    for package in &options.packages {
        bring_back_if_removed(package, options)?;
    }
    let Some(every) = options.every else {
        let Round { is_stopped, .. } = once(options, stop)?;
        return if is_stopped { Err(stopped()) } else { Ok(()) };
    };
    tell(&format!("maintains {} every {every:?}", options.builds.display()));
    loop {
        let outcome = once(options, stop);
        let wait = match &outcome {
            Ok(Round { is_stopped: true, .. }) => {
                tell("was stopped");
                return Ok(());
            }
            Ok(Round { changes: 0, .. }) => None,
            Ok(_) => Some(format!("checks again in {every:?}")),
            Err(failure) => {
                failure.print();
                Some(format!("continues, and checks again in {every:?}"))
            }
        };
        if let Some(line) = wait {
            tell(&line);
        }
        if stop.comes_within(every) {
            tell("was stopped");
            return Ok(());
        }
    }
}

/// The result of one round over all builds.
struct Round {
    changes: usize,
    is_stopped: bool,
}

/// Returns the failure of an interrupted round.
fn stopped() -> Failure {
    Failure::new("a signal has stopped the command before it had checked every build")
        .hint("run ccs launch reconcile again".to_owned())
        .with_number(ExitCode::Stopped.number())
}

/// Checks every build, and returns the first failure afterwards; if a signal ends the round earlier, prints it.
fn once(options: &LaunchReconcile, stop: &Stop) -> Result<Round, Failure> {
    let site = site(&options.site)?;
    let _lock = Lock::take(&options.builds)?;
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
        is_stopped: &|| stop.is_received(),
        say: &tell,
    };
    let mut first = None;
    for (build, record) in meant {
        if stop.is_received() {
            round.is_stopped = true;
            break;
        }
        match reconciler.build(build, record) {
            Ok(None) => {}
            Ok(Some(change)) => {
                round.changes += 1;
                print(&change, options.json)?;
            }
            Err(failure) => {
                round.is_stopped |= failure.code() == ExitCode::Stopped && stop.is_received();
                let failure = Failure::from(failure).about(&short(&build.package_id));
                if first.is_some() {
                    failure.print();
                } else {
                    first = Some(failure);
                }
            }
        }
    }
    match first {
        Some(failure) if round.is_stopped => {
            failure.print();
            Ok(round)
        }
        Some(failure) => Err(failure),
        None => Ok(round),
    }
}

fn bring_back_if_removed(package: &str, options: &LaunchReconcile) -> Result<(), Failure> {
    let _lock = Lock::take(&options.builds)?;
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
    let kind = if change.platform == DOCKER { "container" } else { "deployment" };
    let place = Workload::place(&change.namespace, &change.workload);
    let line = format!("{package}: {what} {kind} {place}{until}: {}", change.reasons.join("; "));
    output::print(&format!("{}\n", style::safe(&line)))
}

/// Prints a progress line.
fn tell(line: &str) {
    output::note(&style::safe(line));
}

/// The signals that end the command.
struct Stop {
    is_received: Arc<AtomicBool>,
    receiver: Receiver<()>,
}

impl Stop {
    /// Starts catching them.
    fn catch() -> Result<Self, Failure> {
        let (sender, receiver) = mpsc::channel();
        let is_received = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&is_received);
        on_stop(move || {
            noted.store(true, Ordering::Relaxed);
            // The receiver is gone if the command has ended.
            let _ = sender.send(());
        })?;
        Ok(Self { is_received, receiver })
    }

    /// Tells whether a signal has arrived.
    fn is_received(&self) -> bool {
        self.is_received.load(Ordering::Relaxed)
    }

    /// Waits for a signal.
    fn comes_within(&self, time: Duration) -> bool {
        self.is_received() || self.receiver.recv_timeout(time).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::LaunchSite;

    #[test]
    fn a_single_look_that_a_signal_ends_before_its_end_fails() {
        let folder = tempfile::tempdir().unwrap();
        let hash = "ab".repeat(32);
        let build = folder.path().join(format!("basic_1.0-{hash}/bld"));
        fs::create_dir_all(&build).unwrap();
        let record =
            r#"{"platform":"docker","object":"dev-p-a","image":"i","port":1,"tls":"none","settings":"00"}"#;
        fs::write(build.join("launch.json"), record).unwrap();
        let settings = folder.path().join("launch.yaml");
        fs::write(&settings, "platform: docker\n").unwrap();
        let mut options = LaunchReconcile {
            site: LaunchSite { settings: Some(settings), peer_id: Some("p".to_owned()), mspid: None },
            builds: folder.path().to_owned(),
            every: None,
            packages: Vec::new(),
            renew: false,
            no_dial: false,
            json: false,
        };
        let (_sender, receiver) = mpsc::channel();
        let stop = Stop { is_received: Arc::new(AtomicBool::new(true)), receiver };
        let failure = run_until(&options, &stop).unwrap_err();
        assert_eq!(failure.number(), 48);
        assert!(failure.message().contains("before it had checked every build"), "{}", failure.message());
        options.every = Some(Duration::from_secs(1));
        run_until(&options, &stop).unwrap();
    }
}

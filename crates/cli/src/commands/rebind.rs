//! `ccs rebind`: changes how a peer dials installed chaincode, once or with each new version of a Secret.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use ccs_package_tools::connection::{read, text};
use ccs_peer_volume::rebind::{Client, Edit, Outcome, Rebind, Whole};
use ccs_peer_volume::secret::{self, Watch};
use ccs_peer_volume::{Error, builds};

use crate::cli;
use crate::failure::{Failure, USAGE};
use crate::output::{self, short};
use crate::stop_signals;
use crate::style::safe;

/// How often a Secret is read if the system reports no change.
const INTERVAL: Duration = Duration::from_mins(1);

/// The time without further changes after which a Secret is read, and the longest wait for it.
const QUIET: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);

/// What a change means for the running chaincode.
const EFFECT: &str = "\
The change takes effect when the peer launches the chaincode next, after the present stream has ended:
stop the old server, or start the peer again. connection.json.before holds the former content.
";

pub(crate) fn run(options: &cli::Rebind) -> Result<(), Failure> {
    let edit = edit(options)?;
    if let Some(folder) = &options.watch_secret {
        return follow(options, &edit, folder);
    }
    let outcome = rebind(options, &edit)?;
    if options.json {
        return output::print_json(&outcome);
    }
    tell(&outcome)?;
    if outcome.done || outcome.written.is_empty() {
        let file = output::word(&outcome.file);
        output::print_next(&format!("ccs probe {file} --id {}", outcome.package_id));
    } else {
        output::print_next("the same command without --dry-run, to write it");
    }
    Ok(())
}

/// Reads the change from the options.
fn edit(options: &cli::Rebind) -> Result<Edit, Failure> {
    let whole = |path: &PathBuf| Ok::<_, Failure>(Whole { path: path.clone(), bytes: read(path)? });
    let client = match (&options.client_cert, &options.client_key) {
        (Some(certificate), Some(key)) => {
            Some(Client { certificate: text(Some(certificate))?, key: text(Some(key))? })
        }
        _ => None,
    };
    let edit = Edit {
        whole: options.connection.as_ref().map(whole).transpose()?,
        address: options.address.clone(),
        dial_timeout: options.dial_timeout.clone(),
        root_cert: options.root_cert.as_deref().map(|path| text(Some(path))).transpose()?,
        client,
    };
    if edit.is_empty() && options.watch_secret.is_none() {
        return Err(Failure::new("there is nothing to change")
            .hint(
                "name a new address with --address, new certificates, or a whole file with --connection"
                    .to_owned(),
            )
            .with_number(USAGE));
    }
    Ok(edit)
}

fn rebind(options: &cli::Rebind, edit: &Edit) -> Result<Outcome, Error> {
    let cli::RebindPlace { builds: named, peer_volume } = &options.place;
    let volume = peer_volume.as_deref().map(builds::of_volume);
    let rebind = Rebind {
        builds: named.clone().or(volume).unwrap_or_default(),
        package: &options.package,
        builders: &options.builders,
        edit,
        is_trial: options.dry_run,
        now: SystemTime::now(),
    };
    rebind.run()
}

/// What ends the wait for the next version of a Secret.
enum Event {
    Changed,
    Stopped,
}

/// Rebinds now, and after each change of a Secret, until a signal arrives.
fn follow(options: &cli::Rebind, edit: &Edit, folder: &Path) -> Result<(), Failure> {
    let (sender, events) = mpsc::channel();
    let changed = sender.clone();
    // In both cases, the receiver is gone if the command has ended.
    stop_signals::on_stop(move || {
        let _ = sender.send(Event::Stopped);
    })?;
    let watch = Watch::begin(folder, move || {
        let _ = changed.send(Event::Changed);
    });
    if let Err(error) = &watch {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        output::warn(&format!("{}{hint}", ccs_builder::report::chain(error)));
    }
    let every = options.every.unwrap_or(INTERVAL);
    output::note(&safe(&format!("watches {} and reads it every {every:?}", folder.display())));
    let mut last = None;
    loop {
        let result = once(options, edit, folder);
        let failure = result.err().map(|failure| {
            if last.as_deref() != Some(failure.message()) {
                failure.print();
            }
            failure.message().to_owned()
        });
        last = failure;
        if let Ok(Event::Stopped) = next(&events, every) {
            output::note("was stopped");
            return Ok(());
        }
    }
}

/// Waits for an event, and after a change until there are no more for a moment: a program may write the files one after the other.
fn next(events: &mpsc::Receiver<Event>, every: Duration) -> Result<Event, mpsc::RecvTimeoutError> {
    let mut last = events.recv_timeout(every)?;
    let end = Instant::now() + PATIENCE;
    while matches!(last, Event::Changed) && Instant::now() < end {
        match events.recv_timeout(QUIET) {
            Ok(event) => last = event,
            Err(_) => break,
        }
    }
    Ok(last)
}

fn once(options: &cli::Rebind, edit: &Edit, folder: &Path) -> Result<(), Failure> {
    let mut edit = edit.clone();
    secret::read_into(folder, &mut edit)?;
    let outcome = rebind(options, &edit)?;
    match outcome.written.as_slice() {
        [] => Ok(()),
        _ if options.json => output::print_json_line(&outcome),
        _ => tell(&outcome),
    }
}

/// Prints the fields that differ, and when the change takes effect.
fn tell(outcome: &Outcome) -> Result<(), Failure> {
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", safe(&line));
    };
    let verb = match (outcome.written.is_empty(), outcome.done) {
        (true, _) => "is up to date",
        (false, true) => "was changed",
        (false, false) => "would change",
    };
    line(format!("{}: connection.json {verb}", short(&outcome.package_id)));
    for change in &outcome.changes {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        line(format!("  {}: {} -> {}", change.field, value(&change.before), value(&change.after)));
    }
    for file in &outcome.written {
        line(format!("  {} {}", if outcome.done { "wrote" } else { "would write" }, file.display()));
    }
    if outcome.done && !outcome.written.is_empty() {
        text.push_str(EFFECT);
    }
    output::print(&text)?;
    outcome.warnings.iter().for_each(|warning| output::warn(warning));
    Ok(())
}

//! `ccs launch gc`: deletes unused objects of launches.

use std::fmt::Write as _;

use ccs_launch_upkeep::builds::Builds;
use ccs_launch_upkeep::gc::{Garbage, Search};
use ccs_launch_upkeep::installed::Installed;
use ccs_launch_upkeep::lock::Lock;
use ccs_launch_upkeep::moment::now;
use ccs_launch_upkeep::platforms::Platforms;
use ccs_launch_upkeep::workload::Workload;
use serde::Serialize;

use super::list::age;
use super::site;
use crate::cli::LaunchGc;
use crate::failure::Failure;
use crate::output::{self, short};
use crate::style::safe;

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    garbage: &'a [Garbage],
    warnings: &'a [String],
}

pub(crate) fn run(options: &LaunchGc) -> Result<(), Failure> {
    let mut site = site(&options.site)?;
    if let Some(peer) = &options.peer {
        site.peer_id = Some(peer.clone());
    }
    // Held from before the builds are read until everything is deleted, so that no round of reconcile creates or renews these objects.
    let locked = options.builds.as_deref().filter(|_| options.yes);
    let _lock = locked.map(Lock::take).transpose()?;
    let builds = options.builds.as_deref().map(Builds::read).transpose()?;
    let installed = options.installed.as_deref().map(Installed::read).transpose()?;
    let platforms = Platforms::of(&site, builds.as_ref(), &options.namespaces)?;
    let listed = platforms.find()?;
    let (found, mut warnings) = (listed.known(), listed.warnings);
    let (peer_id, mspid) = (site.peer_id()?, site.mspid());
    let search = Search {
        peer_id: &peer_id,
        mspid: &mspid,
        is_named: options.peer.is_some(),
        builds: builds.as_ref(),
        installed: installed.as_ref(),
        names: &options.names,
        older_than: options.older_than.map(|time| time.as_secs()),
        now: now(),
    };
    let mut garbage = search.garbage(&found);
    search.each_name_is_met(&garbage)?;
    for garbage in &mut garbage {
        warnings.extend(garbage.add_secret(&platforms)?);
    }
    // A build that could not be read may refer to it.
    let unread = builds.as_ref().filter(|builds| !builds.warnings.is_empty());
    if let Some(builds) = unread {
        warnings.extend(builds.warnings.clone());
        if options.yes {
            warn(&warnings);
            return Err(Failure::new("nothing is deleted while a build cannot be read")
                .hint("repair or remove the build that is named above".to_owned()));
        }
    }
    let mut failed = search.is_certain(options.builds.as_deref(), &found, &garbage).err();
    let may_go = options.yes && failed.is_none();
    for garbage in garbage.iter_mut().filter(|_| may_go) {
        if let Err(failure) = garbage.delete(&platforms, builds.as_ref()) {
            failed = Some(failure);
            break;
        }
    }
    if options.json {
        output::print_json(&Document { garbage: &garbage, warnings: &warnings })?;
    } else {
        output::print(&text(&garbage))?;
        warn(&warnings);
        match &failed {
            Some(failure) if !options.yes => {
                let hint = failure.hint().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
                output::warn(&format!("{failure}{hint}"));
            }
            None if !options.yes && !garbage.is_empty() => {
                output::print_next("the same command with --yes, to delete it");
            }
            _ => {}
        }
    }
    failed.filter(|_| options.yes).map_or(Ok(()), |failure| Err(failure.into()))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        output::warn(warning);
    }
}

fn text(garbage: &[Garbage]) -> String {
    if garbage.is_empty() {
        return "nothing to delete\n".to_owned();
    }
    let mut text = String::new();
    for found in garbage {
        let verb = if found.deleted { "deleted" } else { "can be deleted" };
        let aged = found.age_seconds.map(|seconds| format!(", {} old", age(seconds))).unwrap_or_default();
        let line = format!(
            "{}: {verb}: {}{aged}: {}",
            short(&found.package_id),
            Workload::place(&found.namespace, &found.workload),
            found.reason
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", safe(&line));
        for part in &found.objects {
            let _ = writeln!(text, "  {} {} (UID {})", part.kind.word(), safe(&part.name), safe(&part.uid));
        }
    }
    text
}

//! `ccs prune`: deletes unused builds and packages of a stopped peer.

use std::fmt::Write as _;

use ccs_peer_volume::definitions::Definitions;
use ccs_peer_volume::prune::{Outcome, Prune};

use crate::cli;
use crate::failure::Failure;
use crate::output::{self, short};
use crate::style::safe;

pub(crate) fn run(options: &cli::Prune) -> Result<(), Failure> {
    let mut definitions = Definitions::default();
    options.definitions.iter().try_for_each(|path| definitions.read(path))?;
    let variables = ccs_doctor::read_variables(options.env.as_deref(), false)?;
    let builders = options.core.as_deref().map(|core| ccs_doctor::builder_names(core, &variables));
    let builders = builders.transpose()?;
    let prune = Prune {
        volume: &options.peer_volume,
        definitions: (!options.definitions.is_empty()).then_some(&definitions),
        keep: &options.keep,
        builders: builders.as_deref(),
        is_confirmed: options.yes,
    };
    let outcome = prune.run()?;
    if options.json {
        output::print_json(&outcome)?;
    } else {
        output::print(&text(&outcome))?;
        for entry in &outcome.ignored {
            output::warn(&format!("{} stays: {}", entry.path.display(), entry.reason));
        }
        if !options.yes && !outcome.garbage.is_empty() {
            output::print_next("the same command with --yes, to delete them");
        }
    }
    outcome.failure.map_or(Ok(()), |error| Err(error.into()))
}

fn text(outcome: &Outcome) -> String {
    if outcome.garbage.is_empty() {
        return "nothing to delete\n".to_owned();
    }
    let mut text = String::new();
    for found in &outcome.garbage {
        let verb = if found.deleted { "deleted" } else { "can be deleted" };
        let again = if found.is_rebuilt { "; the peer builds the package again when it starts" } else { "" };
        let (id, kind) = (short(&found.package_id), found.kind.word());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", safe(&format!("{id}: {verb}: {kind}: {}{again}", found.reason)));
        let _ = writeln!(text, "  {}", safe(&found.path.display().to_string()));
    }
    text
}

//! `ccs launch check`: checks the requirements of launches.

use std::fmt::Write as _;

use ccs_launch_site::surroundings;
use ccs_launch_upkeep::check::{Check, Document, Item};

use super::site;
use crate::cli::LaunchCheck;
use crate::failure::Failure;
use crate::output;
use crate::style::{self, safe};

pub(crate) fn run(options: &LaunchCheck) -> Result<(), Failure> {
    let file = options.site.settings.clone().or_else(surroundings::named);
    let site = site(&options.site);
    let check = Check { file: file.as_deref(), site: &site, builds: options.builds.as_deref() };
    let document = check.document();
    if options.json {
        output::print_json(&document)?;
    } else {
        output::print(&text(&document))?;
    }
    match document.exit_code {
        0 => Ok(()),
        code => Err(Failure::silent(code)),
    }
}

/// Writes each item with its verdict, grouped by feature.
pub(crate) fn text(document: &Document) -> String {
    let mut text = String::new();
    let mut feature = "";
    for item in &document.items {
        if item.feature != feature {
            feature = &item.feature;
            let name = style::NAME;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}{}{name:#}", safe(feature));
        }
        let (color, word) = word(item);
        let _ = writeln!(text, "  {color}{word:<8}{color:#} {}: {}", safe(&item.what), safe(&item.message));
        if let Some(hint) = &item.hint {
            let faint = style::FAINT;
            let _ = writeln!(text, "           {faint}hint: {}{faint:#}", safe(hint));
        }
    }
    if !document.rules.is_empty() {
        text.push_str("\nrules:\n");
        for rule in &document.rules {
            let _ = writeln!(text, "  - {}", safe(rule));
        }
    }
    text
}

fn word(item: &Item) -> (anstyle::Style, &'static str) {
    match (item.ok, item.required) {
        (true, _) => (style::GOOD, "ok"),
        (false, true) => (style::BAD, "missing"),
        (false, false) => (style::WARN, "optional"),
    }
}

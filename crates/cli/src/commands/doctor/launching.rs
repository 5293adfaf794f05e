//! The missing requirements of each builder with a launch.yaml: the result of `ccs launch check` with the peer's variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ccs_doctor::{Builder, Report};
use ccs_launch::settings::{FILE, VARIABLE};
use ccs_launch_upkeep::check::{Check, Document};
use ccs_launch_upkeep::site::Site;
use serde::Serialize;

use crate::commands::launch::check;
use crate::style::{self, safe};

/// The result for one builder.
#[derive(Serialize)]
pub(super) struct Launching {
    builder: String,
    #[serde(flatten)]
    check: Document,
}

impl Launching {
    /// Checks every builder that has settings for launches; the variables are those of the peer's process.
    pub(super) fn of(report: &Report, variables: &BTreeMap<String, String>) -> Vec<Self> {
        let checked = |builder: &Builder| {
            let passed_on = passed_on(builder, variables);
            let file = file(builder, &passed_on)?;
            let site =
                Site::read(Some(&file), None, None).map(|site| Site { variables: Some(passed_on), ..site });
            let check = Check { file: Some(&file), site: &site, builds: None }.document();
            Some(Self { builder: builder.name.clone(), check })
        };
        report.builders.iter().filter_map(checked).collect()
    }

    /// Returns the number of missing requirements.
    pub(super) fn missing(&self) -> usize {
        self.check.items.iter().filter(|item| item.required && !item.ok).count()
    }

    pub(super) fn text(&self) -> String {
        let name = style::NAME;
        format!("{name}what {} needs to launch{name:#}\n{}\n", safe(&self.builder), check::text(&self.check))
    }
}

fn passed_on(builder: &Builder, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let passed_on = variables.iter().filter(|(name, _)| builder.propagates.contains(name));
    passed_on.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns the settings that the builder would read, if any.
fn file(builder: &Builder, passed_on: &BTreeMap<String, String>) -> Option<PathBuf> {
    match passed_on.get(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => Some(PathBuf::from(path)),
        None => Some(Path::new(&builder.path).join(FILE)).filter(|path| path.exists()),
    }
}

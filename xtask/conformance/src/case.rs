//! A case as it is written: `case.toml` and the folder around it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::action::Action;
use super::recipe::Recipe;

/// One folder under `conformance/cases`.
pub(crate) struct Case {
    /// `group/name`.
    pub(crate) name: String,
    /// The folder itself.
    pub(crate) folder: PathBuf,
    /// What a builder should do here, in one sentence.
    pub(crate) title: String,
    /// What is run, and where.
    pub(crate) script: Script,
}

/// The content of `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    title: String,
    /// The folder that holds `src`, `metadata`, `bld` and `release`; a peer's name for it unless given.
    #[serde(default = "default_scratch")]
    pub(crate) scratch: String,
    /// The umask of the programs, in octal.
    #[serde(default = "default_umask")]
    pub(crate) umask: String,
    /// Whether the input starts with the files of `conformance/base`.
    #[serde(default = "yes")]
    pub(crate) base: bool,
    /// Variables for every step.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Certificates that are made for this run.
    #[serde(default)]
    pub(crate) certificates: BTreeMap<String, Recipe>,
    /// What git cannot keep.
    #[serde(default)]
    pub(crate) setup: Vec<Action>,
    /// The programs to run, in this order.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// One call of a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `detect`, `build` or `release`.
    pub(crate) run: Program,
    /// The arguments; those of a peer unless given.
    pub(crate) args: Option<Vec<String>>,
    /// Variables for this step.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// The exit code.
    #[serde(default)]
    pub(crate) exit: i32,
    /// Whether `bld` lies on a disk with room for 4 KiB.
    #[serde(default)]
    pub(crate) full_disk: bool,
    /// What happens before this step and after the one before.
    #[serde(default)]
    pub(crate) setup: Vec<Action>,
}

/// A program of a builder.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Program {
    /// Says whether the package is for this builder.
    Detect,
    /// Turns the sources into the build output.
    Build,
    /// Turns the build output into what the peer reads.
    Release,
}

impl Program {
    /// The name of the file under `bin`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Build => "build",
            Self::Release => "release",
        }
    }

    /// The arguments that a peer gives (Fabric 3.1 `core/container/externalbuilder/externalbuilder.go`).
    pub(crate) fn peer_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Detect => &["{src}", "{metadata}"],
            Self::Build => &["{src}", "{metadata}", "{bld}"],
            Self::Release => &["{bld}", "{release}"],
        }
    }
}

impl Case {
    /// Reads every case under `folder` whose name contains `filter`, in the order of their names.
    pub(crate) fn all(folder: &Path, filter: Option<&str>) -> Result<Vec<Self>> {
        let mut cases = Vec::new();
        for entry in walkdir::WalkDir::new(folder).min_depth(2).max_depth(2).sort_by_file_name() {
            let entry = entry?;
            let name = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
            if filter.is_none_or(|filter| name.contains(filter)) {
                cases.push(Self::read(name, entry.path())?);
            }
        }
        Ok(cases)
    }

    fn read(name: String, folder: &Path) -> Result<Self> {
        let file = folder.join("case.toml");
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let script: Script = toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        if script.steps.is_empty() {
            bail!("{} has no step", file.display());
        }
        Ok(Self { name, folder: folder.to_path_buf(), title: script.title.clone(), script })
    }

    /// Returns whether the case ends with a refusal.
    pub(crate) fn is_refusal(&self) -> bool {
        self.script.steps.last().is_some_and(|step| step.exit != 0)
    }
}

/// A scratch folder as a peer names it: `fabric-`, the package ID with `-` for `:`, and random digits.
fn default_scratch() -> String {
    "fabric-asset-5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c5921234567890".to_owned()
}

fn default_umask() -> String {
    "022".to_owned()
}

fn yes() -> bool {
    true
}

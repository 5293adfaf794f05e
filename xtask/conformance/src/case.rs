//! A case: `case.toml`, and the folder that contains it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::action::Action;
use super::recipe::Recipe;

/// A folder in `conformance/cases`.
pub(crate) struct Case {
    /// `group/name`.
    pub(crate) name: String,
    /// The folder itself.
    pub(crate) folder: PathBuf,
    /// The expected behavior of a builder, in one sentence.
    pub(crate) title: String,
    /// The programs to run, and the input.
    pub(crate) script: Script,
}

/// The content of `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    title: String,
    /// The folder that contains `src`, `metadata`, `bld` and `release`; by default a peer's name for it.
    #[serde(default = "default_scratch")]
    pub(crate) scratch: String,
    /// The umask of the programs, in octal.
    #[serde(default = "default_umask")]
    pub(crate) umask: String,
    /// Whether the input includes the files of `conformance/base`.
    #[serde(default = "yes")]
    pub(crate) base: bool,
    /// Variables for every step.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Certificates to create for each run.
    #[serde(default)]
    pub(crate) certificates: BTreeMap<String, Recipe>,
    /// Actions for files that git cannot store.
    #[serde(default)]
    pub(crate) setup: Vec<Action>,
    /// The programs to run, in order.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// One call of a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `detect`, `build` or `release`.
    pub(crate) run: Program,
    /// The arguments; by default those of a peer.
    pub(crate) args: Option<Vec<String>>,
    /// Variables for this step.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// The expected exit code.
    #[serde(default)]
    pub(crate) exit: i32,
    /// Whether `bld` is on a disk with space for only 4 KiB.
    #[serde(default)]
    pub(crate) full_disk: bool,
    /// Actions before this step.
    #[serde(default)]
    pub(crate) setup: Vec<Action>,
}

/// A program of a builder.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Program {
    /// Decides whether the builder handles the package.
    Detect,
    /// Converts the source to the build output.
    Build,
    /// Converts the build output to the files that the peer reads.
    Release,
}

impl Program {
    /// Returns the file name in `bin`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Build => "build",
            Self::Release => "release",
        }
    }

    /// Returns the arguments that a peer passes (Fabric 3.1 `core/container/externalbuilder/externalbuilder.go`).
    pub(crate) fn peer_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Detect => &["{src}", "{metadata}"],
            Self::Build => &["{src}", "{metadata}", "{bld}"],
            Self::Release => &["{bld}", "{release}"],
        }
    }
}

impl Case {
    /// Reads every case in `folder` whose name contains `filter`, sorted by name.
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

    /// Returns whether the case ends with a failure.
    pub(crate) fn is_refusal(&self) -> bool {
        self.script.steps.last().is_some_and(|step| step.exit != 0)
    }
}

/// Returns a peer's name for a scratch folder: `fabric-`, the package ID with `-` for `:`, and random digits.
fn default_scratch() -> String {
    "fabric-asset-5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c5921234567890".to_owned()
}

fn default_umask() -> String {
    "022".to_owned()
}

fn yes() -> bool {
    true
}

//! `layers.toml`: the rules as data.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The content of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rules {
    /// The maximum number of product lines of a crate.
    pub(crate) most_lines: usize,
    /// Crates that others must not depend on.
    #[serde(default)]
    pub(crate) forbidden: Vec<Forbidden>,
}

/// Forbidden dependencies of some crates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forbidden {
    /// The packages of this workspace to which the rule applies.
    pub(crate) crates: Vec<String>,
    /// The packages that they must not depend on, directly or through others.
    pub(crate) dependencies: Vec<String>,
    /// The reason.
    pub(crate) reason: String,
}

impl Rules {
    /// Reads the file.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
    }
}

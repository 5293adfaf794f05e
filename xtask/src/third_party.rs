//! `cargo xtask third-party`: writes the licenses of the libraries in the released programs, for archives and images.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::cargo_tools::ABOUT;
use crate::tally::Tally;
use crate::workspace;

/// The programs of a release. `ccs` contains the libraries of the others.
const PROGRAMS: [&str; 3] = ["ccs", "ccs-builder", "ccs-launcher"];

/// Options of `cargo xtask third-party`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The file to write; `docker build` copies this one into the images
    #[arg(default_value = "THIRD_PARTY_LICENSES")]
    file: PathBuf,
}

/// Writes the file, and checks that it names each library of each program.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let file = workspace::root().join(&options.file);
    let mut about = ABOUT.command()?;
    about.args(["generate", "--fail", "--locked", "--manifest-path", "crates/cli/Cargo.toml"]);
    about.args(["--config", "deploy/release/about.toml", "--output-file"]).arg(&file);
    workspace::succeed(about.arg("deploy/release/licenses.hbs"))?;
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let libraries = libraries()?;
    let missing: Vec<_> =
        libraries.iter().filter(|library| !text.lines().any(|line| names(line, library))).collect();
    ensure!(missing.is_empty(), "{} does not name {missing:?}", file.display());
    println!("passed  third-party: {} libraries in {}", libraries.len(), file.display());
    Ok(Tally::PASSED)
}

/// Tells whether a line is that of a library, `  NAME VERSION  REPOSITORY`.
fn names(line: &str, library: &str) -> bool {
    line.trim_start().strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Returns `NAME VERSION` of each library in the programs.
fn libraries() -> Result<BTreeSet<String>> {
    let mut tree = workspace::cargo(["tree", "--locked", "--edges", "normal", "--prefix", "none"]);
    tree.args(["--target", "x86_64-unknown-linux-musl", "--format", "{p}"]);
    tree.args(PROGRAMS.iter().flat_map(|program| ["--package", program]));
    let output = tree.output().context("cannot start cargo tree")?;
    ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    // `NAME vVERSION`, followed by `(PATH)` for our own.
    let all = String::from_utf8(output.stdout)?;
    let lines = all.lines().filter(|line| !line.contains("(/") && !line.is_empty());
    Ok(lines.map(|line| line.replace(" v", " ").replace(" (proc-macro)", "").replace(" (*)", "")).collect())
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::workspace;

    #[test]
    fn a_library_is_named_with_its_version() {
        assert!(names("  serde 1.0.1  https://github.com/serde-rs/serde", "serde 1.0.1"));
        assert!(!names("  serde 1.0.10  https://github.com/serde-rs/serde", "serde 1.0.1"));
    }

    #[test]
    fn the_accepted_licenses_are_those_that_may_be_used() {
        let list = |file: &str, keys: &[&str]| {
            let text = std::fs::read_to_string(workspace::root().join(file)).unwrap();
            let mut value = &toml::Value::Table(text.parse().unwrap());
            for key in keys {
                value = &value[*key];
            }
            value.as_array().unwrap().clone()
        };
        assert_eq!(
            list("deploy/release/about.toml", &["accepted"]),
            list("deny.toml", &["licenses", "allow"])
        );
    }
}

//! The observed behavior of a builder in a case.

use std::path::Path;

use anyhow::Result;

use super::case::{Case, Program};
use super::certificates;
use super::host::{self, Finished};
use super::redact;
use super::scratch::Scratch;
use super::setup;
use super::texts::Texts;
use super::tree::{self, Kind, Tree};

/// The results of all steps of a case.
pub(crate) struct Observed {
    /// One result for each step that ran; a step with an unexpected failure ends the case.
    pub(crate) steps: Vec<ObservedStep>,
    /// All entries outside the input, with placeholders for certificates.
    pub(crate) output: Tree,
    /// The input before the first step.
    pub(crate) input: Tree,
    /// The changed entries of the input.
    pub(crate) changed_input: Vec<String>,
}

/// The result of one step.
pub(crate) struct ObservedStep {
    /// The program.
    pub(crate) program: Program,
    /// The exit code; [`None`] if a signal ended the program.
    pub(crate) exit: Option<i32>,
    /// A description of how it ended.
    pub(crate) ending: String,
    /// Its text on stderr, redacted.
    pub(crate) stderr: String,
    /// Its text on stdout.
    pub(crate) stdout: String,
    /// The general rules that the program violated.
    pub(crate) broken_rules: Vec<String>,
}

impl Observed {
    /// Runs a case in the folder `root`; returns [`None`] if this machine does not support it.
    pub(crate) fn of(case: &Case, programs: &Path, root: &Path) -> Result<Option<Self>> {
        if case.script.steps.iter().any(|step| step.full_disk) && !host::can_mount() {
            return Ok(None);
        }
        let texts = certificates::make(&case.script.certificates)?;
        let scratch = Scratch::lay_out(case, &texts, programs, root)?;
        for action in &case.script.setup {
            setup::perform(action, &scratch, &texts)?;
        }
        let input = input(&scratch, &texts)?;
        let mut steps = Vec::new();
        let mut changed_input = Vec::new();
        for step in &case.script.steps {
            for action in &step.setup {
                setup::perform(action, &scratch, &texts)?;
            }
            host::hand_over(&scratch)?;
            let before = self::input(&scratch, &texts)?;
            let finished = host::run(&case.script, step, &scratch, &texts)?;
            changed_input.extend(changed(&before, &self::input(&scratch, &texts)?));
            let as_expected = finished.exit == Some(step.exit);
            steps.push(ObservedStep::of(step.run, finished, &scratch, &texts));
            if !as_expected {
                break;
            }
        }
        Ok(Some(Self { steps, output: output(&scratch, &texts)?, changed_input, input }))
    }
}

impl ObservedStep {
    fn of(program: Program, finished: Finished, scratch: &Scratch, texts: &Texts) -> Self {
        let broken_rules = broken_rules(&finished);
        let redacted = |content: &[u8]| {
            let content = texts.redact(redact::output(content, &scratch.placeholders()));
            super::escape::encode(&content)
        };
        Self {
            program,
            exit: finished.exit,
            stderr: redacted(&finished.stderr),
            stdout: redacted(&finished.stdout),
            ending: finished.ending,
            broken_rules,
        }
    }
}

/// Checks the rules for every program in every case.
fn broken_rules(finished: &Finished) -> Vec<String> {
    /// The limit is far below the 64 KiB at which a peer stops reading.
    const LONGEST_LINE: usize = 4096;
    let mut broken = Vec::new();
    if let Some(line) = finished.stderr.split(|&byte| byte == b'\n').find(|line| line.len() >= LONGEST_LINE) {
        broken.push(format!("a line of {} bytes on stderr, {LONGEST_LINE} are too many", line.len()));
    }
    if !finished.stderr.is_empty() && !finished.stderr.ends_with(b"\n") {
        broken.push("the last line on stderr does not end".to_owned());
    }
    if finished.left_children {
        broken.push("a process is left behind".to_owned());
    }
    broken
}

/// Returns the folders that a builder must not change.
fn input(scratch: &Scratch, texts: &Texts) -> Result<Tree> {
    let mut tree = listed(scratch, texts, "src")?;
    tree.extend(listed(scratch, texts, "metadata")?);
    Ok(tree)
}

/// Returns the folders to which a builder may write.
fn output(scratch: &Scratch, texts: &Texts) -> Result<Tree> {
    let mut tree = Tree::new();
    for name in ["bld", "release", "cwd"] {
        tree.extend(listed(scratch, texts, name)?);
    }
    // Files next to the four folders of the package, such as temporary files.
    for (path, entry) in listed(scratch, texts, "")? {
        if !["src", "metadata", "bld", "release", ""].contains(&path.split('/').next().unwrap_or_default()) {
            tree.insert(path, entry);
        }
    }
    Ok(tree)
}

fn listed(scratch: &Scratch, texts: &Texts, name: &str) -> Result<Tree> {
    let mut tree = tree::list(&scratch.place(Path::new(name)), name)?;
    for entry in tree.values_mut() {
        if let Kind::File(content) = &mut entry.kind {
            *content = texts.redact(std::mem::take(content));
        }
        if let Kind::Link(target) = &mut entry.kind {
            *target = String::from_utf8_lossy(&redact::output(target.as_bytes(), &scratch.placeholders()))
                .into_owned();
        }
    }
    Ok(tree)
}

fn changed(before: &Tree, after: &Tree) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

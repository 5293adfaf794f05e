//! Compares the answers of two peers to the clients of the transcript.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::programs;
use crate::dev_peer::programs::Runner;
use crate::processes::finish;
use crate::report::Report;

/// How long the transcript may take.
const TRANSCRIPT: Duration = Duration::from_mins(8);

/// One line of the runner's file: what a peer answered in one step.
#[derive(Deserialize)]
struct Answer {
    step: String,
    said: Vec<String>,
}

/// A table `[[difference]]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    steps: Vec<String>,
    /// Only on these releases; on all without it.
    #[serde(default)]
    releases: Vec<String>,
    /// What Fabric's answer contains.
    fabric: String,
    /// What the answer of the development peer contains.
    here: String,
    /// Why it is so.
    reason: String,
}

#[derive(Default, Deserialize)]
struct Differences {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// The answers of one peer by step.
pub(super) struct Answers(BTreeMap<String, String>);

/// Runs the transcript on a peer, and keeps what it answers in a file; what it should answer is checked elsewhere.
pub(super) fn ask(endpoint: &str, organizations: &Path, file: &Path) -> Result<()> {
    let mut runner = Runner::Go.on(endpoint, organizations);
    let finished = finish(runner.arg("--answers").arg(file), TRANSCRIPT)?;
    ensure!(file.is_file(), "the transcript did not run: {}{}", finished.stdout, finished.stderr);
    Ok(())
}

impl Answers {
    /// Reads the file of the runner.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut answers = BTreeMap::new();
        for line in text.lines() {
            let Answer { step, said } = serde_json::from_str(line)?;
            if answers.insert(step.clone(), said.join("\n")).is_some() {
                bail!("two steps of the transcript have the name {step}");
            }
        }
        ensure!(!answers.is_empty(), "{} holds no answer", file.display());
        Ok(Self(answers))
    }
}

/// Compares Fabric's answers with ours, step by step; `differences.toml` lists where they may differ.
pub(super) fn compare(report: &mut Report, release: &str, fabric: &Answers, here: &Answers) -> Result<()> {
    let file = programs::folder().join("differences.toml");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let listed: Differences =
        toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))?;
    for difference in &listed.difference {
        ensure!(!difference.reason.is_empty(), "a difference in {} has no reason", file.display());
        for step in &difference.steps {
            ensure!(
                here.0.contains_key(step),
                "{} lists {step}, which the transcript does not have",
                file.display()
            );
        }
    }
    for (step, here) in &here.0 {
        report.check(step, || {
            let fabric = fabric.0.get(step).context("Fabric was not asked")?;
            verdict(listed.of(step, release), fabric, here)
        });
    }
    Ok(())
}

impl Differences {
    fn of(&self, step: &str, release: &str) -> Option<&Difference> {
        self.difference.iter().find(|difference| {
            let on_release =
                difference.releases.is_empty() || difference.releases.iter().any(|name| name == release);
            on_release && difference.steps.iter().any(|name| name == step)
        })
    }
}

/// Tells whether two answers are as they should be: equal, or different as listed.
fn verdict(listed: Option<&Difference>, fabric: &str, here: &str) -> Result<()> {
    let both = format!("\n  Fabric: {}\n  here:   {}", indented(fabric), indented(here));
    match listed {
        None => ensure!(fabric == here, "the answers differ, and differences.toml does not list it{both}"),
        Some(listed) => {
            ensure!(fabric != here, "the answers are equal, and differences.toml lists a difference{both}");
            let as_listed = fabric.contains(&listed.fabric) && here.contains(&listed.here);
            ensure!(as_listed, "the answers differ otherwise than differences.toml lists{both}");
        }
    }
    Ok(())
}

fn indented(answer: &str) -> String {
    answer.replace('\n', "\n          ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Difference {
        Difference { fabric: "leveldb".to_owned(), here: "result".to_owned(), ..Difference::default() }
    }

    fn error(listed: Option<&Difference>, fabric: &str, here: &str) -> String {
        verdict(listed, fabric, here).unwrap_err().to_string()
    }

    #[test]
    fn equal_answers_are_as_they_should_be() {
        verdict(None, "result: one", "result: one").unwrap();
    }

    #[test]
    fn a_difference_that_is_not_listed_fails_with_both_answers() {
        let error = error(None, "code: ABORTED\nmessage: no", "result: one");
        assert!(error.contains("differences.toml does not list it\n  Fabric: code: ABORTED"), "{error}");
        assert!(error.ends_with("\n  here:   result: one"), "{error}");
    }

    #[test]
    fn a_listed_difference_passes_only_as_it_is_listed() {
        verdict(Some(&listed()), "not supported for leveldb", "result: []").unwrap();
        let error = error(Some(&listed()), "some other error", "result: []");
        assert!(error.contains("the answers differ otherwise than differences.toml lists"), "{error}");
    }

    #[test]
    fn a_listed_difference_that_is_none_fails() {
        let error = error(Some(&listed()), "result: []", "result: []");
        assert!(error.contains("the answers are equal, and differences.toml lists a difference"), "{error}");
    }

    #[test]
    fn a_difference_may_be_that_of_one_release() {
        let difference = Difference {
            steps: vec!["put".to_owned()],
            releases: vec!["2.5.0".to_owned()],
            ..Difference::default()
        };
        let differences = Differences { difference: vec![difference] };
        assert!(differences.of("put", "2.5.0").is_some());
        assert!(differences.of("put", "3.1.0").is_none());
        assert!(differences.of("get", "2.5.0").is_none());
    }
}

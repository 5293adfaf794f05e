//! `conformance/differences.toml`: differences in the behavior of Fabric's own builder, with the reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Options;
use super::case::Case;
use super::compare::{Aspect, Found};

/// The content of the file.
#[derive(Default)]
pub(crate) struct Differences {
    /// Aspects that may differ in every case.
    everywhere: BTreeSet<Aspect>,
    /// Aspects by case.
    cases: BTreeMap<String, BTreeSet<Aspect>>,
    /// Whether an absent difference that is listed is a failure.
    exactly: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    everywhere: Vec<Everywhere>,
    difference: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Everywhere {
    aspect: Aspect,
    fabric: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    cases: Vec<String>,
    aspects: Vec<Aspect>,
    fabric: String,
    reason: String,
}

/// The result of comparing the differences of one case with the list.
pub(crate) enum Verdict {
    /// There are no differences except for those of every case.
    Passed,
    /// There are differences, and all of them are listed.
    Listed,
    /// There are other differences, for these reasons.
    Failed(Vec<String>),
}

impl Differences {
    /// Returns an empty list, for this project's own builder.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Reads the file; each entry must have an existing case, a description and a reason.
    pub(crate) fn read(file: &Path, cases: &[Case], options: &Options) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let File { everywhere, difference: listed } =
            toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        let selected = |name: &str| options.filter.as_deref().is_none_or(|filter| name.contains(filter));
        let mut by_case = BTreeMap::new();
        for Listed { cases: names, aspects, fabric, reason } in listed {
            said(&names.join(", "), &fabric, &reason)?;
            let aspects: BTreeSet<Aspect> = aspects.into_iter().collect();
            for name in names {
                if selected(&name) && !cases.iter().any(|case| case.name == name) {
                    bail!("{} lists {name}, but there is no such case", file.display());
                }
                if by_case.insert(name.clone(), aspects.clone()).is_some() {
                    bail!("{} lists {name} twice", file.display());
                }
            }
        }
        for Everywhere { aspect, fabric, reason } in &everywhere {
            said(&format!("{aspect:?}"), fabric, reason)?;
        }
        let everywhere = everywhere.into_iter().map(|everywhere| everywhere.aspect).collect();
        Ok(Self { everywhere, cases: by_case, exactly: options.exactly })
    }

    /// Compares the differences of a case with the list.
    pub(crate) fn judge(&self, name: &str, found: &[Found]) -> Verdict {
        let empty = BTreeSet::new();
        let listed = self.cases.get(name).unwrap_or(&empty);
        let is_listed = |aspect: &Aspect| listed.contains(aspect);
        let mut reasons: Vec<String> = found
            .iter()
            .filter(|found| !is_listed(&found.aspect) && !self.everywhere.contains(&found.aspect))
            .map(|found| format!("{:?}: {}", found.aspect, found.account))
            .collect();
        let shows = |aspect: &Aspect| found.iter().any(|found| found.aspect == *aspect);
        if self.exactly {
            let absent = listed.iter().filter(|aspect| !shows(aspect));
            reasons.extend(absent.map(|aspect| {
                format!("{aspect:?}: differences.toml lists this difference, but it did not occur")
            }));
        }
        match (reasons.is_empty(), listed.iter().any(shows)) {
            (true, false) => Verdict::Passed,
            (true, true) => Verdict::Listed,
            (false, _) => Verdict::Failed(reasons),
        }
    }
}

fn said(name: &str, fabric: &str, reason: &str) -> Result<()> {
    if fabric.trim().is_empty() || reason.trim().is_empty() {
        bail!(
            "the entry {name} does not describe the behavior of Fabric's builder and the reason why this one differs"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Aspect, Differences, Found, Verdict};

    fn differences(exactly: bool) -> Differences {
        Differences {
            everywhere: [Aspect::Stderr].into(),
            cases: [("a/b".to_owned(), [Aspect::Verdict].into())].into(),
            exactly,
        }
    }

    fn found(aspect: Aspect) -> Found {
        Found { aspect, account: "account".to_owned() }
    }

    #[test]
    fn a_listed_difference_is_no_failure() {
        let verdict = differences(true).judge("a/b", &[found(Aspect::Verdict), found(Aspect::Stderr)]);
        assert!(matches!(verdict, Verdict::Listed));
    }

    #[test]
    fn an_unlisted_difference_is_a_failure_with_its_account() {
        let Verdict::Failed(reasons) = differences(false).judge("a/c", &[found(Aspect::Verdict)]) else {
            panic!("the difference was let through");
        };
        assert_eq!(reasons, ["Verdict: account"]);
    }

    #[test]
    fn a_listed_difference_that_does_not_show_fails_only_when_asked() {
        assert!(matches!(differences(false).judge("a/b", &[]), Verdict::Passed));
        assert!(matches!(differences(true).judge("a/b", &[]), Verdict::Failed(_)));
    }
}

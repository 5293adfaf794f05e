//! The subjects of commits: `[area] Imperative sentence`.

use anyhow::Result;
use regex::Regex;

/// The maximum length of a subject, in characters.
const LONGEST: usize = 72;

/// Areas in brackets, and a sentence without a full stop.
const FORM: &str = r"^\[[a-z0-9-]+(, [a-z0-9-]+)*\] [A-Z].*[^.\s]$";

/// A first word that is not an imperative: `Adds`, `Added`, `Adding`.
const NOT_IMPERATIVE: &str = r"\] [A-Z][a-z]*([^s]s|ed|ing)\b";

/// Imperatives with such an ending.
const IMPERATIVES: &str = r"\] (Bring|Embed|Exceed|Feed|Need|Proceed|Ping|Seed|Speed|Succeed|Focus)\b";

/// Returns what is wrong with the subject of a commit, if anything.
///
/// # Errors
///
/// If one of the regular expressions is invalid, which the tests rule out.
pub fn fault(subject: &str) -> Result<Option<String>> {
    let matches = |expression: &str| Ok::<_, anyhow::Error>(Regex::new(expression)?.is_match(subject));
    let length = subject.chars().count();
    Ok(if !matches(FORM)? {
        Some("the form is \"[area] Imperative sentence\", without a full stop".to_owned())
    } else if matches(NOT_IMPERATIVE)? && !matches(IMPERATIVES)? {
        Some("the first word is an imperative, such as Add, not Adds, Added or Adding".to_owned())
    } else if length > LONGEST {
        Some(format!("it has {length} characters, more than {LONGEST}"))
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_have_areas_and_an_imperative_sentence() {
        for subject in [
            "[docs] Rewrite the change log",
            "[cli, launch-docker] Bring the output in order",
            "[xtask] Pass each path once",
            "[builder] Reject `a.b`",
        ] {
            assert_eq!(fault(subject).unwrap(), None, "{subject}");
        }
        let form = "the form is \"[area] Imperative sentence\", without a full stop";
        for subject in
            ["WIP", "docs: Add a page", "[docs] add a page", "[docs] Add a page.", "[Docs] Add", "[docs]Add"]
        {
            assert_eq!(fault(subject).unwrap().as_deref(), Some(form), "{subject}");
        }
        for word in ["Adds", "Added", "Adding"] {
            let fault = fault(&format!("[docs] {word} a page")).unwrap().unwrap();
            assert!(fault.starts_with("the first word is an imperative"), "{fault}");
        }
        let long = fault(&format!("[docs] Add {}", "x".repeat(62))).unwrap().unwrap();
        assert_eq!(long, "it has 73 characters, more than 72");
    }
}

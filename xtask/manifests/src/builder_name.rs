//! Checks that settings and messages everywhere call the builder by one name.
//!
//! A peer records the name of a builder with each build, and cannot launch chaincode whose builder has another name now. An
//! operator must therefore find the same name in the pages, the manifests and the output of `ccs-builder install`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use xtask_base::workspace;

/// The files and folders to search. Decisions keep the words of their time.
const PLACES: [&str; 8] = [
    "README.md",
    "docs",
    "deploy",
    "crates/builder/src",
    "crates/cli/src",
    "crates/doctor/src",
    "crates/explain/src/lib.rs",
    "samples",
];

/// Folders that are not searched.
const OTHERS: [&str; 4] = ["decisions", "node_modules", "target", "dist"];

/// Builders of other projects that pages name.
const OF_OTHERS: [&str; 1] = ["k8s_builder"];

/// The texts before a builder's name, and the character after it.
const MENTIONS: [(&str, char); 3] =
    [("builder '", '\''), ("chaincode.externalbuilder.", ']'), ("chaincode.externalbuilder.", '`')];

/// Returns the places that use another name than `builder`.
pub(crate) fn differences(builder: &str) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for place in PLACES {
        search(&workspace::root().join(place), builder, &mut wrong)?;
    }
    Ok(wrong)
}

fn search(path: &Path, builder: &str, wrong: &mut Vec<String>) -> Result<()> {
    let shown = path.strip_prefix(workspace::root()).unwrap_or(path).display();
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("cannot read {shown}"))?;
        for entry in entries {
            let entry = entry?;
            if !OTHERS.iter().any(|other| entry.file_name() == *other) {
                search(&entry.path(), builder, wrong)?;
            }
        }
        return Ok(());
    }
    let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
    for name in names(&text) {
        if name != builder && !OF_OTHERS.contains(&name) {
            wrong.push(format!("{shown} calls a builder {name:?}, deploy/names.toml calls it {builder:?}"));
        }
    }
    Ok(())
}

/// Returns the names of external builders in settings and in messages of a peer.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, start) in text.match_indices("name: ") {
        let rest = &text[at + start.len()..];
        let name = &rest[..rest.find([',', '\n', '}']).unwrap_or(rest.len())];
        let next = rest[name.len()..].trim_start_matches([',', ' ', '\n']);
        if next.starts_with("path: ") {
            names.push(name);
        }
    }
    for (start, end) in MENTIONS {
        for (at, _) in text.match_indices(start) {
            let rest = &text[at + start.len()..];
            let name = rest.find(end).map_or("", |length| &rest[..length]);
            names.push(name);
        }
    }
    // What is left out stands for any name.
    let is_name = |name: &&str| {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        !name.is_empty() && name.chars().all(is_part)
    };
    names.retain(is_name);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_settings_and_messages() {
        let text = "  - name: one\n    path: /opt\n[{name: two, path: /opt}]\n- name: ccs-builder\n  image: x\n\
                    external builder 'three' failed\nbuilder 'NAME' run\n`chaincode.externalbuilder.four`:\n\
                    [chaincode.externalbuilder.{name}] x\nname: {name}\n      path: {path}\n";
        assert_eq!(names(text), ["one", "two", "three", "four"]);
    }

    #[test]
    fn every_file_uses_one_name() {
        let wrong = differences("ccaas_builder").unwrap();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

//! Checks that crates do not have forbidden dependencies, directly or through others, with the features of each crate
//! alone.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::finding::Finding;
use crate::rules::{Forbidden, Rules};
use crate::workspace::{Member, Workspace};

/// Checks every rule; a rule for a package that the workspace does not have is also a fault.
pub(crate) fn check(workspace: &Workspace, rules: &Rules) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for rule in &rules.forbidden {
        for package in &rule.crates {
            match workspace.member(package) {
                Some(member) => findings.extend(check_one(workspace, member, rule)?),
                None => findings.push(unknown(package)),
            }
        }
    }
    Ok(findings)
}

fn unknown(package: &str) -> Finding {
    Finding {
        place: "layers.toml".to_owned(),
        fault: format!("a rule names the package {package}, which the workspace does not have"),
        evidence: Vec::new(),
        hint: "correct the name, or remove it if the package is gone".to_owned(),
    }
}

fn check_one(workspace: &Workspace, member: &Member, rule: &Forbidden) -> Result<Vec<Finding>> {
    let tree = tree(workspace, member)?;
    let chains = rule.dependencies.iter().filter_map(|forbidden| chain(&tree, forbidden));
    Ok(chains.map(|chain| finding(workspace, member, rule, &chain)).collect())
}

fn finding(workspace: &Workspace, member: &Member, rule: &Forbidden, chain: &[String]) -> Finding {
    let last = chain.last().map_or("", String::as_str);
    Finding {
        place: workspace.place_of_dependency(member, chain.get(1).map_or("", String::as_str)),
        fault: format!("{} must not depend on {last}", member.package),
        evidence: vec![chain.join(" ─▶ "), rule.reason.clone()],
        hint: "leave out the dependency or the feature that brings it, or move the code to a crate above"
            .to_owned(),
    }
}

/// Lists the product's dependencies as cargo resolves them for this package alone: depth and name.
///
/// `cargo metadata` would combine the features that all packages of the workspace enable.
fn tree(workspace: &Workspace, member: &Member) -> Result<Vec<(usize, String)>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["tree", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"]);
    cargo.args(["--package", &member.package]).current_dir(&workspace.root);
    let output = cargo.output().context("cannot start cargo tree")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo tree failed: {}", stderr.trim());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.parse().ok()?, words.next()?.to_owned()))
    };
    Ok(text.lines().filter_map(line).collect())
}

/// Returns the packages from the root of the tree to the given one.
fn chain(tree: &[(usize, String)], wanted: &str) -> Option<Vec<String>> {
    let mut chain: Vec<String> = Vec::new();
    for (depth, name) in tree {
        chain.truncate(*depth);
        chain.push(name.clone());
        if name == wanted {
            return Some(chain);
        }
    }
    None
}

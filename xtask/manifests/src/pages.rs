//! Checks the manifests in the documentation: a block that begins with ```` ```yaml FILE ```` must be a part of that
//! file.

use std::fs;

use anyhow::{Context, Result};

use crate::report;
use xtask_base::tally::Tally;
use xtask_base::workspace;

/// The pages that show files.
const PAGES: [&str; 2] = ["docs/kubernetes.md", "docs/install.md"];

/// Compares each block with its file.
pub(crate) fn check() -> Result<Tally> {
    let mut tally = Tally::default();
    for page in PAGES {
        let text = fs::read_to_string(workspace::root().join(page))
            .with_context(|| format!("cannot read {page}"))?;
        for (file, block) in blocks(&text) {
            let content = fs::read_to_string(workspace::root().join(file))
                .with_context(|| format!("{page} shows {file}, which cannot be read"))?;
            tally += report(content.contains(&block), "page", &format!("{page} shows {file} as it is"));
        }
    }
    anyhow::ensure!(tally.passed + tally.failed > 0, "no page shows a file");
    let page = fs::read_to_string(workspace::root().join("docs/kubernetes.md"))?;
    for folder in applied(&page) {
        let missing = missing_resources(folder)?;
        let finding = match missing.as_slice() {
            [] => format!("a copy of {folder} holds all that it needs"),
            missing => format!("a copy of {folder} lacks {}", missing.join(", ")),
        };
        tally += report(missing.is_empty(), "page", &finding);
    }
    Ok(tally)
}

/// Returns what is wrong with a folder of deploy/kubernetes that a page has its reader copy and apply: every resource must be
/// in the copy.
fn missing_resources(applied: &str) -> Result<Vec<String>> {
    let root = workspace::root().join("deploy/kubernetes");
    let copied = root.join(applied.split('/').next().unwrap_or_default()).canonicalize()?;
    let folder = root.join(applied);
    let text = fs::read_to_string(folder.join("kustomization.yaml"))
        .with_context(|| format!("{applied} has no kustomization.yaml"))?;
    let is_inside =
        |resource: &str| folder.join(resource).canonicalize().is_ok_and(|path| path.starts_with(&copied));
    let resources = text.lines().filter_map(|line| line.trim_start().strip_prefix("- ."));
    let resources = resources.map(|resource| format!(".{resource}"));
    Ok(resources.filter(|resource| !is_inside(resource)).collect())
}

/// Returns the folders that a page applies with kustomize.
fn applied(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("kubectl apply --kustomize ")).collect()
}

/// Returns the blocks that name a file, with the file names.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(file) = line.strip_prefix("```yaml ") {
            let block = lines.by_ref().take_while(|line| !line.starts_with("```"));
            blocks.push((file, block.flat_map(|line| [line, "\n"]).collect()));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{applied, blocks, missing_resources};
    use xtask_base::workspace;

    #[test]
    fn a_copied_folder_holds_all_that_its_kustomization_needs() {
        let page = std::fs::read_to_string(workspace::root().join("docs/kubernetes.md")).unwrap();
        let folders = applied(&page);
        assert_eq!(folders, ["chaincode/example"]);
        assert_eq!(missing_resources(folders[0]).unwrap(), Vec::<String>::new());
        assert_eq!(
            missing_resources("overlays/peer-init").unwrap(),
            ["../../example-peer", "../../peer-builder"]
        );
    }

    #[test]
    fn blocks_name_their_file() {
        let page = "```yaml\nno: file\n```\n```yaml deploy/x.yaml\na: 1\n  b: 2\n```\n";
        assert_eq!(blocks(page), [("deploy/x.yaml", "a: 1\n  b: 2\n".to_owned())]);
    }
}

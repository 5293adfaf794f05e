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
    Ok(tally)
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
    use super::blocks;

    #[test]
    fn blocks_name_their_file() {
        let page = "```yaml\nno: file\n```\n```yaml deploy/x.yaml\na: 1\n  b: 2\n```\n";
        assert_eq!(blocks(page), [("deploy/x.yaml", "a: 1\n  b: 2\n".to_owned())]);
    }
}

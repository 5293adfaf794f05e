//! Files that the check reads line by line: settings, catalogues, scripts.

use crate::passage::Passage;

/// Returns the lines that are more than one word.
pub(crate) fn passages(content: &str) -> Vec<Passage> {
    (content.lines().enumerate())
        .filter(|(_, line)| line.trim().contains(' '))
        .map(|(index, line)| Passage::of(line, index + 1))
        .collect()
}

//! The text of a page: paragraphs, headings and table cells, without code.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::passage::Passage;

/// The word that replaces code in the text.
const CODE: &str = "CODE";

/// Returns the passages of a page.
pub(crate) fn passages(content: &str) -> Vec<Passage> {
    passages_at(content, |line| line)
}

/// Returns the passages of a text; `line` translates its lines, from 1, to those of the file that holds it.
pub(crate) fn passages_at(content: &str, line: impl Fn(usize) -> usize) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut passage = Passage::default();
    let mut in_code = false;
    let starts = line_starts(content);
    for (event, range) in Parser::new_ext(content, Options::ENABLE_TABLES).into_offset_iter() {
        let at = line(starts.partition_point(|start| *start <= range.start));
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => passage.push(&text, at),
            Event::Code(_) => passage.push(CODE, at),
            Event::SoftBreak | Event::HardBreak => passage.push(" ", at),
            Event::Start(tag) if is_block(&tag) => passages.push(std::mem::take(&mut passage)),
            _ => {}
        }
    }
    passages.push(passage);
    passages.retain(|passage| !passage.text.is_empty());
    passages
}

/// Tells whether a tag begins a new passage, and not a part of one, such as a link.
fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

/// Returns the offset at which each line begins.
fn line_starts(content: &str) -> Vec<usize> {
    std::iter::once(0).chain(content.match_indices('\n').map(|(index, _)| index + 1)).collect()
}

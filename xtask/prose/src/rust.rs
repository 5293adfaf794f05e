//! The text of a source file: its comments, and its strings outside tests.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::markdown;
use crate::passage::Passage;

/// Returns the passages of a source file. A file that is not Rust has comments alone.
pub(crate) fn passages(content: &str) -> Vec<Passage> {
    let mut passages = comments(content);
    if let Ok(tokens) = content.parse() {
        strings(tokens, &mut passages);
    }
    passages
}

/// Returns the passages of comments that fill their lines.
fn comments(content: &str) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut block = Block::default();
    for (index, line) in content.lines().enumerate() {
        let comment = comment(line);
        if comment.map(|(kind, _)| kind) != block.kind {
            passages.extend(std::mem::take(&mut block).passages());
        }
        if let Some((kind, text)) = comment {
            block.push(kind, text, index + 1);
        }
    }
    passages.extend(block.passages());
    passages
}

/// Splits a line into the mark of its comment and the text; lines with code have none.
fn comment(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    let kind = ["///", "//!", "//"].into_iter().find(|mark| line.starts_with(mark))?;
    Some((kind, &line[kind.len()..]))
}

/// Lines of one kind of comment, one after another.
#[derive(Default)]
struct Block {
    kind: Option<&'static str>,
    text: String,
    first_line: usize,
}

impl Block {
    fn push(&mut self, kind: &'static str, text: &str, line: usize) {
        if self.kind.is_none() {
            self.first_line = line;
        }
        self.kind = Some(kind);
        self.text.push_str(text.strip_prefix(' ').unwrap_or(text));
        self.text.push('\n');
    }

    fn passages(self) -> Vec<Passage> {
        let first_line = self.first_line;
        markdown::passages_at(&self.text, |line| first_line + line - 1)
    }
}

/// Collects the strings with more than one word, except those of documentation and of `mod tests`.
fn strings(tokens: TokenStream, passages: &mut Vec<Passage>) {
    let mut previous: Option<Ident> = None;
    let mut tests_follow = false;
    let mut attribute_follows = false;
    for token in tokens {
        match &token {
            TokenTree::Literal(literal) => {
                if let Ok(string) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                    && string.value().trim().contains(' ')
                {
                    passages
                        .push(Passage::of(&string.value().replace('\n', " "), literal.span().start().line));
                }
            }
            TokenTree::Group(group) => {
                let is_attribute = attribute_follows && group.delimiter() == Delimiter::Bracket;
                let is_skipped = tests_follow || (is_attribute && is_documentation(group.stream()));
                if !is_skipped {
                    strings(group.stream(), passages);
                }
                tests_follow = false;
            }
            TokenTree::Ident(ident) => {
                tests_follow = ident == "tests" && previous.as_ref().is_some_and(|word| word == "mod");
                previous = Some(ident.clone());
            }
            TokenTree::Punct(_) => {}
        }
        attribute_follows = matches!(&token, TokenTree::Punct(mark) if matches!(mark.as_char(), '#' | '!'));
    }
}

/// Tells whether an attribute is `doc = "..."`.
fn is_documentation(attribute: TokenStream) -> bool {
    matches!(attribute.into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
}

//! A piece of text that is read as one: a paragraph, a heading, a table cell, a string.

/// A piece of text, and the lines from which it comes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    /// The text. Code within it is one word, and a line break is a space.
    pub(crate) text: String,
    /// Offsets in the text at which a line begins, each with the number of that line; ascending.
    starts: Vec<(usize, usize)>,
}

impl Passage {
    /// Returns the passage with a text that begins on a line.
    pub(crate) fn of(text: &str, line: usize) -> Self {
        let mut passage = Self::default();
        passage.push(text, line);
        passage
    }

    /// Appends a text that begins on a line.
    pub(crate) fn push(&mut self, text: &str, line: usize) {
        self.starts.push((self.text.len(), line));
        self.text.push_str(text);
    }

    /// Returns the line of an offset in the text.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let after = self.starts.partition_point(|(start, _)| *start <= offset);
        after.checked_sub(1).and_then(|index| self.starts.get(index)).map_or(1, |(_, line)| *line)
    }
}

//! Tables of text.

use crate::style::safe;

/// Rows with aligned columns. Cells may contain any text, which is made safe for a terminal.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds a row.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|cell| safe(cell.as_ref())).collect());
    }

    /// Writes the rows, each after two spaces and with a line end.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let widths = self.widths();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str("  ");
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let width = cell.chars().count();
                match widths.get_mut(column) {
                    Some(widest) => *widest = width.max(*widest),
                    None => widths.push(width),
                }
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_begin_at_the_same_place_and_lines_end_without_spaces() {
        let mut table = Table::default();
        table.row(["a", "\u{e9}\u{e9}", "x"]);
        table.row(["bbb", "\n"]);
        assert_eq!(table.text(), "  a    \u{e9}\u{e9}  x\n  bbb  \\n\n");
    }
}

//! Paragraphs with labels.

/// The width of paragraphs, in characters.
const WIDTH: usize = 100;

/// The width of the column of labels, in characters.
const LABELS: usize = 10;

/// Writes a label, followed by a paragraph.
pub(crate) fn field(label: &str, text: &str) -> String {
    let label = format!("  {label:<LABELS$}");
    // A label that fills its column keeps a space after it.
    let gap = if label.ends_with(' ') { "" } else { " " };
    format!("{label}{gap}{}", fold(LABELS + 2, text).trim_start())
}

/// Breaks a text into indented lines.
fn fold(indent: usize, text: &str) -> String {
    let mut lines = " ".repeat(indent);
    let mut column = indent;
    for (position, word) in text.split(' ').enumerate() {
        let width = word.chars().count();
        if position > 0 && column + 1 + width > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if position > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines.push('\n');
    lines
}

/// Writes a paragraph, indented by two spaces.
pub(crate) fn paragraph(text: &str) -> String {
    fold(2, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_folded_beside_their_label() {
        let text = field("cause", "word ".repeat(25).trim_end());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  cause     word word"));
        assert!(lines[1].starts_with("            word"));
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
    }
}

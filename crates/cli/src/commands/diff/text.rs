//! The text of `ccs diff`.

use std::fmt::Write as _;

use ccs_package_tools::diff::{Difference, Document, Kind};

use crate::style::{self, safe};
use crate::table::Table;

/// Writes the packages, and a line with details for each difference.
pub(super) fn of(document: &Document) -> String {
    let mut sides = Table::default();
    for (name, side) in [("A", &document.a), ("B", &document.b)] {
        sides.row([name, &side.package_id, &side.file]);
    }
    let mut text = sides.text();
    text.push('\n');
    for difference in &document.differences {
        write(difference, &mut text);
    }
    let verdict = match document.differences.len() {
        0 => "the same package".to_owned(),
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    };
    let color = if document.same { style::GOOD } else { style::BAD };
    if !document.differences.is_empty() {
        text.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{color}{verdict}{color:#}");
    text
}

fn write(difference: &Difference, text: &mut String) {
    let name = style::NAME;
    let _ = writeln!(text, "{name}{}{name:#}: {}", safe(&difference.at), safe(&what(difference)));
    for line in &difference.lines {
        let color = match line.as_bytes().first() {
            Some(b'-') => style::BAD,
            Some(b'+') => style::GOOD,
            _ => style::FAINT,
        };
        let _ = writeln!(text, "    {color}{}{color:#}", safe(line));
    }
}

fn what(difference: &Difference) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (a, b) = (text(&difference.a), text(&difference.b));
    let field = difference.field.unwrap_or_default();
    match difference.kind {
        Kind::Content => format!("another content, {a} in A and {b} in B"),
        Kind::Entry if difference.b.is_none() => format!("only A has {a}"),
        Kind::Entry => format!("only B has {b}"),
        Kind::Header => format!("the {field} of {} is {a} in A and {b} in B", entries(difference)),
        Kind::Order => format!("different order; A has {a} where B has {b}"),
        Kind::Gzip => format!("the {field} in the gzip header is {a} in A and {b} in B"),
        Kind::Compression if difference.a.is_none() => {
            "the same files and headers, compressed or padded in another way".to_owned()
        }
        Kind::Compression => {
            format!("the same files and headers, compressed or padded in another way: {a} in A and {b} in B")
        }
    }
}

fn entries(difference: &Difference) -> String {
    let names = difference.entries.join(", ");
    match difference.count - difference.entries.len() {
        0 => names,
        more => format!("{names} and {more} more (the values are those of the first)"),
    }
}

//! About foo, and `foo` as code.
//!
//! ```
//! let foo = "foo bar";
//! ```

/// Returns foo,
/// with foo on the next line.
pub fn foo() -> &'static str {
    // Why foo.
    let url = "https://foo.example.com/foo";
    let foo = format!("a message with foo: {url}");
    let raw = r#"a raw "foo"
over two lines"#;
    foo // A comment after code is not a text of its own: foo.
}

#[error("the text of an error about foo")]
struct Error;

#[cfg(test)]
mod tests {
    // A comment about foo.
    const QUOTED: &str = "a quoted foo";
}

//! Limits for the resources that a template may use.

/// The maximum nesting depth of control structures and parentheses that [`Template::parse`](crate::Template::parse)
/// accepts.
///
/// Go accepts 10,000 parentheses and any number of control structures. The parser and the destructor of the tree are
/// recursive; with this limit, they need a stack of less than 1 MiB, even in an unoptimized build.
pub const MAX_PARSE_DEPTH: usize = 100;

/// The maximum length in bytes of a text with `{{` that [`Template::parse`](crate::Template::parse) accepts.
pub const MAX_TEMPLATE_BYTES: usize = 1 << 20;

/// The maximum number of actions, texts, commands, operands and fields that
/// [`Template::parse`](crate::Template::parse) accepts.
///
/// Go has no such limit. Each of them uses about 500 bytes of memory, for as few as two bytes of text.
pub const MAX_NODES: usize = 10_000;

/// The largest effective value of [`Limits::depth`].
pub const MAX_RENDER_DEPTH: usize = 300;

/// The limits for one rendering. Exceeding one results in [`RenderError::Limit`](crate::RenderError::Limit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of the output, and of each text that a function of the template builds. The default is 1 MiB.
    pub output_bytes: usize,
    /// The number of steps: one for each node, command and operand, and one for each 16 bytes that a function
    /// processes. The default is 200,000, which takes less than a tenth of a second.
    pub steps: u64,
    /// The number of nested template calls, control structures and parentheses in progress. The default is
    /// [`MAX_RENDER_DEPTH`].
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { output_bytes: 1 << 20, steps: 200_000, depth: MAX_RENDER_DEPTH }
    }
}

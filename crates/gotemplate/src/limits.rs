//! What a template may use up before it is refused.

/// The deepest nesting of control structures and parentheses that [`Template::parse`](crate::Template::parse) accepts.
///
/// Go accepts 10,000 parentheses and any number of control structures. The parser and the destructor of the tree
/// recurse, so this bound keeps them inside a stack of 1 MiB, even in an unoptimized build.
pub const MAX_PARSE_DEPTH: usize = 100;

/// The most bytes of a text that [`Template::parse`](crate::Template::parse) accepts, if it holds `{{`.
pub const MAX_TEMPLATE_BYTES: usize = 1 << 20;

/// The most actions, texts, commands, operands and fields that [`Template::parse`](crate::Template::parse) accepts.
///
/// Go has no such bound. Each of them takes some 500 bytes of memory, for as few as two bytes of the text.
pub const MAX_NODES: usize = 10_000;

/// The highest value of [`Limits::depth`] that takes effect; a larger one counts as this.
pub const MAX_RENDER_DEPTH: usize = 300;

/// Bounds for one rendering; exceeding one is [`RenderError::Limit`](crate::RenderError::Limit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of output, and of each text that a function of the template builds. Default: 1 MiB.
    pub output_bytes: usize,
    /// Work: one step for each node, command and operand, and one for each 16 bytes that pass through a function.
    /// Default: 200,000, which takes less than a tenth of a second.
    pub steps: u64,
    /// Template calls, control structures and parentheses in progress at the same time. Default:
    /// [`MAX_RENDER_DEPTH`].
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { output_bytes: 1 << 20, steps: 200_000, depth: MAX_RENDER_DEPTH }
    }
}

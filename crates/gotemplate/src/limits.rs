//! What a template may use up before it is refused.

/// The deepest nesting of control structures and parentheses that [`Template::parse`](crate::Template::parse) accepts.
///
/// Go accepts 10,000 parentheses and any number of control structures. The parser and the destructor of the tree
/// recurse, so this bound keeps them inside a stack of 1 MiB, even in an unoptimized build.
pub const MAX_PARSE_DEPTH: usize = 100;

/// The highest value of [`Limits::depth`] that takes effect; a larger one counts as this.
pub const MAX_RENDER_DEPTH: usize = 300;

/// Bounds for one rendering; exceeding one is [`RenderError::Limit`](crate::RenderError::Limit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of output, and of each text that a function of the template builds. Default: 1 MiB.
    pub output_bytes: usize,
    /// Work: one step for each node, command and operand, and one for each 16 bytes that pass through a function.
    /// Default: 1,000,000, which takes about a second at most.
    pub steps: u64,
    /// Template calls, control structures and parentheses in progress at the same time. Default:
    /// [`MAX_RENDER_DEPTH`].
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { output_bytes: 1 << 20, steps: 1_000_000, depth: MAX_RENDER_DEPTH }
    }
}

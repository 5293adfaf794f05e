//! What an error text means and what to do about it.
//!
//! The texts are in `catalogue.toml`: patterns with named places, and for each error its cause, its remedy and the next
//! command. [`Catalogue::explain`] finds them in a line, in a whole log, or in a text that a terminal has broken into
//! lines. `docs/errors.md` is generated from the catalogue.
//!
//! ```
//! let catalogue = ccs_explain::Catalogue::load()?;
//! let log = "Error: external builder 'ccs-builder' failed: exit status 13";
//! let explanations = catalogue.explain(log);
//! assert_eq!(explanations[0].id, "ccs-address");
//! # Ok::<(), ccs_explain::CatalogueError>(())
//! ```

mod catalogue;
mod explanation;
mod pattern;
#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueError, Entry};
pub use explanation::Explanation;

//! Explains error texts: cause, remedy and next command.
//!
//! The texts are in the folder `catalogue`: patterns with named places, and for each error its cause, its remedy and the next
//! command. Each file covers one program, and names the places where its errors appear. [`Catalogue::explain`] finds the texts in a line, in a
//! whole log, or in a text that a terminal has broken into lines; it also explains exit codes and the names of findings. The
//! pages of `docs/errors` are generated from the catalogue.
//!
//! A pattern is a text that occurs in a line: `{name}` stands for one or more characters, `{name#}` for digits, and both may be
//! used in cause, remedy and next. Of several patterns in a line, the one that ends last is the cause of the others. Of those
//! that end together, the one with more own text is more specific. A pattern within a place of another is its cause. An entry
//! with `contexts` applies only to lines of these [`Context`]s. Each entry has examples, which tests recognize.
//! Sources are paths in hyperledger/fabric unless another project is named.
//!
//! ```
//! let catalogue = ccs_explain::Catalogue::load()?;
//! let log = "Error: external builder 'ccaas_builder' failed: exit status 13";
//! let explanations = catalogue.explain(log);
//! assert_eq!(explanations[0].id, "ccs-address");
//! # Ok::<(), ccs_explain::CatalogueError>(())
//! ```

mod catalogue;
mod context;
mod explanation;
mod pattern;
#[cfg(test)]
mod tests;
mod whole;

pub use catalogue::{Catalogue, CatalogueError, Entry, SeenBy};
pub use context::Context;
pub use explanation::Explanation;
pub use pattern::capitals;

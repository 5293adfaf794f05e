//! Findings, and the formatting of values as text that is safe to show.
//!
//! [`Finding`] is the common type of the results of `ccs lint` and `ccs doctor`. The other modules format values so
//! that they are safe for a terminal, a shell or a log, even if the values are hostile: [`terminal`] escapes control
//! sequences, [`shell`] quotes words of a command, [`json`] redacts secrets, and [`moment`] formats times in UTC. [`style`]
//! holds the colors. All functions are pure.
//!
//! ```
//! use ccs_report::{Finding, Severity, shell, terminal};
//!
//! let finding = Finding::new(Severity::Error, "program-missing", "bin/detect", "there is no such file")
//!     .hint(format!("look into {}", shell::quote("my builder/bin")));
//! assert_eq!(finding.severity.word(), "error");
//! assert_eq!(finding.hint.as_deref(), Some("look into 'my builder/bin'"));
//! assert_eq!(terminal::safe("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
//! ```

mod finding;
pub mod json;
pub mod moment;
pub mod shell;
pub mod style;
pub mod terminal;

pub use finding::{Counts, Finding, Severity};

//! What an examination reports: findings, and values as text that is safe to show.
//!
//! [`Finding`] is the one shape in which `ccs lint` and `ccs doctor` report. The other modules write a value as text that
//! a terminal, a shell or a log can take, whatever the value is: [`terminal`] escapes what would steer a terminal,
//! [`shell`] quotes words of a command, [`json`] hides secrets, [`moment`] writes times in UTC. All are pure functions.
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
pub mod terminal;

pub use finding::{Counts, Finding, Severity};

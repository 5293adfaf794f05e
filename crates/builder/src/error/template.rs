//! Errors when rendering a template.

use std::collections::BTreeSet;

use ccs_gotemplate::{ParseError, RenderError};

use crate::variables::{CONFIGURATION_VARIABLE, PEER_VARIABLES};

/// The reason why a template cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not a valid template.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It reads an undefined key.
    #[error("{error}")]
    MissingKey {
        /// The key, and where the template reads it.
        error: RenderError,
        /// The keys that exist.
        known: BTreeSet<String>,
        /// Whether the operator has configured anything.
        configured: bool,
    },
    /// It fails for another reason.
    #[error(transparent)]
    Render(RenderError),
}

impl TemplateError {
    /// Returns what to do about the error; for a missing key, also which keys exist.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Parse(error) => error.hint(),
            Self::Render(error) => error.hint(),
            Self::MissingKey { error, known, configured } => {
                let names: Vec<&str> = known.iter().take(40).map(String::as_str).collect();
                let exist = match names.as_slice() {
                    [] => "no key exists".to_owned(),
                    names => format!("the keys that exist are {}", names.join(", ")),
                };
                Some(format!("{exist}; {}", next_step(error, *configured)))
            }
        }
    }
}

/// Returns what to do about a missing key. The usual cause is that the peer does not pass a variable on.
fn next_step(error: &RenderError, configured: bool) -> String {
    let variable_of =
        |key: &str| PEER_VARIABLES.iter().find(|(_, name)| *name == key).map(|(variable, _)| variable);
    match error {
        RenderError::MissingKey { key, .. } if let Some(variable) = variable_of(key) => {
            format!(
                "{key} is {variable} of the peer: set it there and list it in propagateEnvironment of the builder"
            )
        }
        _ if configured => error.hint().unwrap_or_default(),
        _ => format!(
            "nothing is configured: set {CONFIGURATION_VARIABLE} for the peer and list it in propagateEnvironment of the \
             builder, or write config.json beside its bin folder"
        ),
    }
}

//! Errors in a configuration for templates.

use ccs_files::json::{Kind, SyntaxError};

use super::ReadError;
use crate::limits::{MAX_CONFIGURATION_DEPTH, MAX_CONFIGURATION_VALUES};

/// An invalid configuration for templates.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON, but not an object.
    #[error("it is {0}, not an object")]
    NotAnObject(Kind),
    /// A number does not fit a float64, the type that Go uses for it.
    #[error("the number {0} is out of range")]
    Number(String),
    /// Arrays or objects are nested too deeply.
    #[error("it has more than {MAX_CONFIGURATION_DEPTH} nested arrays and objects")]
    TooDeep,
    /// There are too many values.
    #[error("it has more than {MAX_CONFIGURATION_VALUES} values")]
    TooManyValues,
}

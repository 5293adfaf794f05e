//! What is wrong with a configuration for templates.

use ccs_files::json::{Kind, SyntaxError};

use super::ReadError;
use crate::limits::{MAX_CONFIGURATION_DEPTH, MAX_CONFIGURATION_VALUES};

/// A configuration for templates is broken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON of another kind.
    #[error("it is {0}, not an object")]
    NotAnObject(Kind),
    /// A number has no float64, which is what Go makes of it.
    #[error("the number {0} is out of range")]
    Number(String),
    /// Arrays or objects are nested too deep.
    #[error("it has more than {MAX_CONFIGURATION_DEPTH} nested arrays and objects")]
    TooDeep,
    /// There are too many values.
    #[error("it has more than {MAX_CONFIGURATION_VALUES} values")]
    TooManyValues,
}

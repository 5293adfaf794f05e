//! The templates of connection.json: Go `text/template`s in its string fields.

use std::collections::BTreeSet;

use ccs_files::Connection;
use ccs_files::connection::DialTimeout;
use ccs_gotemplate::{Limits, ParseError, RenderError, Template};

use crate::Error;
use crate::configuration::Configuration;
use crate::context::{CONFIGURATION_VARIABLE, PEER_VARIABLES};

/// The most that one field may become, in bytes.
pub const MAX_OUTPUT: usize = 1024 * 1024;

/// A template cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not a template.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It reads a key that nobody defined.
    #[error("{error}")]
    MissingKey {
        /// The key and where the template reads it.
        error: RenderError,
        /// The keys that exist.
        known: BTreeSet<String>,
        /// Whether the operator has configured anything at all.
        configured: bool,
    },
    /// It fails for another reason.
    #[error(transparent)]
    Render(RenderError),
}

impl TemplateError {
    /// Says what to do about it; for a missing key, which keys there are.
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

/// What to do about a key that does not exist. Mostly a variable is set, and the peer does not pass it on.
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

/// Renders the fields that a peer will read.
///
/// Without TLS the peer ignores everything about it, so these fields are emptied and their templates never looked at,
/// as Fabric's own builder does.
pub fn render(package: Connection, configuration: &Configuration) -> Result<Connection, Error> {
    render_with(package, |field, text| {
        expand(&text, configuration).map_err(|error| Error::Template { field, error })
    })
}

/// Renders with a function that is given each field that counts, with its text.
pub(crate) fn render_with(
    package: Connection,
    mut text: impl FnMut(&'static str, String) -> Result<String, Error>,
) -> Result<Connection, Error> {
    let tls_required = package.tls_required;
    let dial_timeout = match package.dial_timeout {
        Some(DialTimeout::Text(template)) => {
            Some(text("dial_timeout", template)?).filter(|text| !text.is_empty()).map(DialTimeout::Text)
        }
        other => other,
    };
    let address = text("address", package.address)?;
    let domain = text("domain", package.domain)?;
    let mut tls = |field, pem| if tls_required { text(field, pem) } else { Ok(String::new()) };
    Ok(Connection {
        address,
        domain,
        dial_timeout,
        tls_required,
        client_auth_required: tls_required && package.client_auth_required,
        root_cert: tls("root_cert", package.root_cert)?,
        client_key: tls("client_key", package.client_key)?,
        client_cert: tls("client_cert", package.client_cert)?,
        extra: package.extra,
    })
}

/// Gives the fields that hold a template and that a builder renders, with the keys that each can read.
#[must_use]
pub fn template_keys(package: &Connection) -> Vec<(&'static str, Result<BTreeSet<String>, TemplateError>)> {
    let mut fields = Vec::new();
    // The function never fails, so neither does the rendering.
    let _ = render_with(package.clone(), |field, text| {
        if is_template(&text) {
            fields.push((field, Template::parse(&text).map(|template| template.keys()).map_err(Into::into)));
        }
        Ok(text)
    });
    fields
}

/// Tells whether a field's text is a template; every other text stays as it is.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Renders one text.
pub(crate) fn expand(text: &str, configuration: &Configuration) -> Result<String, TemplateError> {
    if !is_template(text) {
        return Ok(text.to_owned());
    }
    let template = Template::parse(text)?;
    let data = configuration.data_for(&template.keys());
    let limits = Limits { output_bytes: MAX_OUTPUT, ..Limits::default() };
    let rendered = template.render(data.as_ref(), &limits).map_err(|error| match error {
        RenderError::MissingKey { .. } => TemplateError::MissingKey {
            error,
            known: configuration.keys().into_iter().map(str::to_owned).collect(),
            configured: configuration.is_configured(),
        },
        other => TemplateError::Render(other),
    })?;
    Ok(valid_text(rendered))
}

/// Makes text of the bytes that a template gave, each broken one U+FFFD, as Go's JSON writer does.
fn valid_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::new();
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        text
    })
}

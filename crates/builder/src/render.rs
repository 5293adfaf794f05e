//! Renders the templates of connection.json: Go `text/template`s in its string fields.

use std::collections::BTreeSet;

use ccs_files::Connection;
use ccs_files::connection::DialTimeout;
use ccs_gotemplate::{Limits, RenderError, Template};

use crate::Error;
use crate::configuration::Configuration;
pub use crate::error::TemplateError;

/// The limit for one rendered field, in bytes.
pub const MAX_OUTPUT: usize = 1024 * 1024;

/// Renders the fields that a peer will read.
///
/// Without TLS the peer ignores the TLS fields, so they are emptied and their templates are not parsed, as
/// in Fabric's own builder.
pub fn render(package: Connection, configuration: &Configuration) -> Result<Connection, Error> {
    render_with(package, |field, text| {
        expand(&text, configuration).map_err(|error| Error::Template { field, error })
    })
}

/// Renders with a function that is called with the name and text of each relevant field.
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

/// Returns the fields that contain a template and that a builder renders, with the keys that each can read.
#[must_use]
pub fn template_keys(package: &Connection) -> Vec<(&'static str, Result<BTreeSet<String>, TemplateError>)> {
    let mut fields = Vec::new();
    // The function never fails, so the rendering cannot fail either.
    let _ = render_with(package.clone(), |field, text| {
        if is_template(&text) {
            fields.push((field, Template::parse(&text).map(|template| template.keys()).map_err(Into::into)));
        }
        Ok(text)
    });
    fields
}

/// Returns whether a field's text is a template; any other text is not rendered.
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

/// Converts rendered bytes to text; each invalid byte becomes U+FFFD, as in Go's JSON writer.
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

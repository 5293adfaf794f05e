//! The texts of a case that differ between runs, such as certificates, with their placeholders.
//!
//! In input files, `@pem:client.cert@` is replaced by the PEM text inside a JSON string, and `@raw:client.cert@` by
//! the text itself. In output, the texts are replaced by the placeholders before the comparison.

use std::collections::BTreeMap;

use super::redact::replace;

/// The texts for the placeholders of a case.
#[derive(Default)]
pub(crate) struct Texts {
    /// The PEM texts, with names such as `client.cert`.
    texts: BTreeMap<String, String>,
}

impl Texts {
    /// Adds a text under a name such as `client.cert`.
    pub(crate) fn add(&mut self, name: String, text: String) {
        self.texts.insert(name, text);
    }

    /// Replaces placeholders by the texts.
    pub(crate) fn fill(&self, content: Vec<u8>) -> Vec<u8> {
        self.forms().fold(content, |content, (placeholder, text)| {
            replace(&content, placeholder.as_bytes(), text.as_bytes())
        })
    }

    /// Replaces the texts by their placeholders.
    pub(crate) fn redact(&self, content: Vec<u8>) -> Vec<u8> {
        self.forms().fold(content, |content, (placeholder, text)| {
            replace(&content, text.as_bytes(), placeholder.as_bytes())
        })
    }

    /// Returns each placeholder with its text, in both forms.
    fn forms(&self) -> impl Iterator<Item = (String, String)> {
        self.texts.iter().flat_map(|(name, text)| {
            let json = text.replace('\n', "\\n");
            [(format!("@pem:{name}@"), json), (format!("@raw:{name}@"), text.clone())]
        })
    }
}

//! The texts of a case that differ from run to run, such as certificates, and their placeholders.
//!
//! Input files name them: `@pem:client.cert@` becomes the PEM text as the inside of a JSON string, `@raw:client.cert@`
//! the text itself. Output is compared after the way back.

use std::collections::BTreeMap;

use super::redact::replace;

/// The texts that the placeholders of a case stand for.
#[derive(Default)]
pub(crate) struct Texts {
    /// `client.cert` and the like, with the PEM text.
    texts: BTreeMap<String, String>,
}

impl Texts {
    /// Adds a text under a name such as `client.cert`.
    pub(crate) fn add(&mut self, name: String, text: String) {
        self.texts.insert(name, text);
    }

    /// Puts the texts in place of their placeholders.
    pub(crate) fn fill(&self, content: Vec<u8>) -> Vec<u8> {
        self.forms().fold(content, |content, (placeholder, text)| {
            replace(&content, placeholder.as_bytes(), text.as_bytes())
        })
    }

    /// Puts the placeholders in place of the texts.
    pub(crate) fn redact(&self, content: Vec<u8>) -> Vec<u8> {
        self.forms().fold(content, |content, (placeholder, text)| {
            replace(&content, text.as_bytes(), placeholder.as_bytes())
        })
    }

    /// Each placeholder with its text, in both forms.
    fn forms(&self) -> impl Iterator<Item = (String, String)> {
        self.texts.iter().flat_map(|(name, text)| {
            let json = text.replace('\n', "\\n");
            [(format!("@pem:{name}@"), json), (format!("@raw:{name}@"), text.clone())]
        })
    }
}

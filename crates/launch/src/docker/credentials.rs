//! Credentials of registries, as `docker login` writes them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The key under which `docker login` keeps the credentials of Docker Hub.
const HUB: &str = "https://index.docker.io/v1/";

/// The credentials of one registry. The secrets are not in [`Debug`](fmt::Debug).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The registry.
    pub registry: String,
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
    /// A token instead of both.
    pub identity_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// The relevant part of the file.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    auths: BTreeMap<String, Entry>,
    #[serde(rename = "credsStore")]
    store: String,
    #[serde(rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl Credentials {
    /// Finds the credentials for an image. An error describes the problem without quoting the file.
    pub fn find(content: &[u8], image: &str) -> Result<Option<Self>, String> {
        let file: File = serde_json::from_slice(content).map_err(|error| {
            format!("line {}, column {}: docker login did not write this", error.line(), error.column())
        })?;
        let registry = registry(image);
        let key = if registry == "docker.io" { HUB } else { registry };
        let host = |key: &str| {
            let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
            rest.split('/').next().unwrap_or_default().to_owned()
        };
        let entry = file.auths.get(key).or_else(|| {
            file.auths.iter().find(|(known, _)| host(known) == host(key)).map(|(_, entry)| entry)
        });
        if let Some(entry) = entry
            && let Some(found) = entry.read(key)?
        {
            return Ok(Some(found));
        }
        let helper = file.helpers.get(registry).or(Some(&file.store)).filter(|name| !name.is_empty());
        match helper {
            Some(helper) => {
                let helper: String = helper.chars().take(60).collect();
                Err(format!(
                    "the helper {helper:?} stores the credentials of {registry}, but the launcher does not run helpers"
                ))
            }
            None => Ok(None),
        }
    }
}

impl Entry {
    fn read(&self, registry: &str) -> Result<Option<Credentials>, String> {
        let token = Some(self.identitytoken.clone()).filter(|token| !token.is_empty());
        let (user, password) = if self.auth.is_empty() {
            (self.username.clone(), self.password.clone())
        } else {
            let decoded = STANDARD.decode(&self.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let (user, password) =
                pair.ok_or_else(|| format!("auth of {registry} is not the Base64 of user:password"))?;
            (user.to_owned(), password.trim_end_matches('\0').to_owned())
        };
        if user.is_empty() && token.is_none() {
            return Ok(None);
        }
        Ok(Some(Credentials { registry: registry.to_owned(), user, password, identity_token: token }))
    }
}

/// Returns the registry of an image, by the rule of Docker: a first part that looks like a host.
#[must_use]
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldA=="},
            "registry.example.com": {"username": "user", "password": "pass:word"},
            "https://old.example.com/v1/": {"auth": "b2xkOm9sZA=="},
            "token.example.com": {"identitytoken": "T"},
            "kept.example.com": {},
            "broken.example.com": {"auth": "SECRET"}
        },
        "credHelpers": {"kept.example.com": "pass"}
    }"#;

    fn find(image: &str) -> Result<Option<Credentials>, String> {
        Credentials::find(FILE.as_bytes(), image)
    }

    #[test]
    fn the_registry_of_the_image_decides() {
        let hub = find("library/basic").unwrap().unwrap();
        assert_eq!((hub.registry.as_str(), hub.user.as_str(), hub.password.as_str()), (HUB, "hub", "secret"));
        assert_eq!(find("basic").unwrap(), find("docker.io/basic").unwrap());
        assert_eq!(find("registry.example.com/a/b").unwrap().unwrap().password, "pass:word");
        assert_eq!(find("old.example.com/a").unwrap().unwrap().user, "old");
        assert_eq!(find("token.example.com/a").unwrap().unwrap().identity_token.as_deref(), Some("T"));
        assert_eq!(find("localhost:5000/a").unwrap(), None);
        let shown = format!("{hub:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_secret() {
        assert_eq!(
            find("kept.example.com/a").unwrap_err(),
            "the helper \"pass\" stores the credentials of kept.example.com, but the launcher does not run helpers"
        );
        assert_eq!(
            find("broken.example.com/a").unwrap_err(),
            "auth of broken.example.com is not the Base64 of user:password"
        );
        let error = Credentials::find(br#"{"auths": "SECRET"}"#, "a").unwrap_err();
        assert_eq!(error, "line 1, column 18: docker login did not write this");
    }
}

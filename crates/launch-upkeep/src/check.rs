//! Checks the requirements of launches.

mod host;

use std::collections::BTreeSet;
use std::path::Path;

use ccs_launch::kubernetes::Feature;
use ccs_launch::settings::Platform;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_kubernetes::Upkeep;
use serde::Serialize;

use crate::platforms::places;
use crate::site::Site;

/// One required or optional item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The feature that needs it.
    pub feature: String,
    /// The item that was checked.
    pub what: String,
    /// Whether it exists.
    pub ok: bool,
    /// Whether launches fail without it.
    pub required: bool,
    /// The result.
    pub message: String,
    /// The hint.
    pub hint: Option<String>,
    /// The exit code of a launch without it.
    pub exit_code: u8,
}

/// The document of `ccs launch check --json`. Its shape is in `docs/json.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Document {
    /// The items, in the order of a launch.
    pub items: Vec<Item>,
    /// The missing rules of a Role, as YAML; empty if none is missing.
    pub rules: Vec<String>,
    /// The exit code of the command: 0, or the code of the first missing requirement.
    pub exit_code: u8,
}

/// The input of the check.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// The file of the settings, if the operator names one.
    pub file: Option<&'a Path>,
    /// The settings, or why they cannot be read.
    pub site: &'a Result<Site, Failure>,
    /// The folder of the peer's builds, if the operator names it.
    pub builds: Option<&'a Path>,
}

impl Item {
    pub(crate) fn of(feature: &str, what: impl Into<String>, code: ExitCode, outcome: Outcome) -> Self {
        let (ok, required, message, hint) = match outcome {
            Outcome::There(message) => (true, true, message, None),
            Outcome::Missing(message, hint) => (false, true, message, hint),
            Outcome::Optional(message, hint) => (false, false, message, hint),
        };
        let exit_code = code.number();
        Self { feature: feature.to_owned(), what: what.into(), ok, required, message, hint, exit_code }
    }
}

/// The outcome of a check.
pub(crate) enum Outcome {
    There(String),
    Missing(String, Option<String>),
    Optional(String, Option<String>),
}

impl Check<'_> {
    /// Checks everything.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document::default();
        let file = self.file.map_or_else(|| "no launch.yaml".to_owned(), |file| file.display().to_string());
        match self.site {
            Ok(site) => {
                document.items.push(Item::of(
                    "settings",
                    file,
                    ExitCode::Settings,
                    Outcome::There(said_of(site)),
                ));
                look(site, self.builds, &mut document);
            }
            Err(failure) => document.items.push(of_failure("settings", file, failure)),
        }
        let missing = document.items.iter().find(|item| item.required && !item.ok);
        document.exit_code = missing.map_or(0, |item| item.exit_code);
        document
    }
}

fn said_of(site: &Site) -> String {
    match site.settings.platform {
        Some(Platform::Process) => "platform: process".to_owned(),
        Some(Platform::Docker) => "platform: docker".to_owned(),
        Some(Platform::Kubernetes) => "platform: kubernetes".to_owned(),
        Some(Platform::None) => "platform: none; the builder launches nothing".to_owned(),
        None => "the builder launches only packages of the type k8s, on Kubernetes".to_owned(),
    }
}

fn of_failure(feature: &str, what: impl Into<String>, failure: &Failure) -> Item {
    let hint = failure.hint().map(str::to_owned);
    Item::of(feature, what, failure.code(), Outcome::Missing(failure.to_string(), hint))
}

fn look(site: &Site, builds: Option<&Path>, document: &mut Document) {
    match site.settings.platform {
        None | Some(Platform::Kubernetes) => kubernetes(site, document),
        Some(Platform::Process) => document.items.extend(host::look(&site.settings, builds)),
        Some(Platform::Docker) => document.items.push(docker(site)),
        Some(Platform::None) => {}
    }
}

fn docker(site: &Site) -> Item {
    const FEATURE: &str = "Docker";
    let version = site.engine().and_then(|engine| {
        let what = engine.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Ok((what, ccs_launch_docker::version(&engine)?))
    });
    match version {
        Ok((what, version)) => Item::of(FEATURE, what, ExitCode::Unreachable, Outcome::There(version)),
        Err(failure) => of_failure(FEATURE, "engine", &failure),
    }
}

fn kubernetes(site: &Site, document: &mut Document) {
    const FEATURE: &str = "Kubernetes";
    let target = match site.cluster() {
        Ok(target) => target,
        Err(failure) => return document.items.push(of_failure(FEATURE, "settings", &failure)),
    };
    // Without launch.yaml, an empty ID is valid, as in fabric-builder-k8s.
    let is_empty = site.settings.platform.is_none() && site.variable("CORE_PEER_ID").as_deref() == Some("");
    document.items.push(match site.peer_id() {
        Err(_) if is_empty => {
            Item::of(FEATURE, "ID of the peer", ExitCode::Settings, Outcome::There("empty".to_owned()))
        }
        Ok(peer) => Item::of(FEATURE, "ID of the peer", ExitCode::Settings, Outcome::There(peer)),
        Err(failure) => of_failure(FEATURE, "ID of the peer", &failure),
    });
    let upkeep = Upkeep::new(&target).and_then(|upkeep| Ok((upkeep.version()?, upkeep)));
    let (version, upkeep) = match upkeep {
        Ok(found) => found,
        Err(failure) => return document.items.push(of_failure(FEATURE, "API server", &failure)),
    };
    document.items.push(Item::of(FEATURE, "API server", ExitCode::Unreachable, Outcome::There(version)));
    let namespaces = places(site, None, &[]).unwrap_or_default();
    for namespace in namespaces {
        rights(&upkeep, &namespace, site.settings.platform.is_some(), document);
    }
}

fn rights(upkeep: &Upkeep, namespace: &str, has_servers: bool, document: &mut Document) {
    // A right may be in two rows.
    let mut rules = BTreeSet::new();
    let mut items = Vec::new();
    for feature in Feature::ALL.into_iter().filter(|feature| *feature != Feature::Servers || has_servers) {
        for right in feature.rights() {
            let what = format!("{namespace}: {} {}", right.verbs.join(", "), right.resource);
            let outcome = match upkeep.missing(namespace, right) {
                Ok(missing) if missing.is_empty() => Outcome::There(right.purpose.to_owned()),
                Ok(missing) => {
                    rules.insert(right.rule());
                    let message = format!("may not {}: {}", missing.join(", "), right.purpose);
                    let hint = Some(format!("add to the Role in namespace {namespace}: {}", right.rule()));
                    if right.needed {
                        Outcome::Missing(message, hint)
                    } else {
                        Outcome::Optional(message, hint)
                    }
                }
                Err(failure) => {
                    items.push((None, of_failure(feature.name(), what, &failure)));
                    return document.items.extend(items.into_iter().map(|(_, item)| item));
                }
            };
            let way = way(feature, right.resource);
            items.push((way, Item::of(feature.name(), what, ExitCode::Forbidden, outcome)));
        }
    }
    one_way_is_enough(&mut items);
    document.items.extend(items.into_iter().map(|(_, item)| item));
    document.rules.extend(rules);
}

/// Returns the role that needs a right; [`None`] if both do, such as for the certificates.
fn way(feature: Feature, resource: &str) -> Option<Feature> {
    let is_of_one = feature != Feature::Upkeep && resource != "secrets";
    is_of_one.then_some(feature)
}

/// Makes the missing rights of one role optional if the other role has all of its rights, because a Role may be for servers only.
fn one_way_is_enough(items: &mut [(Option<Feature>, Item)]) {
    let is_complete = |wanted: Feature| {
        let mut of_way = items.iter().filter(|(way, _)| *way == Some(wanted)).peekable();
        of_way.peek().is_some() && of_way.all(|(_, item)| item.ok || !item.required)
    };
    let lacking = match (is_complete(Feature::Clients), is_complete(Feature::Servers)) {
        (true, false) => Feature::Servers,
        (false, true) => Feature::Clients,
        _ => return,
    };
    for (_, item) in items.iter_mut().filter(|(way, item)| *way == Some(lacking) && !item.ok) {
        item.required = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the missing required rights of an account that has no rights for these resources.
    fn missing(lacking: &[&str], has_servers: bool) -> Vec<String> {
        let mut items = Vec::new();
        for feature in Feature::ALL.into_iter().filter(|it| *it != Feature::Servers || has_servers) {
            for right in feature.rights() {
                let outcome = match (lacking.contains(&right.resource), right.needed) {
                    (false, _) => Outcome::There(String::new()),
                    (true, true) => Outcome::Missing(String::new(), None),
                    (true, false) => Outcome::Optional(String::new(), None),
                };
                let item = Item::of(feature.name(), right.resource, ExitCode::Forbidden, outcome);
                items.push((way(feature, right.resource), item));
            }
        }
        one_way_is_enough(&mut items);
        let missing = items.into_iter().filter(|(_, item)| item.required && !item.ok);
        missing.map(|(_, item)| item.what).collect()
    }

    #[test]
    fn a_role_may_be_for_one_way_to_run_chaincode() {
        assert!(missing(&[], true).is_empty());
        assert!(missing(&["jobs"], true).is_empty());
        assert!(missing(&["deployments", "services"], true).is_empty());
        assert!(missing(&["services", "pods", "events"], true).is_empty());
        assert_eq!(missing(&["jobs", "services"], true), ["jobs", "services"]);
        assert_eq!(missing(&["secrets"], true), ["secrets"]);
        assert_eq!(missing(&["jobs", "secrets"], true), ["secrets"]);
        // Without launch.yaml, launches only create Jobs.
        assert_eq!(missing(&["jobs"], false), ["jobs"]);
    }
}

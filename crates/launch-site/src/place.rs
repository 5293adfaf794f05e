//! What this process finds around itself: its host, and where and how a chaincode runs on Kubernetes.

use std::env;
use std::fs;

use ccs_launch::Failure;
use ccs_launch::kubernetes::{Surroundings, Target};
use ccs_launch::settings::{Settings, Subject};

/// Where a pod finds the namespace of its service account.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Where Linux tells the name of the host.
const HOST: &str = "/proc/sys/kernel/hostname";

/// Returns the name of the host, which in a container is its ID as a rule.
#[must_use]
pub fn host() -> Option<String> {
    word(HOST)
}

fn word(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Decides where and how a chaincode runs, by what this process finds around itself.
pub fn target(settings: &Settings, subject: &Subject<'_>) -> Result<Target, Failure> {
    target_with(settings, subject, &|name| env::var(name).ok())
}

/// Does the same with other variables than those of this process.
pub fn target_with(
    settings: &Settings,
    subject: &Subject<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, Failure> {
    let (own_namespace, host) = (word(OWN_NAMESPACE), host());
    let surroundings =
        Surroundings { variable, own_namespace: own_namespace.as_deref(), host: host.as_deref() };
    Target::new(surroundings, settings, subject)
}

//! The rights that the builder needs or can use: one table for the Role, the documentation and messages.

use std::fmt::Write as _;

/// A right in the namespace of the chaincode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The group of the API; empty for the core.
    pub group: &'static str,
    /// The resource.
    pub resource: &'static str,
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// Its purpose.
    pub purpose: &'static str,
    /// Whether a launch fails without it.
    pub needed: bool,
}

/// Every right, for chaincode that dials the peer.
pub const RIGHTS: &[Right] = &[
    right(
        "batch",
        "jobs",
        &["create", "get", "list", "watch"],
        "to start a chaincode and to see when it ends",
    )
    .needed(),
    // Server-side apply of an object that does not exist yet requires both.
    right("", "secrets", &["create", "patch"], "to pass the certificates to the chaincode").needed(),
    right("batch", "jobs", &["delete"], "to delete the chaincode when the peer stops it"),
    right("", "secrets", &["delete"], "to delete the certificates immediately"),
    right("", "pods", &["get", "list", "watch"], "to see immediately why a chaincode does not start"),
    right("", "events", &["list"], "to report errors of quotas, policies and volumes"),
    right("", "pods/log", &["get"], "to show the last lines of a chaincode that has ended"),
];

/// Further rights, for chaincode that the peer dials.
pub const SERVER_RIGHTS: &[Right] = &[
    right(
        "apps",
        "deployments",
        &["create", "get", "list", "watch", "patch"],
        "for chaincode that the peer dials: to start it and to see when it is ready",
    )
    .needed(),
    right(
        "",
        "services",
        &["create", "patch"],
        "for chaincode that the peer dials: to let the peer resolve its name",
    )
    .needed(),
    right(
        "apps",
        "deployments",
        &["delete"],
        "for chaincode that the peer dials: to delete a Deployment that does not become ready",
    ),
    right("", "services", &["delete"], "for chaincode that the peer dials: to delete an unused Service"),
];

/// Further rights, for `ccs launch list`, `reconcile` and `gc`. The right to get Secrets reveals nothing new: a client that may patch a
/// Secret sees its content in the response.
pub const UPKEEP_RIGHTS: &[Right] = &[
    right("", "secrets", &["get"], "for ccs launch: to see whether the certificates still exist"),
    right("", "services", &["get", "list"], "for ccs launch: to see whether the Service still exists"),
];

/// The purpose of a table of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Chaincode that dials the peer.
    Clients,
    /// Chaincode that the peer dials.
    Servers,
    /// `ccs launch`.
    Upkeep,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 3] = [Self::Clients, Self::Servers, Self::Upkeep];

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "chaincode that dials the peer",
            Self::Servers => "chaincode that the peer dials",
            Self::Upkeep => "ccs launch",
        }
    }

    /// Returns the rights that it needs or can use.
    #[must_use]
    pub fn rights(self) -> &'static [Right] {
        match self {
            Self::Clients => RIGHTS,
            Self::Servers => SERVER_RIGHTS,
            Self::Upkeep => UPKEEP_RIGHTS,
        }
    }
}

const fn right(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    purpose: &'static str,
) -> Right {
    Right { group, resource, verbs, purpose, needed: false }
}

impl Right {
    const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// Returns the rule of a Role.
    #[must_use]
    pub fn rule(&self) -> String {
        let Self { group, resource, verbs, .. } = self;
        format!(
            r#"{{apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{}"]}}"#,
            verbs.join(r#"", ""#)
        )
    }
}

/// Returns every right.
pub fn all_rights() -> impl Iterator<Item = &'static Right> {
    Feature::ALL.into_iter().flat_map(Feature::rights)
}

/// Returns a Role with every right, as YAML.
#[must_use]
pub fn role(name: &str, namespace: &str) -> String {
    let mut role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: {name}, namespace: {namespace}}}\nrules:\n"
    );
    for right in all_rights() {
        let optional = if right.needed { "" } else { "; optional" };
        let _ = writeln!(role, "  # {}{optional}\n  - {}", right.purpose, right.rule());
    }
    role
}

#[cfg(test)]
mod tests {
    use super::role;

    #[test]
    fn the_documentation_shows_the_role() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/launching-kubernetes.md");
        let page = std::fs::read_to_string(page).unwrap();
        let role = role("fabric-ccs-launcher", "hlf-chaincode");
        assert!(page.contains(&role), "docs/launching-kubernetes.md does not show this Role:\n{role}");
    }

    #[test]
    fn the_manifest_has_the_rules_of_the_role() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/kubernetes/peer-launcher/rights.yaml");
        let manifest = std::fs::read_to_string(path).unwrap();
        let role = role("fabric-ccs-launcher", "fabric");
        let (_, rules) = role.split_once("\nrules:\n").unwrap();
        let found = manifest.split_once("\nrules:\n").map(|(_, found)| found);
        assert_eq!(found, Some(rules), "{path} has other rules than the table");
    }
}

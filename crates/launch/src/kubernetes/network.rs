//! Which pods launched chaincode connects to, and which connect to it: `NetworkPolicies`, for the documentation and the checks.

use super::objects::MANAGER;
use super::pod::PORT;
use super::server::MANAGER as SERVER_MANAGER;

/// The label of a peer's pod by which the policies know it; the patch that gives a peer the builder adds it.
const PEER: &str = "fabric-ccs/peer";

/// Where a peer waits for chaincode that dials, unless core.yaml says something else.
const CHAINCODE_ADDRESS_PORT: u16 = 7052;

/// Returns the policies of a namespace of chaincode, as YAML: one for the pods of each role.
#[must_use]
pub fn network_policies(namespace: &str) -> String {
    let peers = |indent: &str| {
        format!(
            "{indent}- namespaceSelector: {{}}\n{indent}  podSelector: {{matchLabels: {{{PEER}: \"true\"}}}}\n"
        )
    };
    let policy = |name: &str, manager: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  \
             podSelector: {{matchLabels: {{app.kubernetes.io/component: chaincode, app.kubernetes.io/managed-by: {manager}}}}}\n  \
             policyTypes: [Ingress, Egress]\n"
        )
    };
    format!(
        "# chaincode that the peer dials: peers connect to its port, and it connects to nobody\n{}  ingress:\n    - from:\n{}      \
         ports: [{{port: {PORT}, protocol: TCP}}]\n---\n\
         # chaincode that dials the peer: it asks for the peer's name, and connects to the peer; nobody connects to it\n{}  egress:\n    \
         - ports: [{{port: 53, protocol: UDP}}, {{port: 53, protocol: TCP}}]\n    - to:\n{}      \
         ports: [{{port: {CHAINCODE_ADDRESS_PORT}, protocol: TCP}}]\n",
        policy("chaincode-that-is-dialed", SERVER_MANAGER),
        peers("        "),
        policy("chaincode-that-dials", MANAGER),
        peers("        "),
    )
}

#[cfg(test)]
mod tests {
    use super::network_policies;

    #[test]
    fn the_documentation_shows_the_policies() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/launching-kubernetes.md");
        let page = std::fs::read_to_string(page).unwrap();
        let policies = network_policies("hlf-chaincode");
        assert!(
            page.contains(&policies),
            "docs/launching-kubernetes.md does not show these policies:\n{policies}"
        );
    }
}

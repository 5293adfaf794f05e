//! `NetworkPolicies` for launched chaincode, for the documentation and the checks.

use super::objects::MANAGER;
use super::pod::PORT;
use super::server::MANAGER as SERVER_MANAGER;

/// The label by which the policies select a peer's pod; the patch that adds the builder to a peer sets it.
const PEER: &str = "fabric-ccs/peer";

/// The default port on which a peer listens for chaincode.
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
        "# chaincode that the peer dials: only peers may connect to its port, and it may not connect anywhere\n{}  ingress:\n    - from:\n{}      \
         ports: [{{port: {PORT}, protocol: TCP}}]\n---\n\
         # chaincode that dials the peer: it may resolve names and connect to the peer, and no pod may connect to it\n{}  egress:\n    \
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

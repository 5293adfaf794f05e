//! What a container is called, and its labels.

use std::collections::BTreeMap;

use super::RUN;

/// The ID of the network that a peer has when nobody sets another one (`peer.networkId` in core.yaml).
pub(super) const NETWORK: &str = "dev";

/// Returns the name of a container: that of Fabric's own peer (Fabric 3.1 `core/container/dockercontroller`, `GetVMName`), and
/// `-ccs`, since the peer removes a container of its own name when it launches one itself.
pub(super) fn container(network_id: &str, peer_id: &str, chaincode_id: &str) -> String {
    let name = format!("{network_id}-{peer_id}-{chaincode_id}-ccs");
    let known = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let name: String = name.chars().map(|character| if known(character) { character } else { '-' }).collect();
    // An engine wants a letter or a digit first.
    name.trim_start_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned()
}

/// Returns the labels, which name the package, the peer and the launch.
pub(super) fn labels(chaincode_id: &str, peer_id: &str, run: &str) -> BTreeMap<String, String> {
    [
        ("fabric-ccs/package-id", chaincode_id),
        ("fabric-ccs/peer-id", peer_id),
        ("fabric-ccs/role", "client"),
        (RUN, run),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_peers_own_with_an_ending() {
        let hash = "cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";
        assert_eq!(
            container("dev", "peer0.org1.example.com", &format!("basic_1.0:{hash}")),
            format!("dev-peer0.org1.example.com-basic_1.0-{hash}-ccs")
        );
        assert_eq!(container("/_net", "p@1", "a+b:00"), "net-p-1-a-b-00-ccs");
    }
}

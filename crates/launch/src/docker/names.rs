//! The name and the labels of a container.

use std::collections::BTreeMap;

use super::RUN;
use crate::settings::{Role, Subject};

/// The label with the package ID.
pub const PACKAGE: &str = "fabric-ccs/package-id";

/// The label with the ID of the peer.
pub const PEER: &str = "fabric-ccs/peer-id";

/// The label of a server with the MSP ID of the peer, where the peer propagates it.
pub const MSPID: &str = "fabric-ccs/mspid";

/// The label with the role of the chaincode: `client` or `server`.
pub const ROLE: &str = "fabric-ccs/role";

/// The label of a server with the name that its container has, or gets when it has taken over from an older one.
pub const WORKLOAD: &str = "fabric-ccs/workload";

/// The label of a server with the address that the peer dials.
pub const ADDRESS: &str = "fabric-ccs/address";

/// The default network ID of a peer (`peer.networkId` in core.yaml).
pub(super) const NETWORK: &str = "dev";

/// Returns the name of a container: that of Fabric's own peer (Fabric 3.1 `core/container/dockercontroller`, `GetVMName`), and
/// `-ccs`, since the peer removes a container of its own name when it launches one itself.
pub(super) fn container(network_id: &str, peer_id: &str, chaincode_id: &str) -> String {
    let name = format!("{network_id}-{peer_id}-{chaincode_id}-ccs");
    let known = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let name: String = name.chars().map(|character| if known(character) { character } else { '-' }).collect();
    // An engine requires a letter or a digit as the first character.
    name.trim_start_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned()
}

/// Returns the part of a name that identifies the peer: two organizations may have peers of the same ID.
pub(super) fn peer(peer_id: &str, mspid: &str) -> String {
    if mspid.is_empty() { peer_id.to_owned() } else { format!("{peer_id}-{mspid}") }
}

/// Returns the labels, which name the package, the peer and the launch.
pub(super) fn labels(subject: &Subject<'_>, peer_id: &str, run: &str) -> BTreeMap<String, String> {
    let role = match subject.role {
        Role::Client => "client",
        Role::Server => "server",
    };
    [(PACKAGE, subject.package), (PEER, peer_id), (ROLE, role), (RUN, run)]
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
        let of_msp = container("dev", &peer("peer0", "Org1MSP"), "a:00");
        assert_eq!((of_msp.as_str(), peer("peer0", "").as_str()), ("dev-peer0-Org1MSP-a-00-ccs", "peer0"));
        assert_eq!(container("/_net", "p@1", "a+b:00"), "net-p-1-a-b-00-ccs");
    }
}

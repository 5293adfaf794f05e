//! Names of a chaincode's objects: the names and labels of fabric-builder-k8s, which its users know.

use data_encoding::BASE32_NOPAD;

/// The maximum length of an object's name that is a DNS label.
const LONGEST_NAME: usize = 63;

/// The maximum length of a label's value.
const LONGEST_LABEL: usize = 63;

/// The length of the rest of a name, without prefix and chaincode label: two dashes, the hash, and the suffix of a Job.
const BESIDE_LABEL: usize = 21;

/// The identity of a chaincode, from which the names of its objects are derived.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The prefix of the names.
    pub prefix: &'a str,
    /// The ID of the peer.
    pub peer_id: &'a str,
    /// Where the peer listens for chaincode.
    pub peer_address: &'a str,
    /// The MSP ID of the peer.
    pub mspid: &'a str,
    /// The package ID.
    pub chaincode_id: &'a str,
}

impl Identity<'_> {
    /// Returns the name of the Secret, with which the names of its Jobs begin.
    #[must_use]
    pub fn object(&self) -> String {
        let parts = [self.prefix, self.peer_id, self.peer_address, self.mspid, self.chaincode_id];
        let hash = BASE32_NOPAD.encode(&fnv_1a(parts.iter().flat_map(|part| part.bytes())).to_be_bytes());
        let longest = LONGEST_NAME.saturating_sub(BESIDE_LABEL + self.prefix.len());
        let safe = |character: &char| character.is_ascii_digit() || matches!(character, 'a'..='z' | '-');
        let label = self.label().to_lowercase();
        let label: String = label.chars().filter(safe).take(longest).collect();
        format!("{}-{label}-{}", self.prefix, hash.to_lowercase())
    }

    /// Returns the label of the package as the value of a Kubernetes label, which does not allow a plus sign.
    #[must_use]
    pub fn label_value(&self) -> String {
        let known =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        let value = self.label().chars().map(|character| if known(character) { character } else { '-' });
        let value: String = value.take(LONGEST_LABEL).collect();
        value.trim_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned()
    }

    /// Returns the hash of the package as the value of a label, for which its 64 digits are too long.
    #[must_use]
    pub fn hash_value(&self) -> String {
        let hash = self.chaincode_id.rsplit_once(':').map_or("", |(_, hash)| hash);
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).unwrap_or_default();
        let mut value = BASE32_NOPAD.encode(&bytes);
        value.truncate(LONGEST_LABEL);
        value
    }

    fn label(&self) -> &str {
        self.chaincode_id.rsplit_once(':').map_or(self.chaincode_id, |(label, _)| label)
    }
}

/// Computes the hash FNV-1a of 64 bits, which Go has as `fnv.New64a`.
pub(super) fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The names that fabric-builder-k8s itself generates for these.
    #[test]
    fn the_names_are_those_of_fabric_builder_k8s() {
        let identity = Identity {
            prefix: "hlf-k8sbuilder-ftw",
            peer_id: "CongaOrgPeer0",
            peer_address: "peer0.org1.example.com",
            mspid: "CongaOrg",
            chaincode_id: "fabcar:cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b",
        };
        assert_eq!(identity.object(), "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e");
        assert_eq!(identity.hash_value(), "Z75CMYUUE6CAJZIHDS4RCUGVKDOAX6CVCSMQRILQWELJ2YLAABFQ");
        let identity = Identity {
            prefix: "hlfcc",
            peer_id: "core-peer-id-abcdefghijklmnopqrstuvwxyz-0123456789",
            peer_address: "PEER_ADDRESS",
            mspid: "MSPID",
            chaincode_id: "RUN_CHAINCODE_LABEL:6f98c4bb29414771312eddd1a813eef583df2121c235c4797792f141a46d4b45",
        };
        assert_eq!(identity.object(), "hlfcc-runchaincodelabel-uyg2zc6uzes7g");
        assert_eq!(identity.hash_value(), "N6MMJOZJIFDXCMJO3XI2QE7O6WB56IJBYI24I6LXSLYUDJDNJNCQ");
        assert_eq!(identity.label_value(), "RUN_CHAINCODE_LABEL");
    }

    #[test]
    fn a_label_of_fabric_becomes_one_of_kubernetes() {
        let value = |chaincode_id: &str| {
            Identity { prefix: "p", peer_id: "", peer_address: "", mspid: "", chaincode_id }.label_value()
        };
        assert_eq!(value("basic+1.0:00"), "basic-1.0");
        assert_eq!(value(&format!("{}:00", "a+".repeat(40))), "a-".repeat(31) + "a");
        assert_eq!(value("a:b:00"), "a-b");
    }

    proptest! {
        #[test]
        fn every_name_is_one_of_kubernetes(
            prefix in "[a-z][a-z0-9-]{0,29}",
            label in "[a-zA-Z0-9]{1,60}([.+_-][a-zA-Z0-9]{1,60}){0,3}",
            hash in "[0-9a-f]{64}",
        ) {
            let id = format!("{label}:{hash}");
            let identity = Identity { prefix: &prefix, peer_id: "p", peer_address: "a", mspid: "M", chaincode_id: &id };
            let object = identity.object();
            prop_assert!(object.len() <= LONGEST_NAME - 6, "{object}");
            prop_assert!(object.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{object}");
            let value = identity.label_value();
            prop_assert!(value.len() <= 63 && value.ends_with(|end: char| end.is_ascii_alphanumeric()), "{value}");
            prop_assert_eq!(identity.hash_value().len(), 52);
        }
    }
}

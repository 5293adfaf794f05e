//! The identity of a launch.

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A package on a peer, with at most one launch at a time.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The peer: its ID if known, its MSP ID, and the address on which it listens for chaincode.
    pub peer: [&'a str; 3],
    /// The package ID.
    pub package: &'a str,
    /// The folder of temporary files, where the lock is.
    pub temporary: &'a Path,
}

impl Identity<'_> {
    /// Returns the name of the lock: the label, for people, and a hash of everything.
    pub(crate) fn lock_name(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.peer.into_iter().chain([self.package]) {
            // The length separates adjacent values.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut digits = hex::encode(hash.finalize());
        digits.truncate(24);
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
        let label = self.package.rsplit_once(':').map_or(self.package, |(label, _)| label);
        let label: String = label.chars().filter(is_plain).take(60).collect();
        format!("{label}-{digits}.lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_of_each_peer_has_a_lock_of_its_own() {
        let name = |peer: [&str; 3], package: &str| {
            Identity { peer, package, temporary: Path::new("/tmp") }.lock_name()
        };
        let first = name(["p", "Org1MSP", "a:1"], "basic/1:ab");
        assert!(first.starts_with("basic1-"), "{first}");
        assert_eq!(first, name(["p", "Org1MSP", "a:1"], "basic/1:ab"));
        assert_ne!(first, name(["q", "Org1MSP", "a:1"], "basic/1:ab"));
        assert_ne!(first, name(["p", "Org1MSP", "a:1"], "basic/1:ac"));
        assert_ne!(name(["ab", "c", ""], "x"), name(["a", "bc", ""], "x"));
    }
}

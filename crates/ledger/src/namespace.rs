//! Names of namespaces in the state: one for a chaincode, and two for each of its collections.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/privacyenabledstate/db.go`.

use std::fmt;

/// Separator that no chaincode namespace contains, so that a chaincode cannot write into a collection.
const MARK: &str = "$$";

/// Namespace of the state. `Display` prints the name that the state and CouchDB databases use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespace<'a> {
    /// Public keys and values of a chaincode.
    Public(&'a str),
    /// Keys and values of a collection.
    Private {
        /// Chaincode that defines the collection.
        chaincode: &'a str,
        /// Name of the collection.
        collection: &'a str,
    },
    /// Hashes of a collection's keys and values, which are public.
    Hashed {
        /// Chaincode that defines the collection.
        chaincode: &'a str,
        /// Name of the collection.
        collection: &'a str,
    },
}

impl<'a> Namespace<'a> {
    /// Parses the name of a namespace; [`None`] if it contains the separator, but is not a valid collection
    /// namespace.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        let Some((chaincode, rest)) = name.split_once(MARK) else { return Some(Self::Public(name)) };
        if let Some(collection) = rest.strip_prefix('p') {
            return Some(Self::Private { chaincode, collection });
        }
        let collection = rest.strip_prefix('h')?;
        Some(Self::Hashed { chaincode, collection })
    }

    /// Returns the chaincode to which the namespace belongs.
    #[must_use]
    pub fn chaincode(self) -> &'a str {
        match self {
            Self::Public(chaincode) | Self::Private { chaincode, .. } | Self::Hashed { chaincode, .. } => {
                chaincode
            }
        }
    }
}

impl fmt::Display for Namespace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public(chaincode) => formatter.write_str(chaincode),
            Self::Private { chaincode, collection } => write!(formatter, "{chaincode}{MARK}p{collection}"),
            Self::Hashed { chaincode, collection } => write!(formatter, "{chaincode}{MARK}h{collection}"),
        }
    }
}

/// Returns the namespace of a collection's values.
pub(crate) fn private(chaincode: &str, collection: &str) -> String {
    Namespace::Private { chaincode, collection }.to_string()
}

/// Returns the namespace for the hashes of a collection's keys and values.
pub(crate) fn hashed(chaincode: &str, collection: &str) -> String {
    Namespace::Hashed { chaincode, collection }.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_that_of_a_chaincode_or_of_one_of_its_collections() {
        let collection = ("basic", "c$1");
        let (chaincode, collection) = collection;
        for (name, namespace) in [
            ("basic", Namespace::Public("basic")),
            ("ba$ic", Namespace::Public("ba$ic")),
            ("basic$$pc$1", Namespace::Private { chaincode, collection }),
            ("basic$$hc$1", Namespace::Hashed { chaincode, collection }),
        ] {
            assert_eq!((Namespace::parse(name), namespace.to_string()), (Some(namespace), name.to_owned()));
        }
        assert_eq!(Namespace::parse("basic$$"), None);
        assert_eq!(Namespace::parse("basic$$xc1"), None);
    }

    proptest! {
        #[test]
        fn a_name_that_is_read_is_written_as_it_was(name in "[a-z$ph]{0,8}") {
            if let Some(namespace) = Namespace::parse(&name) {
                prop_assert_eq!(namespace.to_string(), name.clone());
                prop_assert!(!namespace.chaincode().contains(MARK));
                prop_assert_eq!(matches!(namespace, Namespace::Public(_)), !name.contains(MARK));
            }
        }
    }
}

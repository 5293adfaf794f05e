//! The committed state, in memory: keys and values by channel and namespace.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The keys of one namespace on one channel, in the byte order of their UTF-8, as every peer has them.
pub(crate) type Namespace = BTreeMap<String, Vec<u8>>;

/// What a transaction writes; [`None`] deletes.
pub(crate) type Writes = BTreeMap<String, Option<Vec<u8>>>;

/// Everything that was committed.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    namespaces: HashMap<(String, String), Arc<Namespace>>,
}

impl State {
    /// Gives a namespace as it is now; later commits do not change what was given.
    pub(crate) fn snapshot(&self, channel: &str, namespace: &str) -> Arc<Namespace> {
        self.namespaces.get(&(channel.to_owned(), namespace.to_owned())).cloned().unwrap_or_default()
    }

    /// Applies the writes of one transaction.
    pub(crate) fn commit(&mut self, channel: &str, namespace: &str, writes: Writes) {
        let key = (channel.to_owned(), namespace.to_owned());
        let keys = Arc::make_mut(self.namespaces.entry(key).or_default());
        for (key, value) in writes {
            match value {
                Some(value) => drop(keys.insert(key, value)),
                None => drop(keys.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_leave_snapshots_and_other_namespaces_alone() {
        let mut state = State::default();
        let write =
            |key: &str, value: Option<&[u8]>| Writes::from([(key.to_owned(), value.map(<[u8]>::to_vec))]);
        state.commit("ch", "cc", write("a", Some(b"1")));
        let before = state.snapshot("ch", "cc");
        state.commit("ch", "cc", write("a", None));
        state.commit("ch", "cc", write("b", Some(b"2")));
        assert_eq!(*before, Namespace::from([("a".to_owned(), b"1".to_vec())]));
        assert_eq!(*state.snapshot("ch", "cc"), Namespace::from([("b".to_owned(), b"2".to_vec())]));
        assert!(state.snapshot("ch2", "cc").is_empty());
        assert!(state.snapshot("ch", "cc2").is_empty());
    }
}

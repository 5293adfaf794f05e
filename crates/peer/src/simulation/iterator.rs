//! Range queries, batch by batch.

use std::ops::Bound;
use std::sync::Arc;

use crate::state::Namespace;

/// How many results an answer holds (Fabric 3.1 `core/chaincode/query_response_generator.go`).
pub(crate) const BATCH_SIZE: usize = 100;

/// A range query that may have more to give.
#[derive(Clone, Debug)]
pub(crate) struct RangeIterator {
    committed: Arc<Namespace>,
    next: Bound<String>,
    end: Bound<String>,
    /// How many results it may still give; it ends silently after them.
    left: usize,
}

/// Some results of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Keys and values in order.
    pub(crate) entries: Vec<(String, Vec<u8>)>,
    /// The key behind the last entry, which has been fetched as well; [`None`] at the end of the range.
    pub(crate) following: Option<String>,
    /// Whether the iterator has more to give. Shims fail on an empty batch after a promise of more.
    pub(crate) has_more: bool,
}

impl RangeIterator {
    pub(super) fn new(committed: Arc<Namespace>, start: String, end: String, limit: usize) -> Self {
        // `BTreeMap::range` panics on an inverted range; for a peer it is empty.
        let is_inverted = !end.is_empty() && start >= end;
        let left = if is_inverted { 0 } else { limit };
        let end = if end.is_empty() || is_inverted { Bound::Unbounded } else { Bound::Excluded(end) };
        Self { committed, next: Bound::Included(start), end, left }
    }

    /// Gives at most `size` further results.
    pub(crate) fn next_batch(&mut self, size: usize) -> Batch {
        let size = size.min(self.left);
        if size == 0 {
            return Batch { entries: Vec::new(), following: None, has_more: false };
        }
        let mut rest = self.committed.range((self.next.clone(), self.end.clone()));
        let entries: Vec<_> =
            rest.by_ref().take(size).map(|(key, value)| (key.clone(), value.clone())).collect();
        let following = rest.next().map(|(key, _)| key.clone());
        self.left -= entries.len();
        if let Some((last, _)) = entries.last() {
            self.next = Bound::Excluded(last.clone());
        }
        let has_more = following.is_some() && self.left > 0;
        Batch { entries, following, has_more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn committed(keys: impl IntoIterator<Item = String>) -> Arc<Namespace> {
        Arc::new(keys.into_iter().map(|key| (key.clone(), key.into_bytes())).collect())
    }

    #[test]
    fn more_is_promised_only_when_one_more_is_there() {
        let keys = committed((0..101).map(|n| format!("{n:03}")));
        let mut exact = RangeIterator::new(Arc::clone(&keys), String::new(), "100".to_owned(), 1000);
        let batch = exact.next_batch(BATCH_SIZE);
        assert_eq!((batch.entries.len(), batch.has_more, batch.following), (100, false, None));

        let mut one_more = RangeIterator::new(Arc::clone(&keys), String::new(), String::new(), 1000);
        assert!(one_more.next_batch(BATCH_SIZE).has_more);
        let last = one_more.next_batch(BATCH_SIZE);
        assert_eq!((last.entries.len(), last.has_more), (1, false));

        let mut limited = RangeIterator::new(keys, String::new(), String::new(), 100);
        let batch = limited.next_batch(BATCH_SIZE);
        assert_eq!((batch.entries.len(), batch.has_more), (100, false));
        assert_eq!(batch.following.as_deref(), Some("100"));
    }

    proptest! {
        #[test]
        fn batches_put_together_are_the_range_of_a_map(
            keys in proptest::collection::btree_set("[a-c\u{0}\u{e9}\u{10ffff}]{0,4}", 0..60),
            start in "[a-c\u{e9}]{0,2}",
            end in "[a-c\u{e9}\u{10ffff}]{0,2}",
            limit in 0_usize..50,
            size in 1_usize..20,
        ) {
            let model: Vec<String> = keys
                .iter()
                .filter(|key| **key >= start && (end.is_empty() || **key < end))
                .take(limit)
                .cloned()
                .collect();
            let mut iterator = RangeIterator::new(committed(keys.clone()), start.clone(), end.clone(), limit);
            let mut found = Vec::new();
            loop {
                let batch = iterator.next_batch(size);
                prop_assert!(batch.entries.len() <= size);
                prop_assert!(!batch.has_more || batch.entries.len() == size);
                found.extend(batch.entries.into_iter().map(|(key, _)| key));
                if !batch.has_more {
                    break;
                }
            }
            prop_assert_eq!(found, model);
        }
    }
}

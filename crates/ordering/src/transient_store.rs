//! Keeps private data between endorsement and commit, since envelopes do not contain it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ccs_proto::rwset::TxPvtReadWriteSet;
use prost::Message;

/// How long private data waits for its transaction, which a client may sign offline.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// Maximum size in bytes of the waiting private data, in encoded form.
const KEPT_BYTES: usize = 256 << 20;

/// Private data of endorsed transactions, by channel and transaction. When full, drops the oldest.
#[derive(Debug)]
pub struct TransientStore {
    // Do not await while holding the lock.
    pending: Mutex<Pending>,
    limit_in_bytes: usize,
}

type Id = (String, String);

#[derive(Debug, Default)]
struct Pending {
    sets: HashMap<Id, Kept>,
    /// IDs in order of arrival, including IDs whose set was taken or replaced.
    arrivals: VecDeque<(Id, u64)>,
    arrival: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    set: TxPvtReadWriteSet,
    bytes: usize,
    arrival: u64,
    since: Instant,
}

impl Default for TransientStore {
    fn default() -> Self {
        Self { pending: Mutex::default(), limit_in_bytes: KEPT_BYTES }
    }
}

impl TransientStore {
    /// Stores the private data of a transaction. If the transaction is endorsed again, the last set replaces earlier
    /// ones.
    pub fn keep(&self, channel: &str, transaction_id: &str, set: TxPvtReadWriteSet) {
        let id = (channel.to_owned(), transaction_id.to_owned());
        let bytes = set.encoded_len();
        let mut pending = self.pending();
        pending.arrival += 1;
        let arrival = pending.arrival;
        pending.remove(&id);
        pending.bytes += bytes;
        pending.sets.insert(id.clone(), Kept { set, bytes, arrival, since: Instant::now() });
        pending.arrivals.push_back((id, arrival));
        pending.drop_old(self.limit_in_bytes, Instant::now());
    }

    /// Returns the private data of a transaction that is about to be committed. [`Self::forget`] removes it.
    pub fn get(&self, channel: &str, transaction_id: &str) -> Option<TxPvtReadWriteSet> {
        let id = (channel.to_owned(), transaction_id.to_owned());
        self.pending().sets.get(&id).map(|kept| kept.set.clone())
    }

    /// Removes the private data of a committed transaction.
    pub fn forget(&self, channel: &str, transaction_id: &str) {
        let mut pending = self.pending();
        pending.remove(&(channel.to_owned(), transaction_id.to_owned()));
        pending.drop_old(self.limit_in_bytes, Instant::now());
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn remove(&mut self, id: &Id) {
        if let Some(kept) = self.sets.remove(id) {
            self.bytes -= kept.bytes;
        }
    }

    /// Drops expired sets, the oldest sets beyond the limit, and arrivals whose set is gone. Keeps the last arrival.
    fn drop_old(&mut self, limit_in_bytes: usize, now: Instant) {
        while let Some((id, arrival)) = self.arrivals.front() {
            let kept = self.sets.get(id).filter(|kept| kept.arrival == *arrival);
            let is_last = self.arrivals.len() == 1;
            let stays = kept.is_some_and(|kept| {
                is_last || (self.bytes <= limit_in_bytes && now.duration_since(kept.since) < KEPT_FOR)
            });
            if stays {
                return;
            }
            let Some((id, arrival)) = self.arrivals.pop_front() else { return };
            if self.sets.get(&id).is_some_and(|kept| kept.arrival == arrival) {
                self.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ccs_proto::rwset::NsPvtReadWriteSet;

    use super::*;

    fn set(namespace: &str) -> TxPvtReadWriteSet {
        let set = NsPvtReadWriteSet { namespace: namespace.to_owned(), collection_pvt_rwset: Vec::new() };
        TxPvtReadWriteSet { data_model: 0, ns_pvt_rwset: vec![set] }
    }

    #[test]
    fn private_data_waits_for_its_transaction_and_no_longer() {
        let pending = TransientStore::default();
        pending.keep("c", "t", set("a"));
        pending.keep("c", "t", set("b"));
        assert_eq!(pending.get("c", "t"), Some(set("b")));
        assert_eq!(pending.get("d", "t"), None);
        pending.forget("c", "t");
        assert_eq!(pending.get("c", "t"), None);
        let pending = pending.pending();
        assert_eq!((pending.bytes, pending.sets.len(), pending.arrivals.len()), (0, 0, 0));
    }

    #[test]
    fn the_oldest_goes_first_when_it_is_too_much() {
        let one = set("a").encoded_len();
        let pending = TransientStore { limit_in_bytes: 2 * one, ..TransientStore::default() };
        for id in ["1", "2", "1", "3"] {
            pending.keep("c", id, set("a"));
        }
        assert_eq!(pending.get("c", "2"), None);
        assert_eq!((pending.get("c", "1"), pending.get("c", "3")), (Some(set("a")), Some(set("a"))));
        assert_eq!(pending.pending().bytes, 2 * one);
    }

    #[test]
    fn what_is_an_hour_old_is_dropped() {
        let pending = TransientStore::default();
        pending.keep("c", "1", set("a"));
        pending.keep("c", "2", set("a"));
        let mut inner = pending.pending();
        let later = Instant::now() + KEPT_FOR;
        inner.drop_old(KEPT_BYTES, later);
        assert_eq!(inner.sets.keys().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["2"]);
    }
}

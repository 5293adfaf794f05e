//! Slots for the memory of clients that have not authenticated, with a limit on their total size.
//!
//! When the limit is reached, the newest client takes over the slots that have not been renewed for the longest time.
//! A client that sends data is thus served immediately, however many others are silent. The holder of a lost slot is
//! notified and then frees its memory, which counts as held until then.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Share of the budget, from which slots are taken.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    taken: Mutex<Taken>,
}

/// Taken slots, the least recently renewed first.
#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// Total size of all slots.
    bytes: usize,
    /// Total size including lost slots whose memory is not freed yet.
    held: usize,
    slots: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    bytes: usize,
    /// Dropped to take the slot away.
    #[expect(dead_code, reason = "held for its destructor")]
    holder: oneshot::Sender<()>,
}

impl Taken {
    fn insert(&mut self, place: Place) -> u64 {
        let id = self.next;
        self.next += 1;
        self.bytes += place.bytes;
        self.slots.insert(id, place);
        id
    }

    fn remove(&mut self, id: u64) -> Option<Place> {
        let place = self.slots.remove(&id)?;
        self.bytes -= place.bytes;
        Some(place)
    }

    /// Takes the oldest slots away until the total is within the limit. The newest one stays, even if it is too
    /// large.
    fn shrink(&mut self, limit: usize) {
        while self.bytes > limit
            && self.slots.len() > 1
            && let Some((_, place)) = self.slots.pop_first()
        {
            self.bytes -= place.bytes;
        }
    }
}

impl Shared {
    /// Locks the slots, for lookups and inserts only. Do not await while holding the lock.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Creates a share of the given size in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, taken: Mutex::default() }))
    }

    /// Takes a slot of the given size, from others if necessary.
    pub(crate) fn take(&self, bytes: usize) -> Slot {
        let (holder, lost) = oneshot::channel();
        let mut taken = self.0.taken();
        let id = taken.insert(Place { bytes, holder });
        taken.held += bytes;
        taken.shrink(self.0.limit);
        drop(taken);
        Slot { bytes, renewal: Renewal { shared: Arc::clone(&self.0), id: Arc::new(Mutex::new(id)) }, lost }
    }

    /// Returns whether the given number of bytes is available.
    pub(crate) fn have_room(&self, bytes: usize) -> bool {
        self.0.taken().held + bytes <= self.0.limit
    }

    /// Returns the number of slots.
    pub(crate) fn count(&self) -> usize {
        self.0.taken().slots.len()
    }
}

/// Slot; dropping it frees the memory.
#[derive(Debug)]
pub(crate) struct Slot {
    bytes: usize,
    renewal: Renewal,
    lost: oneshot::Receiver<()>,
}

impl Slot {
    /// Returns a handle that renews the slot.
    pub(crate) fn renewal(&self) -> Renewal {
        self.renewal.clone()
    }

    /// Returns the size of the slot in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Resizes the slot and makes it the newest, unless it is lost.
    pub(crate) fn resize(&mut self, bytes: usize) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        let mut id = self.renewal.id();
        let mut taken = self.renewal.shared.taken();
        taken.held = taken.held - before + bytes;
        if let Some(place) = taken.remove(*id) {
            *id = taken.insert(Place { bytes, ..place });
            taken.shrink(self.renewal.shared.limit);
        }
    }

    /// Waits until the slot is lost.
    pub(crate) async fn lost(&mut self) {
        let _ = (&mut self.lost).await;
    }

    /// Returns whether the slot is lost; otherwise wakes the task when it is.
    pub(crate) fn poll_lost(&mut self, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.lost).poll(context).map(drop)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let id = self.renewal.id();
        let mut taken = self.renewal.shared.taken();
        taken.held -= self.bytes;
        taken.remove(*id);
    }
}

/// Renews a slot.
#[derive(Clone, Debug)]
pub(crate) struct Renewal {
    shared: Arc<Shared>,
    id: Arc<Mutex<u64>>,
}

impl Renewal {
    /// Makes the slot the newest, unless it is lost.
    pub(crate) fn renew(&self) {
        let mut id = self.id();
        let mut taken = self.shared.taken();
        if let Some(place) = taken.remove(*id) {
            *id = taken.insert(place);
        }
    }

    fn id(&self) -> MutexGuard<'_, u64> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn is_lost(slot: &mut Slot) -> bool {
        slot.poll_lost(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn the_place_that_was_longest_without_a_renewal_is_taken_away() {
        let slots = Slots::new(20);
        let (mut first, mut second) = (slots.take(10), slots.take(10));
        assert!(!is_lost(&mut first) && !is_lost(&mut second));
        first.renewal().renew();
        let mut third = slots.take(10);
        assert_eq!([is_lost(&mut first), is_lost(&mut second), is_lost(&mut third)], [false, true, false]);
        second.renewal().renew();
        assert_eq!([is_lost(&mut first), is_lost(&mut third)], [false, false], "a lost place stays lost");
    }

    #[test]
    fn a_place_that_is_given_up_is_free() {
        let slots = Slots::new(10);
        drop(slots.take(10));
        let mut one = slots.take(10);
        assert!(!is_lost(&mut one));
        assert_eq!(slots.0.taken().bytes, 10);
    }

    #[test]
    fn a_place_that_grows_takes_the_oldest_away_and_one_that_shrinks_leaves_room() {
        let slots = Slots::new(30);
        let (mut first, mut second, mut third) = (slots.take(10), slots.take(10), slots.take(10));
        second.resize(11);
        assert_eq!([is_lost(&mut first), is_lost(&mut second), is_lost(&mut third)], [true, false, false]);
        // The slot stays lost.
        first.resize(30);
        second.resize(5);
        let mut fourth = slots.take(15);
        assert_eq!([is_lost(&mut second), is_lost(&mut third), is_lost(&mut fourth)], [false; 3]);
        assert_eq!(slots.0.taken().bytes, 30);
        drop((second, third, fourth));
        assert_eq!(slots.0.taken().bytes, 0);
    }

    #[test]
    fn a_place_that_was_taken_away_counts_until_it_is_given_up() {
        let slots = Slots::new(20);
        let first = slots.take(10);
        let (_second, _third) = (slots.take(10), slots.take(10));
        assert_eq!((slots.count(), slots.0.taken().held), (2, 30));
        assert!(!slots.have_room(0));
        drop(first);
        assert!(slots.have_room(0) && !slots.have_room(1));
    }

    #[test]
    fn the_newest_place_may_be_larger_than_the_share_and_is_then_the_only_one() {
        let slots = Slots::new(20);
        let (mut first, mut second) = (slots.take(10), slots.take(10));
        first.resize(50);
        assert_eq!([is_lost(&mut first), is_lost(&mut second)], [false, true]);
        let mut third = slots.take(10);
        assert_eq!([is_lost(&mut first), is_lost(&mut third)], [true, false]);
    }
}

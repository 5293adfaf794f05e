//! Places for what clients may hold without a signature, which take so many bytes together and no more.
//!
//! When there is no room, the newest client gets that of the places that were longest without a renewal: a client that says
//! something is served at once, however many others say nothing.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// A share of the budget, from which places are taken.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    taken: Mutex<Taken>,
}

/// Who has a place, longest without a renewal first.
#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// The bytes of all places together.
    bytes: usize,
    slots: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    bytes: usize,
    /// Dropped to take the place away.
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

    /// Takes the oldest places away until the others have room.
    fn shrink(&mut self, limit: usize) {
        while self.bytes > limit
            && let Some((_, place)) = self.slots.pop_first()
        {
            self.bytes -= place.bytes;
        }
    }
}

impl Shared {
    /// Locks only to look up and insert: nothing awaits under it.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Makes a share of so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, taken: Mutex::default() }))
    }

    /// Takes a place of so many bytes, from others if there is no room.
    pub(crate) fn take(&self, bytes: usize) -> Slot {
        let (holder, lost) = oneshot::channel();
        let mut taken = self.0.taken();
        let id = taken.insert(Place { bytes, holder });
        taken.shrink(self.0.limit);
        drop(taken);
        Slot { renewal: Renewal { shared: Arc::clone(&self.0), id: Arc::new(Mutex::new(id)) }, lost }
    }
}

/// A place; dropped, it is free.
#[derive(Debug)]
pub(crate) struct Slot {
    renewal: Renewal,
    lost: oneshot::Receiver<()>,
}

impl Slot {
    /// Returns what renews the place.
    pub(crate) fn renewal(&self) -> Renewal {
        self.renewal.clone()
    }

    /// Makes the place larger or smaller, unless another has it; its age stays.
    pub(crate) fn resize(&self, bytes: usize) {
        let id = self.renewal.id();
        let mut taken = self.renewal.shared.taken();
        if let Some(place) = taken.slots.get_mut(&*id) {
            let before = std::mem::replace(&mut place.bytes, bytes);
            taken.bytes = taken.bytes - before + bytes;
            taken.shrink(self.renewal.shared.limit);
        }
    }

    /// Waits until another has the place.
    pub(crate) async fn lost(&mut self) {
        let _ = (&mut self.lost).await;
    }

    /// Tells whether another has the place, or wakes the task when it has.
    pub(crate) fn poll_lost(&mut self, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.lost).poll(context).map(drop)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let id = self.renewal.id();
        self.renewal.shared.taken().remove(*id);
    }
}

/// Renews a place.
#[derive(Clone, Debug)]
pub(crate) struct Renewal {
    shared: Arc<Shared>,
    id: Arc<Mutex<u64>>,
}

impl Renewal {
    /// Makes the place the newest, unless another has it.
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
        third.resize(11);
        assert_eq!([is_lost(&mut first), is_lost(&mut second), is_lost(&mut third)], [true, false, false]);
        // Nothing is left of it.
        first.resize(30);
        third.resize(5);
        let mut fourth = slots.take(15);
        assert_eq!([is_lost(&mut second), is_lost(&mut third), is_lost(&mut fourth)], [false; 3]);
        assert_eq!(slots.0.taken().bytes, 30);
        drop((second, third, fourth));
        assert_eq!(slots.0.taken().bytes, 0);
    }
}

//! Places for what clients may hold without a signature, of which there are so many and no more.
//!
//! When all are taken, the newest client gets the place that was longest without a renewal: a client that says something is
//! served at once, however many others say nothing.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// A number of places.
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
    /// Dropped to take the place away.
    slots: BTreeMap<u64, oneshot::Sender<()>>,
}

impl Taken {
    fn insert(&mut self, slot: oneshot::Sender<()>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.slots.insert(id, slot);
        id
    }
}

impl Shared {
    /// Locks only to look up and insert: nothing awaits under it.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, taken: Mutex::default() }))
    }

    /// Takes a place, from another if there is none left.
    pub(crate) fn take(&self) -> Slot {
        let (sender, lost) = oneshot::channel();
        let mut taken = self.0.taken();
        let id = taken.insert(sender);
        if taken.slots.len() > self.0.limit {
            taken.slots.pop_first();
        }
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
        self.renewal.shared.taken().slots.remove(&*id);
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
        if let Some(slot) = taken.slots.remove(&*id) {
            *id = taken.insert(slot);
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
        let slots = Slots::new(2);
        let (mut first, mut second) = (slots.take(), slots.take());
        assert!(!is_lost(&mut first) && !is_lost(&mut second));
        first.renewal().renew();
        let mut third = slots.take();
        assert_eq!([is_lost(&mut first), is_lost(&mut second), is_lost(&mut third)], [false, true, false]);
        second.renewal().renew();
        assert_eq!([is_lost(&mut first), is_lost(&mut third)], [false, false], "a lost place stays lost");
    }

    #[test]
    fn a_place_that_is_given_up_is_free() {
        let slots = Slots::new(1);
        drop(slots.take());
        let mut one = slots.take();
        assert!(!is_lost(&mut one));
        assert_eq!(slots.0.taken().slots.len(), 1);
    }
}

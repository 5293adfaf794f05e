//! Decides which connections may start a request, since the number of incomplete requests is limited.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::budget::{Budget, REQUEST, REQUESTS};
use crate::slots::Slot;

/// Counter of a connection's incomplete requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfConnection(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    open: AtomicUsize,
    is_greedy: AtomicBool,
}

impl OfConnection {
    /// Returns whether the connection has exceeded its share since the last call.
    pub(crate) fn take_greedy(&self) -> bool {
        self.0.is_greedy.load(Ordering::Relaxed) && self.0.is_greedy.swap(false, Ordering::Relaxed)
    }
}

/// A connection with fewer incomplete requests does not count as greedy: requests of a well-behaved client are
/// complete as soon as they are read.
const FEW: usize = 8;

/// Slot of an incomplete request; dropping it frees the slot.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) slot: Slot,
    connection: OfConnection,
}

impl Budget {
    /// Takes a slot for a new request, unless all slots are taken and the connection has more than its share of them.
    ///
    /// A connection with many requests therefore does not block those of another one.
    pub(crate) fn admit(&self, connection: &OfConnection) -> Option<Place> {
        if self.requests.have_room(REQUEST) {
            return Some(self.place(connection));
        }
        let open = connection.0.open.load(Ordering::Relaxed);
        if open >= FEW {
            connection.0.is_greedy.store(true, Ordering::Relaxed);
        }
        let part = REQUESTS / REQUEST / self.connections.count().max(1);
        (open < part).then(|| self.place(connection))
    }

    /// Takes a slot for a request, from the oldest one if all are taken.
    pub(crate) fn place(&self, connection: &OfConnection) -> Place {
        connection.0.open.fetch_add(1, Ordering::Relaxed);
        Place { slot: self.requests.take(REQUEST), connection: connection.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connection.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_all_places_are_taken_a_connection_with_its_part_gets_no_more_and_another_one_does() {
        let budget = Budget::new();
        let _connections = [budget.connections.take(1), budget.connections.take(1)];
        let (greedy, modest) = (OfConnection::default(), OfConnection::default());
        let mut places: Vec<_> = std::iter::from_fn(|| budget.admit(&greedy)).take(10_000).collect();
        assert_eq!(places.len(), REQUESTS / REQUEST);
        assert!(greedy.take_greedy() && !greedy.take_greedy());
        let place = budget.admit(&modest);
        assert!(place.is_some() && !modest.take_greedy());
        // The oldest request lost its slot, but still holds its memory.
        assert!(budget.admit(&greedy).is_none());
        places.truncate(places.len() / 2 - 1);
        assert!(budget.admit(&greedy).is_some());
    }
}

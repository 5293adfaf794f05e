//! Who may begin a request, when there is room for so many that are not complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::budget::{Budget, REQUEST, REQUESTS};
use crate::slots::Slot;

/// How many requests of one connection are not complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfConnection(Arc<AtomicUsize>);

/// The place of a request that is not complete; dropped, it is free.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) slot: Slot,
    connection: OfConnection,
}

impl Budget {
    /// Takes a place for a request that begins, unless its connection has more than its part of them and all are held.
    ///
    /// So whoever opens many requests on a connection keeps none of another connection's out.
    pub(crate) fn admit(&self, connection: &OfConnection) -> Option<Place> {
        if self.requests.have_room(REQUEST) {
            return Some(self.place(connection));
        }
        let part = REQUESTS / REQUEST / self.connections.count().max(1);
        (connection.0.load(Ordering::Relaxed) < part).then(|| self.place(connection))
    }

    /// Takes a place for a request, that of the oldest one if all are taken.
    pub(crate) fn place(&self, connection: &OfConnection) -> Place {
        connection.0.fetch_add(1, Ordering::Relaxed);
        Place { slot: self.requests.take(REQUEST), connection: connection.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connection.0.fetch_sub(1, Ordering::Relaxed);
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
        let place = budget.admit(&modest);
        assert!(place.is_some());
        // The oldest of the others lost its own, and still holds what it has.
        assert!(budget.admit(&greedy).is_none());
        places.truncate(places.len() / 2 - 1);
        assert!(budget.admit(&greedy).is_some());
    }
}

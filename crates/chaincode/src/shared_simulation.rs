//! The simulation of a transaction, shared by the chaincodes that run in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_ledger::{Results, Simulation};

/// The simulation of a transaction, which the chaincodes that it calls on the same channel share. Only one of them runs at
/// a time.
#[derive(Clone, Debug)]
pub struct SharedSimulation(Arc<Mutex<Simulation>>);

impl SharedSimulation {
    /// Makes a simulation one that can be shared.
    #[must_use]
    pub fn new(simulation: Simulation) -> Self {
        Self(Arc::new(Mutex::new(simulation)))
    }

    /// Returns what was read and written so far, and forgets it.
    #[must_use]
    pub fn results(&self) -> Results {
        self.lock().take_results()
    }

    /// Returns the simulation; it is never held while anything is awaited.
    pub fn lock(&self) -> MutexGuard<'_, Simulation> {
        // No panic can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

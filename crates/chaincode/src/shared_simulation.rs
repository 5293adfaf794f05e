//! The simulation of a transaction, shared by the chaincodes that run in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_ledger::{Results, Simulation};

/// Simulation of a transaction, shared with the chaincodes that it calls on the same channel. Only one of them runs
/// at a time.
#[derive(Clone, Debug)]
pub struct SharedSimulation(Arc<Mutex<Simulation>>);

impl SharedSimulation {
    /// Wraps a simulation so that it can be shared.
    #[must_use]
    pub fn new(simulation: Simulation) -> Self {
        Self(Arc::new(Mutex::new(simulation)))
    }

    /// Takes the recorded reads and writes out of the simulation.
    #[must_use]
    pub fn results(&self) -> Results {
        self.lock().take_results()
    }

    /// Locks the simulation. Do not await while holding the lock.
    pub fn lock(&self) -> MutexGuard<'_, Simulation> {
        // A panic cannot leave it inconsistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

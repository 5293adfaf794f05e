//! One budget for all memory that clients can occupy in this process before they have authenticated.
//!
//! All listeners of a process share the budget. It is divided into shares, so that one kind of client cannot take the
//! memory of another kind: silent connections never displace a request that is arriving.

use rustix::process::{Resource, getrlimit};

use crate::slots::Slots;

const KIB: usize = 1 << 10;

/// Maximum number of connections without a first message, if the process may open enough files; and the minimum.
const ARRIVALS: (usize, usize) = (4_000, 100);

/// Size of such a connection: a waiting task.
pub(crate) const ARRIVAL: usize = 2 * KIB;

/// Number of files reserved for the other connections and everything else in the process.
const OTHER_FILES: u64 = 1_000;

/// Maximum number of connections in their handshake.
const HANDSHAKES: usize = 400;

/// Size of a handshake: rustls collects a message of up to 64 KiB, and has its own buffers.
pub(crate) const HANDSHAKE: usize = 72 * KIB;

/// Maximum number of served connections. Together with the others, they stay below 1,024, the usual limit of open
/// files.
const CONNECTIONS: usize = 400;

/// Size of a connection without its calls: an HTTP/2 frame, a TLS record, and their state.
pub(crate) const CONNECTION: usize = 40 * KIB;

/// Maximum total size of incomplete requests: enough for about 1,300 that have just started.
pub(crate) const REQUESTS: usize = 40 << 20;

/// Size of a request without its content: its stream, header, task, and the buffers of libraries. The streams of
/// unregistered chaincodes take the most.
pub(crate) const REQUEST: usize = 32 * KIB;

/// Requests up to this size that have arrived are read, even if they have lost their slot.
pub(crate) const SMALL: usize = 32 * KIB;

/// Memory that clients may occupy before they have authenticated. Clones share the same budget.
#[derive(Clone, Debug)]
pub struct Budget {
    pub(crate) arrivals: Slots,
    pub(crate) handshakes: Slots,
    pub(crate) connections: Slots,
    pub(crate) requests: Slots,
}

impl Budget {
    /// Total of all shares: 92 MiB. A request that is larger than the share of all requests exceeds it by the
    /// difference.
    pub const BYTES: usize = 92 << 20;

    /// Creates a budget for the number of files that this process may open. Give a clone to each listener.
    #[must_use]
    pub fn new() -> Self {
        Self::for_open_files(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
    }

    /// Creates a budget for a process with the given limit of open files.
    #[must_use]
    pub fn for_open_files(limit: u64) -> Self {
        let (most, least) = ARRIVALS;
        let left = usize::try_from(limit.saturating_sub(OTHER_FILES)).unwrap_or(most);
        Self {
            arrivals: Slots::new(left.clamp(least, most) * ARRIVAL),
            handshakes: Slots::new(HANDSHAKES * HANDSHAKE),
            connections: Slots::new(CONNECTIONS * CONNECTION),
            requests: Slots::new(REQUESTS),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

// The shares fit into the budget.
const _: () = assert!(
    ARRIVALS.0 * ARRIVAL + HANDSHAKES * HANDSHAKE + CONNECTIONS * CONNECTION + REQUESTS <= Budget::BYTES,
    "the shares exceed the budget"
);

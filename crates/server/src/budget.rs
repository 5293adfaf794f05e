//! One budget for all bytes that clients can make this process hold before they have authenticated.
//!
//! Every listener of a process draws from the same budget. It is cut into shares, so that no kind of client can take what
//! another kind needs: silent connections never displace a request that arrives.

use rustix::process::{Resource, getrlimit};

use crate::slots::Slots;

const KIB: usize = 1 << 10;

/// How many connections may be without a first message at one time, if the process may open so many files; and at least.
const ARRIVALS: (usize, usize) = (4_000, 100);

/// What such a connection takes: a task that waits.
pub(crate) const ARRIVAL: usize = 2 * KIB;

/// What the other connections and everything else in the process may open of the files.
const OTHER_FILES: u64 = 1_000;

/// How many connections may be in their handshake at one time.
const HANDSHAKES: usize = 400;

/// What a handshake takes: rustls collects a message of up to 64 KiB, and has buffers of its own.
pub(crate) const HANDSHAKE: usize = 72 * KIB;

/// How many connections are served at one time. With the others they leave room below 1,024, the usual limit of open files.
const CONNECTIONS: usize = 400;

/// What a connection takes without its calls: a frame of HTTP/2, a record of TLS, and their state.
pub(crate) const CONNECTION: usize = 40 * KIB;

/// How many bytes requests that are not complete may take together: some 1,300 that have only begun.
pub(crate) const REQUESTS: usize = 40 << 20;

/// What a request takes beside its content: its stream, its head, its task, and the buffers of the libraries. Those of a
/// chaincode that has not registered take the most.
pub(crate) const REQUEST: usize = 32 * KIB;

/// Up to this size a request that is there is read, also when it has lost its place before that.
pub(crate) const SMALL: usize = 32 * KIB;

/// What clients that have not authenticated may make a process hold; clones are the same budget.
#[derive(Clone, Debug)]
pub struct Budget {
    pub(crate) arrivals: Slots,
    pub(crate) handshakes: Slots,
    pub(crate) connections: Slots,
    pub(crate) requests: Slots,
}

impl Budget {
    /// All shares together: 92 MiB. A request that is larger than the share of all requests exceeds it by the difference.
    pub const BYTES: usize = 92 << 20;

    /// Makes a budget for the number of files that this process may open; each listener gets a clone.
    #[must_use]
    pub fn new() -> Self {
        Self::for_open_files(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
    }

    /// Makes a budget for a process that may open so many files.
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

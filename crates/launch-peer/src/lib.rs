//! Events that end a launch: a signal, or the death of the peer, which may come without a signal.

mod caller;
mod stop;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getppid};

pub use caller::{Caller, Listening};
pub use stop::Stop;

/// Watches the process that called this one.
#[derive(Debug)]
pub struct Peer {
    parent: Option<Pid>,
}

impl Peer {
    /// Records the calling process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self { parent: getppid() }
    }

    /// Tells whether the peer has ended: this process has another parent, or its stderr has no reader.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        getppid() != self.parent || stderr_is_broken()
    }
}

/// The kernel reports that a pipe has no reader even if nothing is written.
fn stderr_is_broken() -> bool {
    let stderr = std::io::stderr();
    let mut watched = [PollFd::new(&stderr, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok_and(|found| found > 0)
        && watched[0].revents().contains(PollFlags::ERR)
}

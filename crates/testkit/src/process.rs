//! Waits for processes that are not children of the test.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Waits until a process has ended; returns whether it has within the limit. A zombie process counts as ended.
#[must_use]
pub fn wait_for_exit(process: &str, limit: Duration) -> bool {
    let process = Pid::from_raw(process.trim().parse().unwrap()).unwrap();
    match pidfd_open(process, PidfdFlags::empty()) {
        // The system no longer knows the process.
        Err(Errno::SRCH) => true,
        descriptor => {
            let descriptor = descriptor.unwrap();
            let limit = Timespec::try_from(limit).unwrap();
            let mut awaited = [PollFd::new(&descriptor, PollFlags::IN)];
            retry_on_intr(|| poll(&mut awaited, Some(&limit))).unwrap() == 1
        }
    }
}

//! The chaincode's output, line by line.

use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ccs_launch::lines::Lines;

/// Writes one line somewhere.
type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// The receivers of lines.
pub struct Output {
    /// Receives the lines of the launch itself.
    pub own: Sink,
    /// Receives the output of the chaincode, from stdout and stderr.
    pub chaincode: Sink,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}

/// Passes on output in separate threads, and remembers the last line.
pub(crate) struct Pump {
    last: Arc<Mutex<String>>,
    /// Disconnects when all threads have ended.
    running: Receiver<()>,
}

impl Pump {
    /// Starts reading.
    pub(crate) fn start(sources: Vec<Box<dyn Read + Send>>, output: &Arc<Output>) -> Self {
        let (runs, running) = mpsc::channel();
        let last = Arc::new(Mutex::new(String::new()));
        for source in sources {
            let (output, last, runs) = (Arc::clone(output), Arc::clone(&last), runs.clone());
            thread::spawn(move || {
                pass_on(source, |line| {
                    (output.chaincode)(line);
                    if !line.trim().is_empty() {
                        line.clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
                    }
                });
                drop(runs);
            });
        }
        Self { last, running }
    }

    /// Waits until all output is passed on, at most for the given time, and returns the last line that is not blank.
    pub(crate) fn finish(self, limit: Duration) -> String {
        // No thread sends anything: the wait ends when the last thread has ended, or after the given time.
        let _ = self.running.recv_timeout(limit);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn pass_on(mut source: impl Read, mut each: impl FnMut(&str)) {
    let mut lines = Lines::default();
    let mut buffer = vec![0; 8192];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => lines.take(&buffer[..length], &mut each),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    lines.finish(&mut each);
}

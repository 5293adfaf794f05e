//! The server with a health service, called by clients over TCP.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod hostile;
mod running;
mod tls;

//! The server with a service of health behind it, met by clients over TCP.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod hostile;
mod running;
mod tls;

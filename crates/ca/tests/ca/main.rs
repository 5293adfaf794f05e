//! A CA, called as clients call it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop, as tests do")]

mod calls;
mod client;
mod hostile;
mod sdk;
mod served;

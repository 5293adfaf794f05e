//! Replays Go's decisions, and tests hostile input.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read fails its test")]

mod fixtures;
mod go_verdicts;
mod hostile_input;
mod membership;

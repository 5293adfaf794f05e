//! The state of launched chaincode, on any platform.

/// The state of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The chaincode runs.
    Running,
    /// It may still start, with the reason why it waits.
    Starting(String),
    /// There is a problem.
    Failing(String),
    /// Chaincode that dials the peer has ended.
    Ended(String),
}

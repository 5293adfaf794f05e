//! How launched chaincode is, whatever the platform.

/// How a workload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The chaincode runs.
    Running,
    /// It may start yet; what it waits for.
    Starting(String),
    /// Something is wrong.
    Failing(String),
    /// Chaincode that dials the peer is done.
    Ended(String),
}

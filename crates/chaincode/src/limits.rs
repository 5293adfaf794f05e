//! Times and limits of whoever runs chaincode.

use std::time::Duration;

use ccs_proto::limits::PING_TIMEOUT;

/// Times and limits; the defaults are those that peers ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeLimits {
    /// For a chaincode to register: `chaincode.startuptimeout`.
    pub startup_timeout: Duration,
    /// For each transaction: `chaincode.executetimeout`.
    pub execute_timeout: Duration,
    /// How many results a query gives at most: `ledger.state.totalQueryLimit`.
    pub total_query_limit: usize,
    /// How often a chaincode is sent KEEPALIVE, if at all: `chaincode.keepalive`, of which zero is off.
    pub keepalive: Option<Duration>,
    /// How long a chaincode may take to answer an HTTP/2 ping: 20 s on a peer
    /// (`internal/pkg/comm/config.go`, Fabric 3.1). A debugger that halts it halts that, too.
    pub ping_timeout: Duration,
}

impl Default for ChaincodeLimits {
    fn default() -> Self {
        Self {
            startup_timeout: Duration::from_mins(5),
            execute_timeout: Duration::from_secs(30),
            total_query_limit: 100_000,
            keepalive: None,
            ping_timeout: PING_TIMEOUT,
        }
    }
}

//! Timeouts and limits for running chaincode.

use std::time::Duration;

use ccs_proto::limits::PING_TIMEOUT;

/// Timeouts and limits. The defaults are Fabric's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeLimits {
    /// Time limit for a chaincode to register: `chaincode.startuptimeout`.
    pub startup_timeout: Duration,
    /// Time limit for each transaction: `chaincode.executetimeout`.
    pub execute_timeout: Duration,
    /// Maximum number of results of a query: `ledger.state.totalQueryLimit`.
    pub total_query_limit: usize,
    /// Interval of KEEPALIVE messages to a chaincode, if enabled: `chaincode.keepalive`, where zero disables them.
    pub keepalive: Option<Duration>,
    /// Time limit for a chaincode to answer an HTTP/2 ping: 20 s on a peer (`internal/pkg/comm/config.go`, Fabric
    /// 3.1). A chaincode stopped in a debugger does not answer.
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

//! Values that peers, clients and shims share without negotiating them.

use std::time::Duration;

/// The size limit of a message in either direction: 100 MiB (Fabric 3.1 `internal/pkg/comm/config.go`).
pub const MAX_MESSAGE_IN_BYTES: usize = 100 << 20;

/// The interval at which a server pings an idle client (the same file).
pub const SERVER_KEEPALIVE_INTERVAL: Duration = Duration::from_hours(2);

/// The interval at which a peer pings a chaincode server; shims reject clients that ping more often (the same file).
pub const CLIENT_KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// The time limit for the answer to a ping (the same file).
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The lowest response status that a peer does not endorse: `ERRORTHRESHOLD` of the shims.
pub const ERROR_THRESHOLD: i32 = 400;

//! Values on which peers, clients and shims agree without telling each other.

use std::time::Duration;

/// The largest message, both ways: 100 MiB (Fabric 3.1 `internal/pkg/comm/config.go`).
pub const MAX_MESSAGE_IN_BYTES: usize = 100 << 20;

/// How often a server asks a silent client whether it is there (the same file).
pub const SERVER_KEEPALIVE_INTERVAL: Duration = Duration::from_hours(2);

/// How often a peer pings a chaincode that is a server; shims refuse clients that ping more often (the same file).
pub const CLIENT_KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// How long the answer to a ping may take (the same file).
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The lowest status of a response that a peer does not endorse: `ERRORTHRESHOLD` of the shims.
pub const ERROR_THRESHOLD: i32 = 400;

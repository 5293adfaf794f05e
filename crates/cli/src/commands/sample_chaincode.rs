//! The hidden command that `ccs demo` starts as the chaincode's own process.

use asset_transfer::ServerConfig;

use crate::failure::Failure;

pub(crate) fn run() -> Result<(), Failure> {
    let config = ServerConfig::from_env().map_err(|error| Failure::new(&error).hint(error.hint()))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    runtime
        .block_on(asset_transfer::serve(config, stopped()))
        .map_err(|error| Failure::from_error(&error).hint(error.hint()))
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        // Without a handler the signal ends the process, which is what it is for.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

//! The hidden command that `ccs demo` starts as the chaincode's own process.

use asset_transfer::ServerConfig;

use crate::failure::Failure;
use crate::stop_signals::StopSignals;

pub(crate) fn run() -> Result<(), Failure> {
    let config = ServerConfig::from_env().map_err(|error| Failure::new(&error).hint(error.hint()))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    runtime.block_on(async {
        let stop = StopSignals::catch()?.received();
        let served = asset_transfer::serve(config, stop).await;
        served.map_err(|error| Failure::from_error(&error).hint(error.hint()))
    })
}

//! The program `asset-transfer`: the sample contract as a chaincode server, configured by the environment.

use std::error::Error;
use std::process::ExitCode;

use asset_transfer::{ServeError, ServerConfig, serve};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(ServerConfig::from_env()?, shutdown).await
}

fn report(error: &ServeError) {
    let mut line = format!("error: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        line.push_str(": ");
        line.push_str(&source.to_string());
        cause = source.source();
    }
    eprintln!("{line}");
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}

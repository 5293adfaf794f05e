//! Decides which platform launches a package.

use ccs_launch::kind::{Claim, Kind};
use ccs_launch::settings::{FILE, Settings};
use ccs_launch::{ExitCode, Failure};

/// Returns how packages of a type are launched, or an error with the line of launch.yaml that would launch them.
pub fn claim(settings: &Settings, chaincode_type: &str) -> Result<Claim, Failure> {
    settings.claim(chaincode_type).ok_or_else(|| {
        let found: String = chaincode_type.chars().take(60).collect();
        let Some(kind) = Kind::of(chaincode_type) else {
            return Failure::new(
                ExitCode::Metadata,
                format!("metadata.json: no package of the type {found:?} is launched"),
            )
            .with_hint("leave the package to another builder");
        };
        let lines = match kind {
            Kind::Binary | Kind::Prebuilt => "platform: process",
            Kind::Image | Kind::Service => "platform: kubernetes, or platform: docker,",
            Kind::Source(_) => "platform: process, and the language under languages,",
        };
        Failure::new(ExitCode::Settings, format!("{FILE}: packages of the type {found:?} are not launched"))
            .with_hint(format!("write {lines} into {FILE} beside the folder bin of the builder"))
    })
}

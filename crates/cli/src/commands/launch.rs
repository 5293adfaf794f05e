//! `ccs launch`: what launching a package makes.

mod render;

use ccs_launch_upkeep::site::Site;

use crate::cli::{Launch, LaunchSite};
use crate::failure::Failure;

pub(crate) fn run(command: &Launch) -> Result<(), Failure> {
    match command {
        Launch::Render(options) => render::run(options),
    }
}

/// Reads the settings of the peer's builder.
fn site(options: &LaunchSite) -> Result<Site, Failure> {
    let LaunchSite { settings, peer_id, mspid } = options;
    Ok(Site::read(settings.as_deref(), peer_id.clone(), mspid.clone())?)
}

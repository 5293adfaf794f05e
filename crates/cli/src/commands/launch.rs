//! `ccs launch`: maintains chaincode that the builder launches.

pub(crate) mod check;
mod gc;
mod list;
mod reconcile;
mod render;

use ccs_launch_upkeep::site::Site;

use crate::cli::{Launch, LaunchSite};
use crate::failure::Failure;

pub(crate) fn run(command: &Launch) -> Result<(), Failure> {
    match command {
        Launch::Render(options) => render::run(options),
        Launch::Check(options) => check::run(options),
        Launch::List(options) => list::run(options),
        Launch::Reconcile(options) => reconcile::run(options),
        Launch::Gc(options) => gc::run(options),
    }
}

/// Reads the settings of the peer's builder.
fn site(options: &LaunchSite) -> Result<Site, ccs_launch::Failure> {
    let LaunchSite { settings, peer_id, mspid } = options;
    Site::read(settings.as_deref(), peer_id.clone(), mspid.clone())
}

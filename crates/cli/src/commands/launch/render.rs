//! `ccs launch render`: the objects that the launch of a package would create.

use ccs_launch_upkeep::package::Package;
use ccs_launch_upkeep::render::Render;

use super::site;
use crate::cli::LaunchRender;
use crate::failure::Failure;
use crate::output;
use crate::style::safe;

pub(crate) fn run(options: &LaunchRender) -> Result<(), Failure> {
    let (package, site) = (Package::open(&options.file)?, site(&options.site)?);
    let document = Render {
        package: &package,
        site: &site,
        peer_address: options.peer_address.as_deref(),
        peer_has_tls: !options.plaintext,
    }
    .document();
    if options.json {
        output::print_json(&document)?;
    } else if let Some(reason) = &document.reason {
        let message = format!("{} is not launched: {reason}", document.package_id);
        return Err(Failure::new(message).hint(document.hint.clone()).with_number(document.exit_code));
    } else {
        let lines: Vec<String> = document.yaml()?.lines().map(safe).collect();
        output::print(&format!("{}\n", lines.join("\n")))?;
    }
    match document.exit_code {
        0 => Ok(()),
        code => Err(Failure::silent(code)),
    }
}

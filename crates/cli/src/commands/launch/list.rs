//! `ccs launch list`: the launched chaincode and its state.

use std::fmt::Write as _;

use ccs_launch_upkeep::builds::Builds;
use ccs_launch_upkeep::inventory::{Inventory, Row, compare};
use ccs_launch_upkeep::moment::now;
use ccs_launch_upkeep::platforms::Platforms;
use ccs_launch_upkeep::workload::Workload;

use super::site;
use crate::cli::LaunchList;
use crate::failure::Failure;
use crate::output::{self, short};
use crate::table::Table;

pub(crate) fn run(options: &LaunchList) -> Result<(), Failure> {
    let site = site(&options.site)?;
    let builds = options.builds.as_deref().map(Builds::read).transpose()?;
    let listed = Platforms::of(&site, builds.as_ref(), &options.namespaces)?.find()?;
    let peer_id = site.peer_id().ok();
    let inventory = compare(&listed, builds.as_ref(), peer_id.as_deref(), now());
    if options.json {
        return output::print_json(&inventory);
    }
    output::print(&text(&inventory))?;
    inventory.warnings.iter().for_each(|warning| output::warn(warning));
    Ok(())
}

fn text(inventory: &Inventory) -> String {
    if inventory.chaincodes.is_empty() {
        return "nothing was launched\n".to_owned();
    }
    let mut table = Table::default();
    table.row(["PACKAGE", "PEER", "WORKLOAD", "STATE", "AGE", "CERTIFICATE ENDS", "BUILD"]);
    for row in &inventory.chaincodes {
        table.row([
            short(&row.package_id),
            row.peer_id.clone().unwrap_or_default(),
            Workload::place(&row.namespace, &row.workload),
            row.state.to_owned(),
            row.age_seconds.map(age).unwrap_or_default(),
            row.certificates_end.as_deref().map(|end| end.chars().take(10).collect()).unwrap_or_default(),
            build(row).to_owned(),
        ]);
    }
    let mut text = table.text();
    for row in &inventory.chaincodes {
        if let Some(reason) = &row.reason {
            let line = format!("{}: {reason}", Workload::place(&row.namespace, &row.workload));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}", crate::style::safe(&line));
        }
    }
    text
}

fn build(row: &Row) -> &'static str {
    match row.recorded {
        Some(true) => "yes",
        Some(false) => "none",
        None => "",
    }
}

/// Writes an age in its largest unit, as kubectl does.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

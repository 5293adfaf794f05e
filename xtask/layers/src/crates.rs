//! Checks that crates do not use each other in cycles, including their tests.

use crate::cycle::{self, Cycle};
use crate::finding::Finding;
use crate::workspace::{Member, Workspace};

/// Finds cycles of crates. Cargo allows cycles through tests, but then a crate compiles twice and the crates cannot be
/// read in order.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let members = &workspace.members;
    let position = |package: &String| members.iter().position(|member| member.package == *package);
    let arrows = members.iter().enumerate().flat_map(|(from, member)| {
        let used = member.uses.iter().chain(&member.tests_use).filter_map(position);
        used.filter(move |to| *to != from).map(move |to| (from, to))
    });
    cycle::find(arrows).iter().map(|cycle| finding(workspace, cycle)).collect()
}

fn finding(workspace: &Workspace, cycle: &Cycle) -> Finding {
    let member = |position: &usize| &workspace.members[*position];
    let next = cycle.way.iter().cycle().skip(1);
    let steps: Vec<(&Member, &Member)> =
        cycle.way.iter().zip(next).map(|(from, to)| (member(from), member(to))).collect();
    let place = |(from, to): &(&Member, &Member)| workspace.place_of_dependency(from, &to.package);
    let names: Vec<&str> = cycle.nodes.iter().map(|node| member(node).name.as_str()).collect();
    let evidence = steps.iter().map(|step| {
        let (from, to) = step;
        let how = if from.uses.contains(&to.package) { "uses" } else { "uses in its tests" };
        format!("{}: {} {how} {}", place(step), from.name, to.name)
    });
    Finding {
        place: steps.first().map(place).unwrap_or_default(),
        fault: format!("the crates {} form a cycle", names.join(", ")),
        evidence: evidence.collect(),
        hint: "move what both need into a crate that both use, or the test to the crate above".to_owned(),
    }
}

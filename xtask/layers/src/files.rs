//! Checks that files do not use each other in cycles.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cycle::{self, Cycle};
use crate::finding::Finding;
use crate::modules::Place;
use crate::source::{Sources, Target};
use crate::workspace::{Member, Workspace};

/// For two files, the first line in which one names an item of the other, and the name.
type Arrows = BTreeMap<(usize, usize), (usize, String)>;

/// Finds the cycles of files in a crate.
pub(crate) fn check(workspace: &Workspace, member: &Member, sources: &Sources) -> Vec<Finding> {
    let of_target = |target: &Target| {
        let arrows = arrows(target);
        let cycles = cycle::find(arrows.keys().copied());
        cycles.iter().map(|cycle| finding(workspace, member, target, &arrows, cycle)).collect::<Vec<_>>()
    };
    sources.targets.iter().flat_map(of_target).collect()
}

fn arrows(target: &Target) -> Arrows {
    let mut arrows = Arrows::new();
    for (position, module) in target.modules.0.iter().enumerate() {
        for mention in &module.mentions {
            let Some(Place::Item(to)) = target.modules.resolve(position, &mention.words) else { continue };
            if to != module.file && !target.modules.is_around(to, position) {
                let found = (mention.line, mention.words.join("::"));
                let first = arrows.entry((module.file, to)).or_insert_with(|| found.clone());
                if found.0 < first.0 {
                    *first = found;
                }
            }
        }
    }
    arrows
}

fn finding(
    workspace: &Workspace,
    member: &Member,
    target: &Target,
    arrows: &Arrows,
    cycle: &Cycle,
) -> Finding {
    let path = |file: usize| workspace.shown(&target.files[file].path);
    let short = |file: usize| {
        let path = &target.files[file].path;
        path.strip_prefix(member.folder.join("src")).unwrap_or(Path::new(path)).display().to_string()
    };
    let next = cycle.way.iter().cycle().skip(1);
    let steps: Vec<(usize, usize)> = cycle.way.iter().copied().zip(next.copied()).collect();
    let place =
        |step: &(usize, usize)| format!("{}:{}", path(step.0), arrows.get(step).map_or(0, |(line, _)| *line));
    let evidence = steps.iter().map(|step| {
        let named = arrows.get(step).map_or("", |(_, words)| words.as_str());
        format!("{}: names {named}, which {} declares", place(step), short(step.1))
    });
    let names: Vec<String> = cycle.nodes.iter().map(|file| short(*file)).collect();
    Finding {
        place: steps.first().map(place).unwrap_or_default(),
        fault: format!("{} files of {} form a cycle: {}", names.len(), member.name, names.join(", ")),
        evidence: evidence.collect(),
        hint: "move what both need into a file that both use, or pass it as a parameter".to_owned(),
    }
}

//! The steps of `cargo xtask ci`, `test` and `check`: named checks that run one after another and are counted.
//!
//! | Part | Contents |
//! | --- | --- |
//! | [`QUICK`] | steps that need only Rust |
//! | [`WHOLE`] | steps that need other languages, containers or Fabric's own programs |
//! | [`fuzz`](crate::fuzz) | a smoke test of the fuzz targets |

mod licenses;
mod rust;
mod samples;

use std::time::Instant;

use anyhow::Result;

use crate::tally::Tally;
use crate::{
    conformance, dev_peer, docker, empty_root, fabric, image, kubernetes, layers, manifests, prose, site,
    size, versions,
};

/// One step.
pub(crate) struct Step {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its description.
    pub(crate) about: &'static str,
    run: fn() -> Result<Tally>,
}

/// Formatting, a step of several parts.
const FORMAT: Step = step("format", "cargo fmt --check, fuzz targets included", rust::format);
/// Lints.
const CLIPPY: Step = step("clippy", "cargo clippy, no warnings, fuzz targets included", rust::clippy);
/// Tests that need only Rust.
const TESTS: Step = step("tests", "cargo test --workspace", rust::tests);
/// Cycles, forbidden dependencies and sizes.
const LAYERS: Step = step("layers", "uses between crates and between files", || layers::run(&<_>::default()));
/// Wording.
const PROSE: Step =
    step("prose", "plain English in pages, comments, messages and help; subjects of commits", prose::run);
/// Pages and links.
const LINKS: Step =
    step("links", "every page is in docs/SUMMARY.md, and every relative link leads somewhere", site::check);
/// One version everywhere.
const VERSIONS: Step =
    step("versions", "one Rust release and one project version", || versions::run(&<_>::default()));

/// Steps that need only Rust, which take minutes.
pub(crate) const QUICK: &[Step] = &[
    FORMAT,
    LAYERS,
    PROSE,
    LINKS,
    VERSIONS,
    CLIPPY,
    step("documentation", "cargo doc, private items included", rust::documentation),
    step("licenses", "cargo deny: licenses, sources, banned crates", licenses::licenses),
    step(
        "advisories",
        "cargo deny: known faults of dependencies; reported, never failed",
        licenses::advisories,
    ),
    TESTS,
];

/// Steps that need other languages, containers or Fabric's own programs.
pub(crate) const WHOLE: &[Step] = &[
    step("samples", "the samples in Go, Java and Node.js, and the tests that run them", samples::run),
    step("conformance", "the conformance cases with this builder", || conformance::run(&<_>::default())),
    step("stand-in", "the same cases on a stand-in for Fabric's builder", samples::stand_in),
    step("dev-peer", "the transcript of the development peer with real chaincode", || {
        dev_peer::run(&<_>::default())
    }),
    step("size", "the builder is static and within its size budget", || size::run(&<_>::default())),
    step("empty-root", "the builder in a root without other files", empty_root::run),
    step("image", "the container image", || image::run(&<_>::default())),
    step("manifests", "the manifests in deploy/, and the workflows", || manifests::run(&<_>::default())),
    step("fabric", "this builder on Fabric's own peers, and their answers", || fabric::run(&<_>::default())),
    step(
        "docker",
        "packages with an image in containers of a real Docker engine, and on Fabric's own peer",
        || docker::run(&<_>::default()),
    ),
    step("kubernetes", "packages with an image on a real Kubernetes, and on Fabric's own peer", || {
        kubernetes::run(&<_>::default())
    }),
];

/// Steps for each commit.
pub(crate) const DAILY: &[Step] =
    &[FORMAT, PROSE, LINKS, CLIPPY, step("unit tests", "cargo test --lib --bins", rust::unit_tests)];

/// All tests, without lints.
pub(crate) fn tests() -> impl Iterator<Item = &'static Step> {
    [&TESTS, &LAYERS, &PROSE, &LINKS, &VERSIONS].into_iter().chain(WHOLE)
}

const fn step(name: &'static str, about: &'static str, run: fn() -> Result<Tally>) -> Step {
    Step { name, about, run }
}

/// Runs steps, even after a failure, and adds up their counts.
pub(crate) fn run<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Tally {
    steps.into_iter().map(|step| run_one(step.name, step.run)).sum()
}

/// Runs one step, and prints a heading and its duration; an error of the step counts as one failure.
pub(crate) fn run_one(name: &str, check: impl FnOnce() -> Result<Tally>) -> Tally {
    println!("\n--- {name}");
    let start = Instant::now();
    let tally = check().unwrap_or_else(|error| {
        println!("FAILED  {name}: {error:#}");
        Tally::FAILED
    });
    println!("--- {name}: {tally} in {:.1} s", start.elapsed().as_secs_f64());
    tally
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::{run, step};
    use crate::tally::Tally;

    #[test]
    fn all_steps_run_and_an_error_is_one_failure() {
        let steps = [
            step("first", "", || bail!("no disk")),
            step("second", "", || Ok(Tally { passed: 2, failed: 0, skipped: 1 })),
        ];
        assert_eq!(run(&steps), Tally { passed: 2, failed: 1, skipped: 1 });
    }
}

//! Packages designed to exhaust the builder's time or memory fail with the message that names the limit.
//!
//! The test does not assert time and memory; `cargo bench -p ccs-builder --bench hostile` measures them.

mod der;
mod packages;
mod run;

#[test]
fn every_hostile_package_is_answered_as_expected() {
    let mut failures = Vec::new();
    for package in packages::all() {
        let folder = run::lay_out(&package).unwrap();
        let output = run::build(&package, folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(package.exit) || !said.contains(package.message) {
            let start: String = said.chars().take(300).collect();
            failures.push(format!("{}: {:?}: {start}", package.name, output.status.code()));
        }
        let longest = said.lines().map(str::len).max().unwrap_or_default();
        assert!(longest < 4_096, "{}: a peer does not read a line of {longest} bytes", package.name);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

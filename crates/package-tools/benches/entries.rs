//! The tools on a package of 99,000 entries: their time must not depend on the disk.
//!
//! `cargo bench -p ccs-package-tools --bench entries`

use std::hint::black_box;
use std::path::{Path, PathBuf};

use ccs_disk::Existing;
use ccs_package::{PackageContents, disk};
use ccs_package_tools::render::{Render, render};
use ccs_package_tools::{diff, inspect, lint};
use ccs_report::json::Secrets;
use criterion::{Criterion, criterion_group, criterion_main};

const ENTRIES: usize = 99_000;

/// Writes a package with that many files in addition to connection.json, each with `content`.
fn package(folder: &Path, name: &str, content: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let mut contents = PackageContents::new("basic_1.0".parse()?, "ccaas");
    contents.add("connection.json", br#"{"address":"basic.example.com:9999"}"#.as_slice())?;
    for number in 0..ENTRIES {
        contents.add(&format!("src/{}/{number}.txt", number % 100), content)?;
    }
    let path = folder.join(name);
    disk::save(&contents, &path, Existing::Keep)?;
    Ok(path)
}

fn entries(criterion: &mut Criterion) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let [Ok(a), Ok(b)] =
        [("a.tgz", "a"), ("b.tgz", "b")].map(|(name, text)| package(folder.path(), name, text))
    else {
        return;
    };
    let mut group = criterion.benchmark_group("99000 entries");
    group.sample_size(10);
    group.bench_function("inspect", |bencher| bencher.iter(|| black_box(inspect::inspect(&a))));
    group.bench_function("lint", |bencher| bencher.iter(|| black_box(lint::lint(&a, false))));
    let options = Render { path: &a, configuration: None, peers: &[], secrets: Secrets::Redacted };
    group.bench_function("render", |bencher| bencher.iter(|| black_box(render(&options))));
    group.bench_function("diff", |bencher| bencher.iter(|| black_box(diff::diff(&a, &b))));
    group.finish();
}

criterion_group!(benches, entries);
criterion_main!(benches);

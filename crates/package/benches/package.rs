//! How fast packages are written and read.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::hint::black_box;

use ccs_package::{Limits, PackageContents};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn contents(bytes: usize) -> PackageContents {
    let mut contents = PackageContents::new("basic_1.0".parse().expect("a label"), "ccaas");
    contents.add("connection.json", br#"{"address":"basic:9999"}"#.as_slice()).expect("a new path");
    contents.add("META-INF/large", vec![b'x'; bytes]).expect("a new path");
    contents
}

fn packages(criterion: &mut Criterion) {
    for (name, bytes) in [("small", 100), ("16 MiB", 16 << 20)] {
        let contents = contents(bytes);
        let mut file = Vec::new();
        ccs_package::write(&contents, &mut file).expect("memory takes all bytes");
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function("write", |bencher| {
            bencher.iter_batched(Vec::new, |sink| ccs_package::write(&contents, sink), BatchSize::LargeInput);
        });
        group.bench_function("read", |bencher| {
            bencher.iter(|| ccs_package::read(black_box(file.as_slice()), &Limits::default()));
        });
        group.finish();
    }
}

criterion_group!(benches, packages);
criterion_main!(benches);

//! Measures how fast packages are written and read, compared with `tar | gzip` on the same input, and the memory that
//! a large one needs.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::fs;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;

use ccs_package::disk::{self, Existing};
use ccs_package::{Limits, PackageContents};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Returns bytes that compress less well than source code: neither all equal nor all different.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at * at % 251).unwrap_or_default()).collect()
}

fn contents(count: usize) -> PackageContents {
    let mut contents = PackageContents::new("basic_1.0".parse().expect("a label"), "ccaas");
    contents.add("connection.json", br#"{"address":"basic:9999"}"#.as_slice()).expect("a new path");
    contents.add("META-INF/large", bytes(count)).expect("a new path");
    contents
}

fn packages(criterion: &mut Criterion) {
    for (name, count) in [("small", 100), ("16 MiB", 16 << 20)] {
        let contents = contents(count);
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

/// Measures both ways from files on disk to a package on disk.
fn against_tar(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("source");
    let out = folder.path().join("out.tgz");
    fs::create_dir_all(source.join("META-INF")).expect("a folder");
    fs::write(source.join("connection.json"), br#"{"address":"basic:9999"}"#).expect("a file");
    fs::write(source.join("META-INF/large"), bytes(16 << 20)).expect("a file");
    let mut group = criterion.benchmark_group("16 MiB, disk to disk");
    group.sample_size(10);
    group.bench_function("ours", |bencher| bencher.iter(|| pack(&source, &out)));
    group.bench_function("tar | gzip", |bencher| {
        bencher.iter(|| {
            // The steps of the scripts in Fabric's samples: archive the code, then the package.
            let script = "tar -C source -cf - . | gzip > code.tar.gz && echo '{}' > metadata.json && \
                          tar -cf - metadata.json code.tar.gz | gzip > tar.tgz";
            Command::new("sh").args(["-c", script]).current_dir(folder.path()).status().expect("tar and gzip")
        });
    });
    group.finish();
}

fn pack(source: &Path, out: &Path) {
    let mut contents = PackageContents::new("basic_1.0".parse().expect("a label"), "ccaas");
    for path in ["connection.json", "META-INF/large"] {
        contents.add(path, fs::read(source.join(path)).expect("a file")).expect("a new path");
    }
    disk::save(&contents, out, Existing::Replace).expect("a package");
}

/// Prints the peak memory before and after reading a package whose code unpacks to 1 GiB.
fn memory(_: &mut Criterion) {
    const SIZE: u64 = 1 << 30;
    let mut code = GzEncoder::new(Vec::new(), Compression::fast());
    code.write_all(&header("large", SIZE)).expect("memory");
    io::copy(&mut io::repeat(0).take(SIZE + 1024), &mut code).expect("memory");
    let code = code.finish().expect("memory");
    let mut package = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, content) in
        [("metadata.json", br#"{"label":"a","type":"ccaas"}"#.as_slice()), ("code.tar.gz", &code)]
    {
        package.write_all(&header(name, content.len() as u64)).expect("memory");
        package.write_all(content).expect("memory");
        package.write_all(&[0; 512][..content.len().wrapping_neg() % 512]).expect("memory");
    }
    package.write_all(&[0; 1024]).expect("memory");
    let package = package.finish().expect("memory");
    let limits = Limits { entry_bytes: 2 * SIZE, total_bytes: 2 * SIZE, ..Limits::default() };
    let before = peak();
    ccs_package::read(package.as_slice(), &limits).expect("a package");
    println!("peak memory before and after reading 1 GiB of code: {before}, {}", peak());
}

/// Returns the header of a regular file.
fn header(name: &str, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[148..156].fill(b' ');
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

/// Returns the peak memory of this process, as reported by Linux.
fn peak() -> String {
    let mut status = String::new();
    fs::File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut status)).expect("Linux");
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim().to_owned()
}

// `memory` reads the peak of the whole process, so it runs first.
criterion_group!(benches, memory, packages, against_tar);
criterion_main!(benches);

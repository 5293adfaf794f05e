//! Measures the time and memory for reading and unpacking packages that are designed to exhaust them.
//!
//! Run it with `cargo bench -p ccs-package --bench hostile`. This program reads each package in a process of its own,
//! which it starts with the package's name. The limits are 2 s and 64 MiB for each package.

#[path = "../tests/archives/mod.rs"]
mod archives;

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use archives::{extended, file, gzip, header, package, package_of, record};
use ccs_package::Limits;
use ccs_package::disk::unpack_chosen;

/// The variable that names the package to the process that reads it.
const PACKAGE: &str = "CCS_HOSTILE_PACKAGE";

type Make = fn() -> Vec<u8>;

const MIB: usize = 1 << 20;

const PACKAGES: [(&str, Make); 7] = [
    ("99000-entries", || {
        package(&(0..99_000).map(|at| file(format!("node_modules/{at}"), "x")).collect::<Vec<_>>())
    }),
    ("long-names", || package(&(0..99_000).map(|at| owned(&format!("{at:080}"))).collect::<Vec<_>>())),
    ("99000-indexes", || {
        package(&(0..99_000).map(|at| file(format!("META-INF/{at}"), "x")).collect::<Vec<_>>())
    }),
    ("deep-names", || package(&(0..1_000).map(deep).collect::<Vec<_>>())),
    ("many-records", || {
        let records: Vec<u8> = (0..70_000).flat_map(|at| record(&format!("{at:x}"), "")).collect();
        package(&vec![[extended(b'x', &records), file("a", "x")].concat(); 9])
    }),
    ("bomb-in-code", || package_of(&gzip(&header("a", b'0', 200 * MIB).with(&vec![0; 200 * MIB])))),
    ("bomb-around-code", || gzip(&header("a", b'0', 200 * MIB).with(&vec![0; 200 * MIB]))),
];

/// A file whose owner has unique names.
fn owned(name: &str) -> Vec<u8> {
    let owner = &name.as_bytes()[name.len() - 32..];
    header(name, b'0', 1).field(265, owner).field(297, owner).with(b"x")
}

fn deep(number: usize) -> Vec<u8> {
    let path = record("path", format!("{}{number}", "d/".repeat(2_000)));
    [extended(b'x', path), file("a", "x")].concat()
}

fn main() -> io::Result<()> {
    if let Some(path) = std::env::var_os(PACKAGE) {
        return read(Path::new(&path));
    }
    println!("{:20} {:>9} {:>9}", "package", "ms", "KiB");
    for (name, make) in PACKAGES {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("package.tgz");
        std::fs::write(&path, make())?;
        let start = Instant::now();
        let output = Command::new(std::env::current_exe()?).env(PACKAGE, &path).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (memory, result) = said.split_once(' ').unwrap_or_default();
        println!("{name:20} {:>9} {memory:>9}  {}", start.elapsed().as_millis(), result.trim_end());
    }
    Ok(())
}

/// Reads a package, unpacks the builder's inputs, and prints the peak resident memory in KiB and the result.
fn read(path: &Path) -> io::Result<()> {
    let target = path.with_extension("src");
    let mut indexes = 0;
    let result = unpack_chosen(File::open(path)?, &target, &Limits::default(), |entry| {
        indexes += usize::from(entry.path().starts_with("META-INF"));
        entry.path().starts_with("META-INF") && indexes <= 1_001
    });
    let result = match &result {
        Ok(package) => format!("{} entries", package.code_entries().len()),
        Err(error) => error.to_string().chars().take(100).collect(),
    };
    let status = std::fs::read_to_string("/proc/self/status")?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    println!("{} {result}", memory.trim().trim_end_matches(" kB"));
    Ok(())
}

//! The shared libraries of a program, as the loader of this machine finds them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::processes::succeed;

/// How long `ldd` may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Returns the libraries that programs and other libraries need, and the loader itself, by their paths.
pub fn of<P: AsRef<Path>>(programs: &[P]) -> Result<BTreeSet<PathBuf>> {
    let mut ldd = Command::new("ldd");
    ldd.args(programs.iter().map(AsRef::as_ref));
    let said = succeed(&mut ldd, LIMIT)?.stdout;
    Ok(said.lines().filter_map(library).collect())
}

/// Reads `name => path (address)` and `path (address)`.
fn library(line: &str) -> Option<PathBuf> {
    let found = line.split_once("=>").map_or(line, |(_, found)| found);
    let path = found.split_whitespace().next()?;
    (path.starts_with('/') && !path.ends_with(':')).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_headings_are_not() {
        for (line, path) in [
            ("/usr/bin/node:", None),
            ("\tlinux-vdso.so.1 (0x00007f51)", None),
            (
                "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f51)",
                Some("/lib/x86_64-linux-gnu/libm.so.6"),
            ),
            ("\t/lib64/ld-linux-x86-64.so.2 (0x00007f51)", Some("/lib64/ld-linux-x86-64.so.2")),
            ("\tlibabsent.so => not found", None),
        ] {
            assert_eq!(library(line), path.map(PathBuf::from), "{line}");
        }
    }
}

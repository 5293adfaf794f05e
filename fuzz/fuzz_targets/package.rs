//! Archives are either rejected or read within the limits. The first byte selects the kind of the rest: a package
//! file, the tar archive of a package, or that of its code.
#![no_main]

use std::io::Write as _;

use ccs_package::{Limits, package_id, read, visit_code};
use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((kind, content)) = input.split_first() else { return };
    let file = match kind % 3 {
        0 => content.to_vec(),
        1 => gzip(content),
        _ => gzip(&package(&gzip(content))),
    };
    let limits = Limits {
        entries: 1_000,
        entry_bytes: 1 << 20,
        metadata_bytes: 1 << 16,
        name_bytes: 1 << 16,
        total_bytes: 4 << 20,
        file_bytes: 4 << 20,
    };
    let Ok(package) = read(file.as_slice(), &limits) else { return };
    assert_eq!(package_id(file.as_slice(), &limits).ok().as_ref(), Some(package.id()));
    for entry in package.code_entries() {
        assert!(entry.path().is_relative(), "an absolute path got through");
        let mut parts = entry.path().components();
        assert!(!parts.any(|part| part == std::path::Component::ParentDir), "an escaping path got through");
    }
    let visit = visit_code(file.as_slice(), &limits, |_, content| {
        std::io::copy(content, &mut std::io::sink()).map(|_| ())
    });
    assert!(visit.is_ok(), "a readable package can be visited");
});

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(content).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// Makes the archive of a package that contains a code.tar.gz.
fn package(code: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in
        [("metadata.json", br#"{"type":"ccaas","label":"asset"}"#.as_slice()), ("code.tar.gz", code)]
    {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content).expect("memory can be written");
    }
    archive.into_inner().expect("memory can be written")
}

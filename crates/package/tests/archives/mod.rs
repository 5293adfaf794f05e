//! Archives built byte by byte, valid and hostile ones.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(clippy::unwrap_used, reason = "test code, but not inside a test function")]

pub(crate) mod cases;

use std::io::Write as _;

use ccs_package::PackageContents;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A header block under construction.
#[derive(Clone)]
pub(crate) struct Block([u8; 512]);

/// Starts the header of an entry with ustar layout, mode 0644 and all other fields zero.
pub(crate) fn header(name: impl AsRef<[u8]>, flag: u8, size: usize) -> Block {
    let mut block = Block([0; 512])
        .field(100, b"0000644\0")
        .field(108, b"0000000\0")
        .field(116, b"0000000\0")
        .field(124, format!("{size:011o}\0").as_bytes())
        .field(136, b"00000000000\0")
        .field(257, b"ustar\x0000")
        .field(0, name.as_ref());
    block.0[156] = flag;
    block
}

impl Block {
    /// Overwrites bytes of the header.
    #[must_use]
    pub(crate) fn field(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Returns the header with its checksum and the content, padded.
    pub(crate) fn with(self, content: &[u8]) -> Vec<u8> {
        let unsigned =
            self.clone().field(148, b"        ").0.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        let mut bytes = self.field(148, format!("{unsigned:06o}\0 ").as_bytes()).0.to_vec();
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

/// Makes a regular file.
pub(crate) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Vec<u8> {
    header(name, b'0', content.as_ref().len()).with(content.as_ref())
}

/// Makes an entry without content.
pub(crate) fn empty(name: impl AsRef<[u8]>, flag: u8) -> Vec<u8> {
    header(name, flag, 0).with(b"")
}

/// Makes an extended header (type `x` or `g`) or a long name (type `L` or `K`).
pub(crate) fn extended(flag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    header("extended", flag, content.as_ref().len()).with(content.as_ref())
}

/// Makes a record of an extended header.
pub(crate) fn record(key: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    let rest = key.len() + value.as_ref().len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length += 1;
    }
    [format!("{length} {key}=").as_bytes(), value.as_ref(), b"\n"].concat()
}

/// Joins entries and ends the archive.
pub(crate) fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 1024]].concat()
}

/// Compresses the content.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A metadata.json with a valid label.
pub(crate) const METADATA: &str = r#"{"type":"ccaas","label":"basic_1.0"}"#;

/// Makes a package of complete metadata and these entries of code.
pub(crate) fn package(code: &[Vec<u8>]) -> Vec<u8> {
    package_of(&gzip(&tar(code)))
}

/// Makes a package around the bytes of a code.tar.gz.
pub(crate) fn package_of(code: &[u8]) -> Vec<u8> {
    gzip(&tar(&[file("metadata.json", METADATA), file("code.tar.gz", code)]))
}

/// Returns contents of several stored blocks, with every form of path and an empty file.
pub(crate) fn large() -> PackageContents {
    let mut contents =
        PackageContents::new("large".parse().unwrap(), "golang").with_source_path("example.com/large");
    let bytes = |count: u32| {
        (0..count).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>()
    };
    contents.add("src/main.go", bytes(200_000)).unwrap();
    contents.add("META-INF/statedb/couchdb/indexes/owner.json", b"{}".as_slice()).unwrap();
    contents.add("caf\u{e9}", b"".as_slice()).unwrap();
    contents.add(&format!("{}/{}", "p".repeat(150), "n".repeat(100)), bytes(65_535)).unwrap();
    contents.add(&"x".repeat(255), bytes(1)).unwrap();
    contents
}

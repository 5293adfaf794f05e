//! Packages that this project's own writer never creates.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

/// An entry of an archive; made with [`file`] and changed from there.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: EntryType,
    pub(crate) mode: u32,
    pub(crate) owner: u64,
    pub(crate) mtime: u64,
    /// The size in the header; the content may be shorter.
    pub(crate) size: u64,
    pub(crate) content: Vec<u8>,
}

/// A regular file with mode 0644, owner 0 and no time.
pub(crate) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    Entry {
        name: name.as_ref().to_vec(),
        kind: EntryType::Regular,
        mode: 0o644,
        owner: 0,
        mtime: 0,
        size: content.as_ref().len() as u64,
        content: content.as_ref().to_vec(),
    }
}

/// A folder.
pub(crate) fn folder(name: &str) -> Entry {
    Entry { kind: EntryType::Directory, mode: 0o755, ..file(name, "") }
}

/// Puts entries into a compressed archive, with unchanged names.
pub(crate) fn tgz(entries: &[Entry]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for entry in entries {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..entry.name.len()].copy_from_slice(&entry.name);
        header.set_entry_type(entry.kind);
        header.set_mode(entry.mode);
        header.set_uid(entry.owner);
        header.set_gid(entry.owner);
        header.set_mtime(entry.mtime);
        header.set_size(entry.size);
        header.set_cksum();
        builder.append(&header, entry.content.as_slice()).unwrap();
    }
    let mut encoder = builder.into_inner().unwrap();
    encoder.flush().unwrap();
    encoder.finish().unwrap()
}

/// Makes a package of these entries of code.
pub(crate) fn package(metadata: &str, code: &[Entry]) -> Vec<u8> {
    tgz(&[file("metadata.json", metadata), file("code.tar.gz", tgz(code))])
}

/// A metadata.json with a good label.
pub(crate) const METADATA: &str = r#"{"type":"ccaas","label":"basic_1.0"}"#;

/// Compresses.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Takes the compression off.
pub(crate) fn gunzip(content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(content).read_to_end(&mut plain).unwrap();
    plain
}

//! Writes tar entries without anything that differs between machines.

use std::io::{self, Read as _, Write};

use super::WriteError;
use crate::archive::header::{BLOCK, Block};

/// The owner of an entry, with the numbers that `peer lifecycle chaincode package` writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// User and group 0, for the two files of the package.
    Package,
    /// User and group 500, for the files of the code.
    Code,
}

/// The largest size that fits eleven octal digits.
const MAX_SIZE: u64 = (1 << 33) - 1;

/// The size of an archive's end marker, in bytes.
pub(crate) const END_SIZE: u64 = 2 * BLOCK as u64;

/// Appends a regular file.
pub(crate) fn append(
    sink: &mut impl Write,
    path: &str,
    content: &[u8],
    owner: Owner,
) -> Result<(), WriteError> {
    let size = content.len() as u64;
    begin(sink, path, size, owner)?;
    sink.write_all(content)?;
    pad(sink, size)
}

/// Writes the header of a regular file; its content and [`pad`] must follow. A path that does not fit a ustar header
/// is written to an extended header before it.
pub(crate) fn begin(sink: &mut impl Write, path: &str, size: u64, owner: Owner) -> Result<(), WriteError> {
    if size > MAX_SIZE {
        return Err(WriteError::TooLarge { path: path.to_owned(), size });
    }
    let (prefix, name) = if let Some(parts) = split(path) {
        parts
    } else {
        let record = path_record(path);
        sink.write_all(&header(("", "PaxHeaders.0"), b'x', record.len() as u64, Owner::Package))?;
        sink.write_all(record.as_bytes())?;
        pad(sink, record.len() as u64)?;
        // The record overrides this name; a program that ignores records needs some name.
        ("", "long-name")
    };
    Ok(sink.write_all(&header((prefix, name), b'0', size, owner))?)
}

/// Pads content of this size to a full block.
pub(crate) fn pad(sink: &mut impl Write, size: u64) -> Result<(), WriteError> {
    let padding = padded(size) - size;
    Ok(io::copy(&mut io::repeat(0).take(padding), sink).map(drop)?)
}

fn padded(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64)
}

/// Returns the number of bytes that [`append`] writes.
pub(crate) fn entry_size(path: &str, size: u64) -> u64 {
    let extended = match split(path) {
        Some(_) => 0,
        None => BLOCK as u64 + padded(path_record(path).len() as u64),
    };
    extended + BLOCK as u64 + padded(size)
}

/// Writes the end of the archive.
pub(crate) fn end(sink: &mut impl Write) -> Result<(), WriteError> {
    Ok(io::copy(&mut io::repeat(0).take(END_SIZE), sink).map(drop)?)
}

/// Splits a path into prefix and name for a ustar header, at the last possible slash; ASCII only.
fn split(path: &str) -> Option<(&str, &str)> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= 100 {
        return Some(("", path));
    }
    let (prefix, name) = path[..path.len().min(156)].rfind('/').map(|at| (&path[..at], &path[at + 1..]))?;
    (name.len() <= 100).then_some((prefix, name))
}

/// Returns the record `LENGTH path=PATH\n`, where the length counts itself.
fn path_record(path: &str) -> String {
    let rest = " path=\n".len() + path.len();
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} path={path}\n")
}

fn header((prefix, name): (&str, &str), flag: u8, size: u64, owner: Owner) -> Block {
    let owner = match owner {
        Owner::Package => 0,
        Owner::Code => 500,
    };
    let mode = if flag == b'0' { 0o100_644 } else { 0 };
    let mut block = [0; BLOCK];
    put(&mut block, 0, name);
    put(&mut block, 100, &format!("{mode:07o}"));
    put(&mut block, 108, &format!("{owner:07o}"));
    put(&mut block, 116, &format!("{owner:07o}"));
    put(&mut block, 124, &format!("{size:011o}"));
    put(&mut block, 136, &format!("{:011o}", 0));
    put(&mut block, 148, "        ");
    block[156] = flag;
    put(&mut block, 257, "ustar\x0000");
    put(&mut block, 329, &format!("{:07o}", 0));
    put(&mut block, 337, &format!("{:07o}", 0));
    put(&mut block, 345, prefix);
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    put(&mut block, 148, &format!("{sum:06o}\0 "));
    block
}

fn put(block: &mut Block, at: usize, text: &str) {
    block[at..at + text.len()].copy_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        assert_eq!(path_record("a"), "9 path=a\n");
        assert_eq!(path_record(&"b".repeat(91)).len(), 101);
        for length in 1..2000 {
            let record = path_record(&"x".repeat(length));
            assert!(record.starts_with(&format!("{} path=", record.len())), "{length}");
        }
    }

    #[test]
    fn long_paths_are_split_or_not_at_all() {
        let part = |length: usize| "x".repeat(length);
        assert_eq!(split(&part(100)), Some(("", part(100).as_str())));
        assert_eq!(split(&part(101)), None);
        let both = format!("{}/{}", part(155), part(100));
        assert_eq!(split(&both), Some((part(155).as_str(), part(100).as_str())));
        assert_eq!(split(&format!("{}/{}", part(156), part(100))), None);
        assert_eq!(split(&format!("a/{}", part(101))), None);
        assert_eq!(split("\u{e9}"), None);
    }
}

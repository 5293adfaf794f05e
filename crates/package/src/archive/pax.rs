//! Extended (PAX) headers: records that override fields of the next header.

use std::collections::HashMap;

use super::fault::TarFault;
use super::header::Header;

/// The records of one extended header.
#[derive(Debug, Default)]
pub(crate) struct Records(HashMap<Vec<u8>, Vec<u8>>);

const DAMAGED: TarFault = TarFault::Header("an extended header has a malformed record");

impl Records {
    /// Parses records of the form `LENGTH KEY=VALUE\n`; a later record overrides an earlier one with the same key.
    pub(crate) fn parse(mut content: &[u8]) -> Result<Self, TarFault> {
        let mut records = HashMap::new();
        let mut sparse_fields = 0_usize;
        while !content.is_empty() {
            let (key, value, rest) = record(content).ok_or(DAMAGED)?;
            content = rest;
            // The oldest sparse form repeats this pair of keys, in this order.
            let expected = [&b"GNU.sparse.offset"[..], b"GNU.sparse.numbytes"];
            if expected.contains(&key) {
                if key != expected[sparse_fields % 2] || value.contains(&b',') {
                    return Err(DAMAGED);
                }
                sparse_fields += 1;
            } else {
                records.insert(key.to_vec(), value.to_vec());
            }
        }
        if sparse_fields > 0 {
            records.insert(b"GNU.sparse.map".to_vec(), b"present".to_vec());
        }
        Ok(Self(records))
    }

    /// Overrides the fields that have a record. An empty value keeps the header's own.
    pub(crate) fn apply(&self, header: &mut Header) -> Result<(), TarFault> {
        if let Some(path) = self.value("path") {
            header.path = path.to_vec();
        }
        for (key, field) in [("uid", &mut header.uid), ("gid", &mut header.gid)] {
            if let Some(number) = self.value(key) {
                *field = decimal(number)?;
            }
        }
        for key in ["atime", "ctime"] {
            self.value(key).map(seconds).transpose()?;
        }
        if let Some(time) = self.value("mtime") {
            header.mtime = seconds(time)?;
        }
        if let Some(size) = self.value("size") {
            header.size = decimal(size)?;
        }
        Ok(())
    }

    /// Returns whether Go's reader would treat the file as a sparse one.
    pub(crate) fn is_sparse(&self) -> bool {
        let text = |key| self.value(key).unwrap_or_default();
        match (text("GNU.sparse.major"), text("GNU.sparse.minor")) {
            (b"0", b"0" | b"1") | (b"1", b"0") => true,
            (b"", b"") => self.value("GNU.sparse.map").is_some(),
            _ => false,
        }
    }

    fn value(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key.as_bytes()).map(Vec::as_slice).filter(|value| !value.is_empty())
    }
}

/// Splits off the first record: key, value, rest.
fn record(content: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = content.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&content[..space]).ok()?.parse().ok()?;
    if length < 5 || length <= space + 1 {
        return None;
    }
    let (record, rest) = content.split_at_checked(length)?;
    let record = record[space + 1..].strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    let without_nul = match key {
        b"path" | b"linkpath" | b"uname" | b"gname" => value,
        _ => key,
    };
    (!key.is_empty() && !without_nul.contains(&0)).then_some((key, value, rest))
}

fn decimal(value: &[u8]) -> Result<i64, TarFault> {
    let fault = TarFault::Header("an extended header has a size or owner that is not a number");
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(fault)
}

/// Parses a time and drops the fraction of a second.
fn seconds(value: &[u8]) -> Result<i64, TarFault> {
    let mut parts = value.splitn(2, |&byte| byte == b'.');
    let seconds = decimal(parts.next().unwrap_or_default())?;
    if parts.next().unwrap_or_default().iter().all(u8::is_ascii_digit) {
        Ok(seconds)
    } else {
        Err(TarFault::Header("an extended header has a time that is not a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::header::{BLOCK, Block};

    /// A header of the oldest layout.
    fn block(name: &[u8], size: u32) -> Block {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name);
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().copied().map(u32::from).sum();
        block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        block
    }

    #[test]
    fn records_override_owner_and_time() {
        let records = Records::parse(b"9 uid=12\n9 gid=34\n13 mtime=5.6\n").unwrap();
        let mut header = Header::parse(&block(b"a", 0)).unwrap();
        records.apply(&mut header).unwrap();
        assert_eq!((header.uid, header.gid, header.mtime), (12, 34, 5));
    }

    #[test]
    fn the_later_record_counts_and_empty_values_change_nothing() {
        let records = Records::parse(b"9 path=a\n9 path=b\n8 size=\n").unwrap();
        let mut header = Header::parse(&block(b"old", 7)).unwrap();
        records.apply(&mut header).unwrap();
        assert_eq!((header.path.as_slice(), header.size), (&b"b"[..], 7));
    }

    #[test]
    fn malformed_records_are_refused() {
        for bad in [
            &b"9 path=a"[..],
            b"11 path=a\n",
            b"5 =a\n",
            b"99 path=a\n",
            b"path=a\n",
            b"9 path=\0\n",
            b"4 =\n",
        ] {
            assert!(Records::parse(bad).is_err(), "{bad:?}");
        }
    }
}

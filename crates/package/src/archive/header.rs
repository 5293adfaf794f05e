//! One header block of a tar archive, interpreted as by Go's `archive/tar`.

use super::fault::TarFault;
use crate::header::TarLayout;

/// The unit of a tar archive, in bytes.
pub(crate) const BLOCK: usize = 512;

/// One block of the archive.
pub(crate) type Block = [u8; BLOCK];

/// The relevant fields of a header.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) path: Vec<u8>,
    pub(crate) flag: u8,
    pub(crate) size: i64,
    pub(crate) mode: i64,
    pub(crate) uid: i64,
    pub(crate) gid: i64,
    pub(crate) mtime: i64,
    pub(crate) uname: Vec<u8>,
    pub(crate) gname: Vec<u8>,
    pub(crate) layout: TarLayout,
}

impl Header {
    /// Parses a block. As in Go, every numeric field must contain a number, even if it is unused.
    pub(crate) fn parse(block: &Block) -> Result<Self, TarFault> {
        if !checksum_matches(block) {
            return Err(TarFault::Header("the checksum does not match"));
        }
        let layout = layout_of(block);
        let size = number(&block[124..136]).ok_or(TarFault::Header("the size is not a number"))?;
        let mode = number(&block[100..108]).ok_or(TarFault::Header("the mode is not a number"))?;
        let owner_or_time =
            |field| number(field).ok_or(TarFault::Header("an owner, time or device is not a number"));
        let uid = owner_or_time(&block[108..116])?;
        let gid = owner_or_time(&block[116..124])?;
        let mtime = owner_or_time(&block[136..148])?;
        let others: &[&[u8]] = match layout {
            TarLayout::V7 => &[],
            TarLayout::Ustar | TarLayout::Gnu => &[&block[329..337], &block[337..345]],
            TarLayout::Star => &[&block[329..337], &block[337..345], &block[476..488], &block[488..500]],
        };
        others.iter().try_for_each(|field| owner_or_time(field).map(drop))?;
        let owner_name = |field| if layout == TarLayout::V7 { Vec::new() } else { until_nul(field).to_vec() };
        let (uname, gname) = (owner_name(&block[265..297]), owner_name(&block[297..329]));
        let mut path = prefix(block, layout).to_vec();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(until_nul(&block[..100]));
        Ok(Self { path, flag: block[156], size, mode, uid, gid, mtime, uname, gname, layout })
    }
}

fn layout_of(block: &Block) -> TarLayout {
    match (&block[257..263], &block[263..265], &block[508..]) {
        (b"ustar\0", _, b"tar\0") => TarLayout::Star,
        (b"ustar\0", _, _) => TarLayout::Ustar,
        (b"ustar ", b" \0", _) => TarLayout::Gnu,
        _ => TarLayout::V7,
    }
}

/// Returns the part of the path that is stored separately from the name.
fn prefix(block: &Block, layout: TarLayout) -> &[u8] {
    match layout {
        TarLayout::V7 => &[],
        TarLayout::Ustar => until_nul(&block[345..500]),
        TarLayout::Star => until_nul(&block[345..476]),
        TarLayout::Gnu => {
            // Go 1.7 and older wrote a prefix over the two times of the GNU layout; the reader still accepts that.
            let holds_time = |field: &[u8]| field[0] == 0 || number(field).is_some();
            let written = until_nul(&block[345..500]);
            let is_time = holds_time(&block[345..357]) && holds_time(&block[357..369]);
            if is_time || !written.is_ascii() { &[] } else { written }
        }
    }
}

/// Returns the bytes before the first NUL, or all of them.
pub(crate) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Compares the checksum: the sum of all bytes, with its own field as spaces. Some old programs added signed bytes.
fn checksum_matches(block: &Block) -> bool {
    let byte_at = |(index, &byte): (usize, &u8)| if (148..156).contains(&index) { b' ' } else { byte };
    let unsigned: i64 = block.iter().enumerate().map(byte_at).map(i64::from).sum();
    let signed: i64 = block.iter().enumerate().map(byte_at).map(|byte| i64::from(byte.cast_signed())).sum();
    octal(&block[148..156]).is_some_and(|written| written == unsigned || written == signed)
}

/// Parses a numeric field: octal digits, or base 256 if the first bit is set. The result may be negative.
pub(crate) fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 == 0 {
        return octal(field);
    }
    let inversion = if field[0] & 0x40 == 0 { 0 } else { 0xff };
    let mut value: u64 = 0;
    for (index, byte) in field.iter().enumerate() {
        let byte = byte ^ inversion;
        let byte = if index == 0 { byte & 0x7f } else { byte };
        if value >> 56 > 0 {
            return None;
        }
        value = value << 8 | u64::from(byte);
    }
    let value = i64::try_from(value).ok()?;
    Some(if inversion == 0 { value } else { !value })
}

/// Parses octal digits between spaces and NULs; an empty field is zero.
fn octal(field: &[u8]) -> Option<i64> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(start) = field.iter().position(|byte| !is_padding(byte)) else { return Some(0) };
    let end = field.iter().rposition(|byte| !is_padding(byte)).map_or(field.len(), |last| last + 1);
    let digits = std::str::from_utf8(until_nul(&field[start..end])).ok()?;
    // Rust would accept a leading plus sign; Go does not.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    u64::from_str_radix(digits, 8).ok().map(u64::cast_signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b" 644   \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"12\x003    "), Some(0o12));
        assert_eq!(number(b"\x80\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff"), Some(-1));
        for bad in [&b"+644\0\0\0\0"[..], b"-1\0\0\0\0\0\0", b"0008\0\0\0\0", b"0x1\0\0\0\0\0"] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
        assert_eq!(number(b"\x81\0\0\0\0\0\0\0\0\0\0\0"), None);
    }

    #[test]
    fn a_block_with_a_wrong_checksum_is_no_header() {
        let block = [b'x'; BLOCK];
        let message = Header::parse(&block).unwrap_err().to_string();
        assert_eq!(message, "a header is damaged: the checksum does not match");
    }
}

//! Reads the fixtures and mutates them like `conformance/go-tls/mutations.go`.

use std::{fmt::Debug, fs, path::PathBuf};

use serde_json::Value;

pub(crate) struct Case(Value);

impl Case {
    /// Returns a text field, empty when it is absent.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        self.0[field].as_bool().unwrap()
    }

    pub(crate) fn number(&self, field: &str) -> usize {
        usize::try_from(self.0[field].as_u64().unwrap()).unwrap()
    }
}

/// The known differences between this crate and Go.
#[derive(Default)]
pub(crate) struct Differences {
    compared: usize,
    found: Vec<String>,
}

impl Differences {
    pub(crate) fn compare<T: PartialEq + Debug + Copy>(&mut self, name: &str, go: T, ours: T) {
        self.compared += 1;
        if go != ours {
            self.found.push(format!("{name}: Go says {go:?}, we say {ours:?}"));
        }
    }

    pub(crate) fn assert_none(self, at_least: usize) {
        assert!(self.compared >= at_least, "only {} cases compared", self.compared);
        let shown: Vec<_> = self.found.iter().take(40).cloned().collect();
        assert!(shown.is_empty(), "{} of {} differ:\n{}", self.found.len(), self.compared, shown.join("\n"));
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn table(name: &str) -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(folder().join(name)).unwrap()).unwrap();
    cases.into_iter().map(Case).collect()
}

pub(crate) fn pem_file(name: &str) -> Vec<u8> {
    fs::read(folder().join("pem").join(name)).unwrap()
}

/// Returns the data and the label of a file that contains one plain block.
pub(crate) fn first_block(text: &[u8]) -> (Vec<u8>, String) {
    let text = std::str::from_utf8(text).unwrap();
    let (label, rest) = text.strip_prefix("-----BEGIN ").unwrap().split_once("-----\n").unwrap();
    let (body, _) = rest.split_once("-----END").unwrap();
    let bits: Vec<u32> = body
        .bytes()
        .filter_map(|symbol| ALPHABET.iter().position(|&s| s == symbol))
        .map(|v| u32::try_from(v).unwrap())
        .collect();
    let mut data = Vec::new();
    for group in bits.chunks(4) {
        let word = group.iter().fold(0, |word, bits| word << 6 | bits) << (6 * (4 - group.len()));
        data.extend_from_slice(&word.to_be_bytes()[1..group.len()]);
    }
    (data, label.to_owned())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn pem_encode(label: &str, data: &[u8]) -> Vec<u8> {
    let mut body = String::new();
    for group in data.chunks(3) {
        let mut bytes = [0_u8; 4];
        bytes[1..=group.len()].copy_from_slice(group);
        let word = u32::from_be_bytes(bytes);
        for index in 0..4 {
            let symbol = ALPHABET[(word >> (18 - 6 * index) & 63) as usize];
            body.push(if index <= group.len() { char::from(symbol) } else { '=' });
        }
    }
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
}

pub(crate) fn mutate(original: &[u8], operation: &str, place: usize) -> Vec<u8> {
    let mut bytes = original.to_vec();
    match operation {
        "xor 1" => bytes[place] ^= 1,
        "xor 128" => bytes[place] ^= 128,
        "xor 32" => bytes[place] ^= 32,
        "zero" => bytes[place] = 0,
        "ones" => bytes[place] = 255,
        "add 1" => bytes[place] = bytes[place].wrapping_add(1),
        "newline" => bytes[place] = b'\n',
        "return" => bytes[place] = b'\r',
        "space" => bytes[place] = b' ',
        "dash" => bytes[place] = b'-',
        "colon" => bytes[place] = b':',
        "equals" => bytes[place] = b'=',
        "truncate" => bytes.truncate(place),
        "remove" => drop(bytes.remove(place)),
        other => panic!("no such operation: {other}"),
    }
    bytes
}

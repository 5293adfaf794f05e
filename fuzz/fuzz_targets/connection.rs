//! A connection.json that can be read has a bounded number of unknown keys, and is read as the same again when it is written.
#![no_main]

use ccs_files::Connection;
use ccs_files::connection::{KEYS, MAX_KEYS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok((connection, notices)) = Connection::parse(document) else { return };
    assert!(connection.extra.len() <= MAX_KEYS, "{} unknown keys", connection.extra.len());
    assert!(notices.len() <= MAX_KEYS + 2 * KEYS.len(), "{} notices", notices.len());
    let written = connection.to_json();
    let (again, _) = Connection::parse(&written).expect("what is written can be read");
    assert_eq!(again.to_json(), written);
});

//! A valid connection.json has a limited number of unknown keys, and does not change when it is written and parsed
//! again.
#![no_main]

use ccs_files::Connection;
use ccs_files::connection::{KEYS, MAX_KEYS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok((connection, notices)) = Connection::parse(document) else { return };
    assert!(connection.extra.len() <= MAX_KEYS, "{} unknown keys", connection.extra.len());
    assert!(notices.len() <= MAX_KEYS + 2 * KEYS.len(), "{} notices", notices.len());
    let written = connection.to_json();
    let (again, _) = Connection::parse(&written).expect("the output can be parsed");
    assert_eq!(again.to_json(), written);
});

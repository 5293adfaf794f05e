//! A request for blocks is either rejected, or begins with an existing block or the next one.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use ccs_peer::services::SeekRequest;
use ccs_proto::common::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let envelope = Envelope { payload: bytes.to_vec(), signature: Vec::new() };
    let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    let Ok(request) = SeekRequest::read(&envelope, now) else { return };
    for height in [1, 5, u64::MAX] {
        if let Ok(range) = request.range(height) {
            assert!(range.first <= height);
        }
    }
});

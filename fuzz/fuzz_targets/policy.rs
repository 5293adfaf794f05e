//! A valid policy does not change when it is formatted or encoded, and parsed again.
#![no_main]

use ccs_identity::SignaturePolicy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = SignaturePolicy::decode(bytes) {
        assert_eq!(SignaturePolicy::from_envelope(&policy.to_envelope()).as_ref(), Ok(&policy));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match text.parse::<SignaturePolicy>() {
        Ok(policy) => {
            let written = policy.to_string();
            assert_eq!(written.parse().as_ref(), Ok(&policy), "{text:?} is written as {written:?}");
            assert_eq!(SignaturePolicy::from_envelope(&policy.to_envelope()).as_ref(), Ok(&policy));
        }
        Err(error) => assert!(error.to_string().len() < 1024, "the message repeats all of the text"),
    }
});

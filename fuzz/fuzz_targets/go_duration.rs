//! A valid duration does not change when it is formatted and parsed again.
#![no_main]

use ccs_files::GoDuration;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<GoDuration>() {
        Ok(duration) => {
            let written = duration.to_string();
            assert_eq!(written.parse(), Ok(duration), "{text:?} is written as {written:?}");
        }
        Err(error) => assert!(error.to_string().len() < 4096, "the message repeats all of the text"),
    }
});

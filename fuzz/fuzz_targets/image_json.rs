//! An image.json is either rejected with code 21 in one line, or names an image that a container engine accepts.
#![no_main]

use ccs_launch::{ExitCode, Image};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| match Image::parse(document) {
    Ok(image) => {
        let reference = image.reference();
        assert!(reference.chars().all(|character| character.is_ascii_graphic()), "{reference:?}");
        assert_eq!(reference.matches('@').count(), 1, "{reference:?}");
    }
    Err(failure) => {
        assert_eq!(failure.code(), ExitCode::ImageJson);
        assert!(!failure.line().contains('\n'), "{:?}", failure.line());
    }
});

//! A launch.yaml is either rejected with one short line, or its rules can be applied to any package.
#![no_main]

use ccs_launch::settings::{Role, Settings, Subject};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    match Settings::parse(document) {
        Ok(settings) => {
            let package = "basic_1.0:00";
            let subject = Subject { package, chaincode_type: "binary", role: Role::Client };
            assert!(settings.rules(&subject).count() <= settings.chaincodes.len());
            let _ = settings.claim("binary");
        }
        Err(failure) => {
            let line = failure.line();
            assert!(line.starts_with("error 24 launch settings: "), "{line}");
            assert!(!line.contains('\n'), "{line:?}");
        }
    }
});

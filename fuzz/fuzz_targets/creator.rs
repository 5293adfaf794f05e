//! A creator or a certificate without a valid signature of the CA is always rejected.
#![no_main]

use std::sync::{Arc, LazyLock};

use ccs_identity::{Certificate, Msp, MspManager, MspSettings};
use libfuzzer_sys::fuzz_target;

const CA: &str = include_str!("../corpus/creator/ca.pem");

static MANAGER: LazyLock<MspManager> = LazyLock::new(|| {
    let root = Certificate::from_pem(CA.as_bytes()).expect("the CA can be read");
    let settings = MspSettings::new("Org1MSP".parse().expect("the MSP ID can be read"), root);
    MspManager::new(vec![Arc::new(Msp::new(settings).expect("the CA makes an MSP"))])
});

fuzz_target!(|bytes: &[u8]| {
    assert!(MANAGER.identify(bytes).is_err(), "only the CA has its key");
    if let Ok(certificate) = Certificate::from_der(bytes) {
        assert!(MANAGER.msps()[0].identify(certificate).is_err(), "only the CA has its key");
    }
    let _ = Certificate::from_pem(bytes);
});

//! A proposal without a valid signature is always rejected.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ccs_identity::{Certificate, Msp, MspManager, MspSettings};
use ccs_peer::proposal::{Decoded, Unpacked, filter};
use ccs_proto::peer::SignedProposal;
use libfuzzer_sys::fuzz_target;

const CA: &str = include_str!("../corpus/creator/ca.pem");

static MANAGER: LazyLock<MspManager> = LazyLock::new(|| {
    let root = Certificate::from_pem(CA.as_bytes()).expect("the CA can be read");
    let settings = MspSettings::new("Org1MSP".parse().expect("the MSP ID can be read"), root);
    MspManager::new(vec![Arc::new(Msp::new(settings).expect("the CA makes an MSP"))])
});

fuzz_target!(|bytes: &[u8]| {
    let signed = SignedProposal { proposal_bytes: bytes.to_vec(), signature: vec![1] };
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    let decoded = Decoded::new(signed);
    let _ = filter(&decoded, now, |_| &*MANAGER).map_err(|error| error.to_string());
    if let Ok(unpacked) = Unpacked::new(decoded) {
        let _ = unpacked.function();
        let refusal = unpacked.check(&MANAGER).expect_err("only the CA has its key");
        assert!(!refusal.to_string().is_empty());
    }
});

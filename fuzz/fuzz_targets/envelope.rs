//! An envelope without a valid signature is always rejected with a code.
#![no_main]

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use ccs_identity::{Certificate, Msp, MspManager, MspSettings};
use ccs_ledger::LedgerError;
use ccs_ordering::ChaincodePolicies;
use ccs_ordering::validation::{ChannelPolicies, StateKey, ValidationContext, View, validate};
use libfuzzer_sys::fuzz_target;

const CA: &str = include_str!("../corpus/creator/ca.pem");

static MANAGER: LazyLock<MspManager> = LazyLock::new(|| {
    let root = Certificate::from_pem(CA.as_bytes()).expect("the CA can be read");
    let settings = MspSettings::new("Org1MSP".parse().expect("the MSP ID can be read"), root);
    MspManager::new(vec![Arc::new(Msp::new(settings).expect("the CA makes an MSP"))])
});

/// A ledger without chaincode.
struct Nothing;

impl View for Nothing {
    fn policies(&self, _: &str) -> Option<Arc<ChaincodePolicies>> {
        None
    }

    fn key_policy(&self, _: &StateKey) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(None)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let policies = ChannelPolicies::new(&MANAGER);
    let context = ValidationContext {
        channel: "mychannel",
        msps: &MANAGER,
        policies: &policies,
        view: &Nothing,
        changed_policies: &HashSet::new(),
    };
    let verdict = validate(bytes, &context).expect("there is no ledger that could fail");
    assert!(verdict.outcome.is_err(), "only the CA has its key");
});

//! The next step after a chaincode is ready: how to call it.

use std::collections::BTreeSet;

use ccs_devnet::ChaincodeEvent;

/// Where `ccs invoke` and `ccs query` find the peer without an option.
const USUAL_ENDPOINT: &str = "localhost:7051";

/// Chaincodes whose next step is shown once, as soon as clients can connect.
#[derive(Debug, Default)]
pub(crate) struct Next {
    /// Address that clients dial, once the peer serves them.
    endpoint: Option<String>,
    told: BTreeSet<String>,
    waiting: Vec<String>,
}

impl Next {
    /// Returns the chaincode whose next step is due after an event.
    pub(crate) fn after(&mut self, name: &str, event: &ChaincodeEvent) -> Option<String> {
        if !matches!(event, ChaincodeEvent::Ready(_)) || !self.told.insert(name.to_owned()) {
            return None;
        }
        if self.endpoint.is_none() {
            self.waiting.push(name.to_owned());
            return None;
        }
        Some(name.to_owned())
    }

    /// Records that a peer serves clients; the commands call the first one. Returns the chaincodes that were ready
    /// before.
    pub(crate) fn served(&mut self, endpoint: &str) -> Vec<String> {
        self.endpoint.get_or_insert_with(|| endpoint.to_owned());
        std::mem::take(&mut self.waiting)
    }

    /// Returns the commands that call a chaincode.
    pub(crate) fn step(&self, name: &str) -> String {
        let endpoint = match self.endpoint.as_deref() {
            Some(endpoint) if endpoint != USUAL_ENDPOINT => format!(" --endpoint {endpoint}"),
            _ => String::new(),
        };
        format!(
            "next: ccs query {name} FUNCTION ARGUMENT...{endpoint}, or ccs invoke to write; \
             ccs query {name} org.hyperledger.fabric:GetMetadata{endpoint} lists the functions of a contract"
        )
    }
}

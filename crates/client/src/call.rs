//! A call that a client makes.

use std::collections::BTreeMap;

use ccs_identity::MspId;

/// A call of a chaincode function.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The channel.
    pub channel: String,
    /// The name of the chaincode, as in its definition.
    pub chaincode: String,
    /// The function, which is the chaincode's first argument.
    pub function: String,
    /// The other arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Values for the chaincode that are not written to the ledger.
    pub transient: BTreeMap<String, Vec<u8>>,
    /// The organizations whose peers must endorse; if empty, the gateway chooses.
    pub organizations: Vec<MspId>,
    /// Whether this is the Init call of a chaincode that requires one.
    pub is_init: bool,
}

impl Call {
    /// Makes a call without arguments.
    #[must_use]
    pub fn new(channel: &str, chaincode: &str, function: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            chaincode: chaincode.to_owned(),
            function: function.to_owned(),
            arguments: Vec::new(),
            transient: BTreeMap::new(),
            organizations: Vec::new(),
            is_init: false,
        }
    }

    /// Returns the organizations in the form of the gateway's messages.
    pub(crate) fn msp_ids(&self) -> Vec<String> {
        self.organizations.iter().map(ToString::to_string).collect()
    }
}

/// Omits the transient values, which are usually secret.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("channel", &self.channel)
            .field("chaincode", &self.chaincode)
            .field("function", &self.function)
            .field("arguments", &self.arguments.len())
            .field("transient", &self.transient.keys())
            .field("organizations", &self.organizations)
            .finish_non_exhaustive()
    }
}

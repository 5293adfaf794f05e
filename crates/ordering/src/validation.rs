//! Validates transactions before commit. The ledger performs only the check that needs the versions of keys.
//!
//! The checks are those of Fabric 3.1 `core/common/validation` and `core/committer/txvalidator/v20`, in their order;
//! the first that fails determines the code. The result depends only on the envelope's bytes and a [`View`] of the
//! committed state.

mod action;
mod envelope;
mod policy;

use std::collections::HashSet;
use std::sync::Arc;

use ccs_identity::MspManager;
use ccs_ledger::LedgerError;
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::TxReadWriteSet;

use crate::policies::ChaincodePolicies;

pub use action::written_actions;
pub(crate) use envelope::header_of;
pub use envelope::read_payload;
pub use policy::ChannelPolicies;

/// Key of the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateKey {
    /// Namespace of the key.
    pub namespace: String,
    /// Collection, for a key of private data.
    pub collection: Option<String>,
    /// The key; in a collection, its SHA-256.
    pub key: Vec<u8>,
}

/// Committed state, as far as validation needs it.
pub trait View {
    /// Returns the policies of a chaincode; [`None`] if it is not defined.
    fn policies(&self, chaincode: &str) -> Option<Arc<ChaincodePolicies>>;

    /// Returns the encoded endorsement policy of a key, if it has one.
    fn key_policy(&self, key: &StateKey) -> Result<Option<Vec<u8>>, LedgerError>;
}

/// Context in which a transaction is validated.
pub struct ValidationContext<'a> {
    /// Name of the channel.
    pub channel: &'a str,
    /// MSPs of the channel.
    pub msps: &'a MspManager,
    /// Policies of the channel.
    pub policies: &'a ChannelPolicies,
    /// Committed state.
    pub view: &'a dyn View,
    /// Keys whose policies earlier transactions of the block change. Whether a write to them is endorsed is not known
    /// yet, so a peer rejects it.
    pub changed_policies: &'a HashSet<StateKey>,
}

/// Result of validating a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// ID that its header claims; empty if the header cannot be read.
    pub id: String,
    /// The writes of a valid transaction, or the code of an invalid one.
    pub outcome: Result<Endorsed, TxValidationCode>,
}

/// Transaction that is well formed, signed and endorsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Endorsed {
    /// Read/write set.
    pub results: TxReadWriteSet,
    /// Keys whose policies the transaction changes.
    pub changed_policies: Vec<StateKey>,
}

/// Reason to stop validation: a code for the transaction, or a ledger error that says nothing about the transaction.
enum Stop {
    Code(TxValidationCode),
    Ledger(LedgerError),
}

impl From<TxValidationCode> for Stop {
    fn from(code: TxValidationCode) -> Self {
        Self::Code(code)
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Validates an envelope.
///
/// Does not check whether the ledger already contains the ID. In the ledger, a duplicate ID overrides the codes of
/// checks that come after it.
pub fn validate(envelope: &[u8], context: &ValidationContext<'_>) -> Result<Verdict, LedgerError> {
    let mut id = String::new();
    match check(envelope, context, &mut id) {
        Ok(endorsed) => Ok(Verdict { id, outcome: Ok(endorsed) }),
        Err(Stop::Code(code)) => Ok(Verdict { id, outcome: Err(code) }),
        Err(Stop::Ledger(error)) => Err(error),
    }
}

fn check(bytes: &[u8], context: &ValidationContext<'_>, id: &mut String) -> Result<Endorsed, Stop> {
    let opened = envelope::open(bytes, id)?;
    let action = envelope::check(&opened, context)?;
    let checked = action::check(&opened.channel_header, &action, context)?;
    policy::check(&action, &checked, context)?;
    Ok(Endorsed { results: checked.results, changed_policies: checked.changed_policies })
}

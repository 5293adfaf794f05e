//! Decides about a transaction before it is committed: everything but what needs the versions of keys, which is the
//! ledger's part.
//!
//! The checks are those of Fabric 3.1 `core/common/validation` and `core/committer/txvalidator/v20`, in their order; the
//! first that fails gives the code. A function of the envelope's bytes and of a [`View`] of what was committed before.

mod action;
mod envelope;
mod policy;

use std::collections::HashSet;
use std::sync::Arc;

use ccs_identity::MspManager;
use ccs_ledger::LedgerError;
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::TxReadWriteSet;

use crate::executor::ChaincodePolicies;

pub(crate) use action::written_actions;
pub(crate) use envelope::{header_of, read_payload};
pub use policy::ChannelPolicies;

/// A key of the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateKey {
    /// The namespace.
    pub namespace: String,
    /// The collection, if it is one of private data.
    pub collection: Option<String>,
    /// The key; in a collection its SHA-256.
    pub key: Vec<u8>,
}

/// What was committed before, as far as validation looks at it.
pub trait View {
    /// Returns the policies of a chaincode; [`None`] if it is not defined.
    fn policies(&self, chaincode: &str) -> Option<Arc<ChaincodePolicies>>;

    /// Returns the endorsement policy of one key, encoded, if it has one.
    fn key_policy(&self, key: &StateKey) -> Result<Option<Vec<u8>>, LedgerError>;
}

/// What a transaction is validated with.
pub struct ValidationContext<'a> {
    /// The name of the channel.
    pub channel: &'a str,
    /// The organizations.
    pub msps: &'a MspManager,
    /// The policies.
    pub policies: &'a ChannelPolicies,
    /// What was committed.
    pub view: &'a dyn View,
    /// The keys whose policies earlier transactions of the block change: whether a write to them is endorsed is then not
    /// known, and a peer refuses it.
    pub changed_policies: &'a HashSet<StateKey>,
}

/// What was decided about a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The ID that its header claims; empty if there is none that can be read.
    pub id: String,
    /// What it wants to write, or why it may not.
    pub outcome: Result<Endorsed, TxValidationCode>,
}

/// A transaction that is well formed, signed and endorsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Endorsed {
    /// The read/write set.
    pub results: TxReadWriteSet,
    /// The keys whose policies it changes.
    pub changed_policies: Vec<StateKey>,
}

/// Why validation stops: a code for the transaction, or a ledger that cannot answer, which says nothing about it.
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
/// Whether its ID is in the ledger already is not asked here: a code that comes later than that check gives way to it in
/// the ledger.
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

//! A transaction of a block as a JSON document.

use ccs_client::{Key, Transaction, TransactionKind, Write};
use serde::Serialize;

use ccs_report::moment;

/// A line of `ccs blocks --json`.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    block: u64,
    index: usize,
    transaction_id: &'a str,
    kind: &'static str,
    code: String,
    timestamp: Option<String>,
    msp_id: Option<&'a str>,
    creator: Option<&'a str>,
    chaincode: Option<&'a str>,
    function: Option<&'a str>,
    event: Option<&'a str>,
    writes: Vec<Written<'a>>,
    problem: Option<&'a str>,
}

#[derive(Serialize)]
struct Written<'a> {
    namespace: &'a str,
    collection: Option<&'a str>,
    key: Option<&'a str>,
    key_hash: Option<String>,
    is_delete: bool,
}

impl<'a> Document<'a> {
    pub(super) fn new(block: u64, index: usize, transaction: &'a Transaction) -> Self {
        let creator = transaction.creator.as_ref();
        Self {
            block,
            index,
            transaction_id: &transaction.id,
            kind: match transaction.kind {
                TransactionKind::Endorser => "transaction",
                TransactionKind::Configuration => "configuration",
                TransactionKind::Other(_) => "other",
            },
            code: transaction.code.to_string(),
            timestamp: transaction.timestamp.map(moment::timestamp),
            msp_id: creator.map(|creator| creator.msp_id.as_str()),
            creator: creator.and_then(|creator| creator.subject.as_deref()),
            chaincode: transaction.chaincode.as_deref(),
            function: transaction.function.as_deref(),
            event: transaction.event.as_deref(),
            writes: transaction.writes.iter().map(Written::new).collect(),
            problem: transaction.problem.as_deref(),
        }
    }
}

impl<'a> Written<'a> {
    fn new(write: &'a Write) -> Self {
        let (key, key_hash) = match &write.key {
            Key::Plain(key) => (Some(key.as_str()), None),
            Key::Hash(hash) => (None, Some(hex::encode(hash))),
        };
        Self {
            namespace: &write.namespace,
            collection: write.collection.as_deref(),
            key,
            key_hash,
            is_delete: write.is_delete,
        }
    }
}

//! The decoded content of a block: transactions, their validation codes, and the keys that they write.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use ccs_identity::Certificate;
use ccs_proto::common::{
    Block, BlockMetadataIndex, ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader,
};
use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::msp::SerializedIdentity;
use ccs_proto::peer::filtered_transaction::Data;
use ccs_proto::peer::{
    self, ChaincodeActionPayload, ChaincodeEvent, ChaincodeInvocationSpec, ChaincodeProposalPayload,
    FilteredBlock, FilteredTransaction,
};
use ccs_proto::rwset::{CollectionHashedReadWriteSet, NsReadWriteSet, TxPvtReadWriteSet, TxReadWriteSet};
use prost::{DecodeError, Message as _};

use crate::prepared::chaincode_action;
use crate::validation::ValidationCode;

/// The parts of a block that matter to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContent {
    /// The block number.
    pub number: u64,
    /// The transactions, in order.
    pub transactions: Vec<Transaction>,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its ID; empty for a configuration.
    pub id: String,
    /// Its kind.
    pub kind: TransactionKind,
    /// Its validation code.
    pub code: ValidationCode,
    /// The time of the proposal, according to the client; absent in a filtered block.
    pub timestamp: Option<SystemTime>,
    /// The identity that proposed it; absent in a filtered block.
    pub creator: Option<Creator>,
    /// The called chaincode, if known.
    pub chaincode: Option<String>,
    /// The called function; absent in a filtered block, or if its name is not UTF-8.
    pub function: Option<String>,
    /// The keys that it writes or deletes; empty in a filtered block.
    pub writes: Vec<Write>,
    /// The name of the event that it sets.
    pub event: Option<String>,
    /// The reason why other fields are absent: a part of the transaction cannot be decoded.
    pub problem: Option<String>,
}

/// The kind of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionKind {
    /// A chaincode invocation.
    Endorser,
    /// An update of the channel's configuration.
    Configuration,
    /// Another kind, by the number of its header type.
    Other(i32),
}

/// The identity that proposed a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creator {
    /// The MSP ID.
    pub msp_id: String,
    /// The subject of the certificate, if it can be parsed.
    pub subject: Option<String>,
}

/// A write to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The namespace, which is the name of the chaincode.
    pub namespace: String,
    /// The collection, for private data.
    pub collection: Option<String>,
    /// The key.
    pub key: Key,
    /// Whether the key is deleted.
    pub is_delete: bool,
}

/// A key, in clear text or hashed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The key in clear text.
    Plain(String),
    /// The SHA-256 of a private key.
    Hash(Vec<u8>),
}

impl BlockContent {
    /// Decodes a block and the private data that the peer returned with it.
    pub(crate) fn full(
        block: &Block,
        private: Option<&HashMap<u64, TxPvtReadWriteSet>>,
    ) -> Result<Self, &'static str> {
        let header = block.header.as_ref().ok_or("a block has no header")?;
        let metadata =
            block.metadata.as_ref().map(|metadata| metadata.metadata.as_slice()).unwrap_or_default();
        let codes = metadata.get(BlockMetadataIndex::TransactionsFilter as usize);
        let code = |index: usize| {
            let code = codes.and_then(|codes| codes.get(index)).copied();
            ValidationCode::from_number(code.map_or(peer::TxValidationCode::NotValidated as i32, i32::from))
        };
        let envelopes = block.data.as_ref().map(|data| data.data.as_slice()).unwrap_or_default();
        let numbered = envelopes.iter().zip(0_u64..).enumerate();
        let transactions = numbered.map(|(index, (envelope, number))| {
            let private = private.and_then(|private| private.get(&number));
            Transaction::read(envelope, code(index), private)
        });
        Ok(Self { number: header.number, transactions: transactions.collect() })
    }

    pub(crate) fn filtered(block: FilteredBlock) -> Self {
        let transactions = block.filtered_transactions.into_iter().map(Transaction::filtered);
        Self { number: block.number, transactions: transactions.collect() }
    }
}

impl Transaction {
    fn new(id: String, kind: i32, code: ValidationCode) -> Self {
        let kind = match HeaderType::try_from(kind) {
            Ok(HeaderType::EndorserTransaction) => TransactionKind::Endorser,
            Ok(HeaderType::Config) => TransactionKind::Configuration,
            _ => TransactionKind::Other(kind),
        };
        Self {
            id,
            kind,
            code,
            timestamp: None,
            creator: None,
            chaincode: None,
            function: None,
            writes: Vec::new(),
            event: None,
            problem: None,
        }
    }

    fn filtered(transaction: FilteredTransaction) -> Self {
        let FilteredTransaction { txid, r#type, tx_validation_code, data } = transaction;
        let mut read = Self::new(txid, r#type, ValidationCode::from_number(tx_validation_code));
        let actions = data.map(|Data::TransactionActions(actions)| actions.chaincode_actions);
        if let Some(event) = actions.into_iter().flatten().find_map(|action| action.chaincode_event) {
            read.chaincode = Some(event.chaincode_id);
            read.event = Some(event.event_name);
        }
        read
    }

    /// Decodes as much as possible: an invalid transaction may contain any bytes.
    fn read(envelope: &[u8], code: ValidationCode, private: Option<&TxPvtReadWriteSet>) -> Self {
        let decoded = Envelope::decode(envelope)
            .and_then(|envelope| Payload::decode(envelope.payload.as_slice()))
            .and_then(|payload| {
                let header = payload.header.unwrap_or_default();
                let channel = ChannelHeader::decode(header.channel_header.as_slice())?;
                Ok((header, channel, payload.data))
            });
        let (header, channel, data) = match decoded {
            Ok(decoded) => decoded,
            Err(error) => {
                let mut unread = Self::new(String::new(), HeaderType::Message as i32, code);
                unread.problem = Some(error.to_string());
                return unread;
            }
        };
        let mut read = Self::new(channel.tx_id, channel.r#type, code);
        read.timestamp = channel.timestamp.and_then(moment);
        read.creator = creator(&header);
        if read.kind == TransactionKind::Endorser {
            read.problem = read.endorsed(&data, private).err().map(|error| error.to_string());
        }
        read
    }

    fn endorsed(&mut self, data: &[u8], private: Option<&TxPvtReadWriteSet>) -> Result<(), DecodeError> {
        for action in peer::Transaction::decode(data)?.actions {
            let ChaincodeActionPayload { chaincode_proposal_payload, action } =
                ChaincodeActionPayload::decode(action.payload.as_slice())?;
            self.called(&chaincode_proposal_payload)?;
            let action = chaincode_action(&action.unwrap_or_default().proposal_response_payload)?;
            if !action.events.is_empty() {
                self.event = Some(ChaincodeEvent::decode(action.events.as_slice())?.event_name);
            }
            for namespace in TxReadWriteSet::decode(action.results.as_slice())?.ns_rwset {
                self.wrote(&namespace, private)?;
            }
        }
        Ok(())
    }

    fn called(&mut self, payload: &[u8]) -> Result<(), DecodeError> {
        let payload = ChaincodeProposalPayload::decode(payload)?;
        let spec = ChaincodeInvocationSpec::decode(payload.input.as_slice())?.chaincode_spec;
        let Some(spec) = spec else { return Ok(()) };
        self.chaincode = spec.chaincode_id.map(|id| id.name);
        let function = spec.input.and_then(|input| input.args.into_iter().next());
        self.function = function.and_then(|function| String::from_utf8(function).ok());
        Ok(())
    }

    fn wrote(
        &mut self,
        set: &NsReadWriteSet,
        private: Option<&TxPvtReadWriteSet>,
    ) -> Result<(), DecodeError> {
        for write in KvrwSet::decode(set.rwset.as_slice())?.writes {
            self.writes.push(Write {
                namespace: set.namespace.clone(),
                collection: None,
                key: Key::Plain(write.key),
                is_delete: write.is_delete,
            });
        }
        for collection in &set.collection_hashed_rwset {
            let plain =
                private.and_then(|private| plain(private, &set.namespace, &collection.collection_name));
            let writes = match plain {
                Some(rwset) => plain_writes(rwset)?,
                None => hashed_writes(collection)?,
            };
            self.writes.extend(writes.into_iter().map(|(key, is_delete)| Write {
                namespace: set.namespace.clone(),
                collection: Some(collection.collection_name.clone()),
                key,
                is_delete,
            }));
        }
        Ok(())
    }
}

/// Returns the read and write set of a collection in the private data.
fn plain<'a>(private: &'a TxPvtReadWriteSet, namespace: &str, collection: &str) -> Option<&'a [u8]> {
    let namespace = private.ns_pvt_rwset.iter().find(|set| set.namespace == namespace)?;
    let mut collections = namespace.collection_pvt_rwset.iter();
    collections.find(|set| set.collection_name == collection).map(|set| set.rwset.as_slice())
}

fn plain_writes(rwset: &[u8]) -> Result<Vec<(Key, bool)>, DecodeError> {
    let writes = KvrwSet::decode(rwset)?.writes.into_iter();
    Ok(writes.map(|write| (Key::Plain(write.key), write.is_delete)).collect())
}

fn hashed_writes(set: &CollectionHashedReadWriteSet) -> Result<Vec<(Key, bool)>, DecodeError> {
    let writes = HashedRwSet::decode(set.hashed_rwset.as_slice())?.hashed_writes.into_iter();
    Ok(writes.map(|write| (Key::Hash(write.key_hash), write.is_delete || write.is_purge)).collect())
}

fn creator(header: &Header) -> Option<Creator> {
    let header = SignatureHeader::decode(header.signature_header.as_slice()).ok()?;
    let identity = SerializedIdentity::decode(header.creator.as_slice()).ok()?;
    // A development peer defines chaincode without a client's proposal.
    if identity.mspid.is_empty() {
        return None;
    }
    let certificate = Certificate::from_pem(&identity.id_bytes).ok();
    let subject = certificate.map(|certificate| certificate.subject().to_owned());
    Some(Creator { msp_id: identity.mspid, subject })
}

/// Converts a client's timestamp; returns nothing for times before 1970 or out of range.
fn moment(timestamp: prost_types::Timestamp) -> Option<SystemTime> {
    let since = Duration::new(timestamp.seconds.try_into().ok()?, timestamp.nanos.try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

#[cfg(test)]
mod tests;

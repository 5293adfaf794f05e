//! The forms in which a client receives blocks: whole, filtered, or with private data.

use std::collections::HashMap;
use std::sync::Arc;

use ccs_channel::{Channel, IMPLICIT};
use ccs_identity::Identity;
use ccs_ledger::LedgerError;
use ccs_proto::common::{Block, Status};
use ccs_proto::orderer;
use ccs_proto::peer::deliver_response::Type;
use ccs_proto::peer::filtered_transaction::Data;
use ccs_proto::peer::{
    BlockAndPrivateData, ChaincodeEvent, DeliverResponse, FilteredBlock, FilteredChaincodeAction,
    FilteredTransaction, FilteredTransactionActions,
};
use ccs_proto::rwset::TxPvtReadWriteSet;
use prost::Message;

use crate::peer::Peer;
use crate::services::blocks::{BlockTransaction, transactions};

/// Client that reads blocks, and the channel that it reads.
pub(crate) struct Reader<'a> {
    pub(crate) peer: &'a Peer,
    pub(crate) channel: &'a Arc<Channel>,
    pub(crate) identity: &'a Identity,
}

/// Form in which blocks are sent.
pub(crate) trait Form: Send + Sync + 'static {
    /// Message type of the stream.
    type Response: Send + 'static;

    fn block(block: Block, reader: &Reader<'_>) -> Result<Self::Response, LedgerError>;

    fn status(status: Status) -> Self::Response;
}

fn response(content: Type) -> DeliverResponse {
    DeliverResponse { r#type: Some(content) }
}

fn status(status: Status) -> DeliverResponse {
    response(Type::Status(status.into()))
}

/// Whole blocks, as the peer sends them.
pub(crate) struct WholeBlocks;

impl Form for WholeBlocks {
    type Response = DeliverResponse;

    fn block(block: Block, _: &Reader<'_>) -> Result<DeliverResponse, LedgerError> {
        Ok(response(Type::Block(block)))
    }

    fn status(code: Status) -> DeliverResponse {
        status(code)
    }
}

/// Whole blocks, as the orderer sends them.
pub(crate) struct OrdererBlocks;

impl Form for OrdererBlocks {
    type Response = orderer::DeliverResponse;

    fn block(block: Block, _: &Reader<'_>) -> Result<Self::Response, LedgerError> {
        Ok(orderer::DeliverResponse { r#type: Some(orderer::deliver_response::Type::Block(block)) })
    }

    fn status(code: Status) -> Self::Response {
        orderer::DeliverResponse { r#type: Some(orderer::deliver_response::Type::Status(code.into())) }
    }
}

/// Filtered blocks: transaction IDs and codes, and events without their payload.
pub(crate) struct FilteredBlocks;

impl Form for FilteredBlocks {
    type Response = DeliverResponse;

    fn block(block: Block, reader: &Reader<'_>) -> Result<DeliverResponse, LedgerError> {
        Ok(response(Type::FilteredBlock(filtered(&block, reader.channel.name()))))
    }

    fn status(code: Status) -> DeliverResponse {
        status(code)
    }
}

fn filtered(block: &Block, channel: &str) -> FilteredBlock {
    FilteredBlock {
        channel_id: channel.to_owned(),
        number: block.header.as_ref().map(|header| header.number).unwrap_or_default(),
        filtered_transactions: transactions(block).iter().map(filtered_transaction).collect(),
    }
}

fn filtered_transaction(transaction: &BlockTransaction) -> FilteredTransaction {
    let event = |event: &[u8]| {
        let event = ChaincodeEvent::decode(event).ok().filter(|event| !event.chaincode_id.is_empty())?;
        Some(FilteredChaincodeAction {
            chaincode_event: Some(ChaincodeEvent { payload: Vec::new(), ..event }),
        })
    };
    let actions = transaction.is_endorsed().then(|| {
        let actions = transaction.actions();
        let chaincode_actions = actions.iter().filter_map(|action| event(&action.events)).collect();
        Data::TransactionActions(FilteredTransactionActions { chaincode_actions })
    });
    FilteredTransaction {
        txid: transaction.header.tx_id.clone(),
        r#type: transaction.header.r#type,
        tx_validation_code: transaction.code.into(),
        data: actions,
    }
}

/// Whole blocks, with the private data that the reader is allowed to see.
pub(crate) struct PrivateBlocks;

impl Form for PrivateBlocks {
    type Response = DeliverResponse;

    fn block(block: Block, reader: &Reader<'_>) -> Result<DeliverResponse, LedgerError> {
        let number = block.header.as_ref().map(|header| header.number).unwrap_or_default();
        let private = reader.channel.ledger().private_data(number)?;
        let private = private.into_iter().filter_map(|(index, set)| Some((index, reader.allowed(set)?)));
        let private_data_map: HashMap<_, _> = private.collect();
        Ok(response(Type::BlockAndPrivateData(BlockAndPrivateData { block: Some(block), private_data_map })))
    }

    fn status(code: Status) -> DeliverResponse {
        status(code)
    }
}

impl Reader<'_> {
    /// Returns the part of a transaction's private data that the reader may see; [`None`] if that is empty.
    fn allowed(&self, mut set: TxPvtReadWriteSet) -> Option<TxPvtReadWriteSet> {
        for namespace in &mut set.ns_pvt_rwset {
            let name = namespace.namespace.clone();
            let collections = &mut namespace.collection_pvt_rwset;
            collections.retain(|collection| self.is_member(&name, &collection.collection_name));
        }
        set.ns_pvt_rwset.retain(|namespace| !namespace.collection_pvt_rwset.is_empty());
        (!set.ns_pvt_rwset.is_empty()).then_some(set)
    }

    fn is_member(&self, namespace: &str, collection: &str) -> bool {
        if let Some(organization) = collection.strip_prefix(IMPLICIT) {
            return organization == self.identity.msp_id().as_str();
        }
        let policies = self.peer.support().policies(self.channel, namespace);
        let collection = policies.as_ref().and_then(|policies| policies.collection(collection));
        collection.is_some_and(|collection| collection.members.is_satisfied_by([self.identity]))
    }
}

//! A connection to a gateway, and the transactions over it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_identity::Signer;
use ccs_proto::common::Envelope;
use ccs_proto::gateway::gateway_client::GatewayClient;
use ccs_proto::gateway::{
    CommitStatusRequest, CommitStatusResponse, EndorseRequest, EvaluateRequest, SignedCommitStatusRequest,
    SubmitRequest,
};
use ccs_proto::limits::MAX_MESSAGE_IN_BYTES;
use ccs_proto::peer::Response;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Code, IntoRequest, Request, Status};

use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::error::{Error, Operation, innermost};
use crate::prepared;
use crate::proposal::Proposal;
use crate::refusal::Refusal;
use crate::transaction_id::TransactionId;
use crate::validation::ValidationCode;

/// A connection to one peer with a signing identity.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub(crate) channel: Channel,
    pub(crate) signer: Arc<Signer>,
    pub(crate) timeout: Duration,
    pub(crate) over_tls: bool,
}

/// An endorsed and signed transaction that is not submitted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsed {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The chaincode's result.
    pub result: Vec<u8>,
    /// The channel.
    pub channel: String,
    envelope: Envelope,
}

/// A valid, committed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The chaincode's result.
    pub result: Vec<u8>,
    /// The block.
    pub block: u64,
}

impl Gateway {
    /// Connects. `timeout` applies to this and to each later call, but not to open streams.
    pub async fn connect(endpoint: &Endpoint, signer: Arc<Signer>, timeout: Duration) -> Result<Self, Error> {
        let (channel, over_tls) = (endpoint.connect(timeout).await?, endpoint.is_tls());
        Ok(Self { channel, signer, timeout, over_tls })
    }

    /// Evaluates a transaction on one peer, without writing to the ledger.
    pub async fn evaluate(&self, call: &Call) -> Result<Vec<u8>, Error> {
        let proposal = Proposal::new(call, &self.signer, SystemTime::now())?;
        let request = EvaluateRequest {
            transaction_id: proposal.transaction_id.to_string(),
            channel_id: call.channel.clone(),
            proposed_transaction: Some(proposal.signed),
            target_organizations: call.msp_ids(),
        };
        let answer = self.client().evaluate(self.request(request)).await;
        let answer = answer.map_err(|status| self.refused(Operation::Evaluate, &status))?.into_inner();
        let Response { payload, .. } =
            answer.result.ok_or_else(|| Error::answer(Operation::Evaluate, "it has no result"))?;
        Ok(payload)
    }

    /// Collects endorsements for a call and signs the resulting transaction.
    pub async fn endorse(&self, call: &Call) -> Result<Endorsed, Error> {
        let proposal = Proposal::new(call, &self.signer, SystemTime::now())?;
        let request = EndorseRequest {
            transaction_id: proposal.transaction_id.to_string(),
            channel_id: call.channel.clone(),
            proposed_transaction: Some(proposal.signed),
            endorsing_organizations: call.msp_ids(),
        };
        let answer = self.client().endorse(self.request(request)).await;
        let answer = answer.map_err(|status| self.refused(Operation::Endorse, &status))?.into_inner();
        let unusable = |reason: String| Error::answer(Operation::Endorse, reason);
        let mut envelope =
            answer.prepared_transaction.ok_or_else(|| unusable("it has no transaction".to_owned()))?;
        let response = prepared::response(&envelope, &proposal.header).map_err(unusable)?;
        envelope.signature = self.signer.sign(&envelope.payload)?;
        Ok(Endorsed {
            transaction_id: proposal.transaction_id,
            result: response.payload,
            channel: call.channel.clone(),
            envelope,
        })
    }

    /// Endorses and submits a call, and waits until it is committed.
    pub async fn submit(&self, call: &Call) -> Result<Committed, Error> {
        let endorsed = self.endorse(call).await?;
        self.commit(endorsed).await
    }

    /// Submits an endorsed transaction and waits until it is committed.
    pub async fn commit(&self, endorsed: Endorsed) -> Result<Committed, Error> {
        let Endorsed { transaction_id, result, channel, envelope } = endorsed;
        let request = SubmitRequest {
            transaction_id: transaction_id.to_string(),
            channel_id: channel.clone(),
            prepared_transaction: Some(envelope),
        };
        if let Err(status) = self.client().submit(self.request(request)).await {
            return Err(match self.refused(Operation::Submit, &status) {
                Error::Refused { operation, refusal } if refusal.is_final() => {
                    Error::Refused { operation, refusal }
                }
                reason => Error::Unknown { transaction_id, reason: Box::new(reason) },
            });
        }
        match self.commit_status(&channel, &transaction_id).await {
            Ok((code, block)) if code.is_valid() => Ok(Committed { transaction_id, result, block }),
            Ok((code, block)) => Err(Error::Invalid { transaction_id, code, block }),
            Err(reason) => Err(Error::Unknown { transaction_id, reason: Box::new(reason) }),
        }
    }

    /// Waits until a transaction is committed; returns its code and its block.
    pub async fn commit_status(
        &self,
        channel: &str,
        transaction_id: &TransactionId,
    ) -> Result<(ValidationCode, u64), Error> {
        let request = CommitStatusRequest {
            transaction_id: transaction_id.to_string(),
            channel_id: channel.to_owned(),
            identity: self.signer.creator().to_vec(),
        }
        .encode_to_vec();
        let signature = self.signer.sign(&request)?;
        let request = SignedCommitStatusRequest { request, signature };
        let answer = self.client().commit_status(self.request(request)).await;
        let answer = answer.map_err(|status| self.refused(Operation::CommitStatus, &status))?;
        let CommitStatusResponse { result, block_number } = answer.into_inner();
        Ok((ValidationCode::from_number(result), block_number))
    }

    pub(crate) fn client(&self) -> GatewayClient<Channel> {
        GatewayClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES)
    }

    /// Makes a request with the deadline of a call.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = message.into_request();
        request.set_timeout(self.timeout);
        request
    }

    /// Converts the status of a failed call to an error.
    pub(crate) fn refused(&self, operation: Operation, status: &Status) -> Error {
        if is_timeout(status) {
            return Error::Timeout { operation, timeout: self.timeout };
        }
        // A status from a peer has no cause on this machine.
        if let Some(cause) = status.source() {
            return Error::Lost { operation, over_tls: self.over_tls, reason: innermost(cause) };
        }
        Error::Refused { operation, refusal: Box::new(Refusal::of(status)) }
    }
}

/// Returns whether this is tonic's own status for a call whose deadline expired; a peer's text differs.
pub(crate) fn is_timeout(status: &Status) -> bool {
    status.code() == Code::Cancelled && status.message() == "Timeout expired"
}

//! Signed transactions that a peer writes by itself, in the form of those that clients submit (Fabric 3.1
//! `protoutil/txutils.go`).

use ccs_identity::{Signer, SignerError};
use ccs_ledger::{Content, Results, Transaction as LedgerTransaction};
use ccs_proto::common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader};
use ccs_proto::peer::chaincode_spec::Type as Language;
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeHeaderExtension, ChaincodeId,
    ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Endorsement,
    ProposalResponsePayload, Response, Transaction, TransactionAction,
};
use ccs_proto::transaction_id;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::time::now;

/// Version of the system chaincodes.
const SYSTEM_VERSION: &str = "syscc";

/// Status of a successful response.
const SUCCESS: i32 = 200;

/// Length of a nonce, as in Fabric's clients.
const NONCE_IN_BYTES: usize = 24;

/// Signers of a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Signers<'a> {
    /// Creates the proposal and signs the transaction.
    pub client: &'a Signer,
    /// Endorse the results.
    pub peers: &'a [&'a Signer],
}

/// Reason why a transaction cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The system has no random numbers.
    #[error("cannot create a nonce: {0}")]
    Nonce(String),
    /// A signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// Proposal to call a function of a system chaincode.
pub(crate) struct SystemCall<'a> {
    chaincode: &'a str,
    header: Header,
    /// The specification of the call, encoded.
    payload: Vec<u8>,
    id: String,
}

impl<'a> SystemCall<'a> {
    /// Creates a proposal with a random nonce.
    pub(crate) fn new(
        (channel, chaincode): (&str, &'a str),
        arguments: Vec<Vec<u8>>,
        client: &Signer,
    ) -> Result<Self, SigningError> {
        let mut nonce = [0; NONCE_IN_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| SigningError::Nonce(error.to_string()))?;
        let id = transaction_id(&nonce, client.creator());
        let chaincode_id = Some(ChaincodeId { name: chaincode.to_owned(), ..ChaincodeId::default() });
        let extension = ChaincodeHeaderExtension { chaincode_id: chaincode_id.clone() };
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            timestamp: Some(now()),
            channel_id: channel.to_owned(),
            tx_id: id.clone(),
            extension: extension.encode_to_vec(),
            ..ChannelHeader::default()
        };
        let signature_header = SignatureHeader { creator: client.creator().to_vec(), nonce: nonce.to_vec() };
        let specification = ChaincodeSpec {
            r#type: Language::Golang.into(),
            chaincode_id,
            input: Some(ChaincodeInput { args: arguments, ..ChaincodeInput::default() }),
            ..ChaincodeSpec::default()
        };
        let input = ChaincodeInvocationSpec { chaincode_spec: Some(specification) }.encode_to_vec();
        let payload = ChaincodeProposalPayload { input, ..ChaincodeProposalPayload::default() };
        let header = Header {
            channel_header: channel_header.encode_to_vec(),
            signature_header: signature_header.encode_to_vec(),
        };
        Ok(Self { chaincode, header, payload: payload.encode_to_vec(), id })
    }

    /// Returns the ID of the transaction.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Endorses the results of the call, and signs the transaction.
    pub(crate) fn transaction(
        self,
        results: Results,
        signers: Signers<'_>,
    ) -> Result<LedgerTransaction, SigningError> {
        let Self { chaincode, header, payload, id } = self;
        let response = response(chaincode, (&header, &payload), &results);
        let endorse = |peer: &&Signer| {
            let endorser = peer.creator().to_vec();
            let signature = peer.sign(&[response.as_slice(), &endorser].concat())?;
            Ok::<_, SignerError>(Endorsement { endorser, signature })
        };
        let endorsements = signers.peers.iter().map(endorse).collect::<Result<_, _>>()?;
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: payload,
            action: Some(ChaincodeEndorsedAction { proposal_response_payload: response, endorsements }),
        };
        let action =
            TransactionAction { header: header.signature_header.clone(), payload: action.encode_to_vec() };
        let data = Transaction { actions: vec![action] }.encode_to_vec();
        let payload = Payload { header: Some(header), data }.encode_to_vec();
        let signature = signers.client.sign(&payload)?;
        let envelope = Envelope { payload, signature }.encode_to_vec();
        let content = Content::Endorsed { results: results.public, private: results.private };
        Ok(LedgerTransaction { envelope, id, content })
    }
}

/// Returns the payload of the response to a proposal, encoded.
fn response(chaincode: &str, (header, payload): (&Header, &[u8]), results: &Results) -> Vec<u8> {
    let version = SYSTEM_VERSION.to_owned();
    let action = ChaincodeAction {
        results: results.public.encode_to_vec(),
        response: Some(Response { status: SUCCESS, ..Response::default() }),
        chaincode_id: Some(ChaincodeId { name: chaincode.to_owned(), version, ..ChaincodeId::default() }),
        ..ChaincodeAction::default()
    };
    let mut hash = Sha256::new();
    hash.update(&header.channel_header);
    hash.update(&header.signature_header);
    hash.update(payload);
    let proposal_hash = hash.finalize().to_vec();
    ProposalResponsePayload { proposal_hash, extension: action.encode_to_vec() }.encode_to_vec()
}

//! The signed proposal of a transaction, in the form that a client of a real network sends.

use std::collections::HashMap;
use std::sync::Arc;

use ccs_channel::time;
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::msp::SerializedIdentity;
use ccs_proto::peer::{
    self, ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec,
    ChaincodeProposalPayload, ChaincodeSpec, SignedProposal,
};
use prost::Message;
use prost_types::Timestamp;
use sha2::{Digest, Sha256};

/// Length of a nonce, as in Fabric's clients.
const NONCE_IN_BYTES: usize = 24;

/// Creator of transactions, without a key. Nothing here checks signatures, so proposals have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposer {
    /// The ID of the membership service provider.
    pub msp_id: String,
    /// Certificate as PEM text.
    pub certificate: String,
}

impl Default for Proposer {
    /// Returns the developer of `Org1MSP`: a self-signed certificate whose key was thrown away.
    fn default() -> Self {
        Self { msp_id: "Org1MSP".to_owned(), certificate: include_str!("proposal/developer.pem").to_owned() }
    }
}

/// Call of a chaincode by a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Name of the channel.
    pub channel: String,
    /// Name of the chaincode in its definition, which is also the namespace of its keys.
    pub chaincode: String,
    /// Function and its arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Transient data, which the chaincode sees but which is never stored.
    pub transient: HashMap<String, Vec<u8>>,
    /// Whether to call the chaincode's Init.
    pub is_init: bool,
}

impl Invocation {
    /// Creates the invocation of a function.
    #[must_use]
    pub fn new(channel: &str, chaincode: &str, arguments: &[impl AsRef<[u8]>]) -> Self {
        Self {
            channel: channel.to_owned(),
            chaincode: chaincode.to_owned(),
            arguments: arguments.iter().map(|argument| argument.as_ref().to_vec()).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn input(&self) -> ChaincodeInput {
        ChaincodeInput { args: self.arguments.clone(), decorations: HashMap::new(), is_init: self.is_init }
    }
}

/// Error from creating a proposal: the system's random number generator failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not create a nonce: {0}")]
pub struct NonceError(String);

/// Invocation with a creator and a transaction ID.
#[derive(Clone, Debug, PartialEq)]
pub struct UnsignedProposal {
    invocation: Invocation,
    transaction_id: String,
    signed: Arc<SignedProposal>,
}

impl UnsignedProposal {
    /// Creates a proposal with a random nonce and the current time.
    pub fn new(invocation: Invocation, identity: &Proposer) -> Result<Self, NonceError> {
        let mut nonce = [0; NONCE_IN_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| NonceError(error.to_string()))?;
        Ok(Self::with(invocation, identity, &nonce, time::now()))
    }

    /// Creates a proposal. The same arguments yield the same bytes, unless there are several transient values.
    fn with(invocation: Invocation, identity: &Proposer, nonce: &[u8], now: Timestamp) -> Self {
        let creator = SerializedIdentity {
            mspid: identity.msp_id.clone(),
            id_bytes: identity.certificate.clone().into_bytes(),
        }
        .encode_to_vec();
        let transaction_id = hex::encode(Sha256::new().chain_update(nonce).chain_update(&creator).finalize());
        let chaincode_id = ChaincodeId { name: invocation.chaincode.clone(), ..ChaincodeId::default() };
        let header = Header {
            channel_header: channel_header(&invocation, &transaction_id, &chaincode_id, now),
            signature_header: SignatureHeader { creator, nonce: nonce.to_vec() }.encode_to_vec(),
        };
        let proposal = peer::Proposal {
            header: header.encode_to_vec(),
            payload: payload(&invocation, chaincode_id),
            extension: Vec::new(),
        };
        let signed = SignedProposal { proposal_bytes: proposal.encode_to_vec(), signature: Vec::new() };
        Self { invocation, transaction_id, signed: Arc::new(signed) }
    }

    /// Returns the transaction ID: the SHA-256 of nonce and creator in hexadecimal.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// Returns the proposed invocation.
    #[must_use]
    pub fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    pub(crate) fn signed(&self) -> &Arc<SignedProposal> {
        &self.signed
    }
}

fn channel_header(
    invocation: &Invocation,
    transaction_id: &str,
    chaincode_id: &ChaincodeId,
    now: Timestamp,
) -> Vec<u8> {
    let extension = ChaincodeHeaderExtension { chaincode_id: Some(chaincode_id.clone()) };
    ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        timestamp: Some(now),
        channel_id: invocation.channel.clone(),
        tx_id: transaction_id.to_owned(),
        extension: extension.encode_to_vec(),
        ..ChannelHeader::default()
    }
    .encode_to_vec()
}

fn payload(invocation: &Invocation, chaincode_id: ChaincodeId) -> Vec<u8> {
    let spec = ChaincodeSpec {
        chaincode_id: Some(chaincode_id),
        input: Some(invocation.input()),
        ..ChaincodeSpec::default()
    };
    let input = ChaincodeInvocationSpec { chaincode_spec: Some(spec) }.encode_to_vec();
    ChaincodeProposalPayload { input, transient_map: invocation.transient.clone() }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_has_all_that_shims_look_at() {
        let invocation = Invocation::new("mychannel", "basic", &["ReadAsset", "a1"]);
        let now = Timestamp { seconds: 1, nanos: 500_000_000 };
        let proposal = UnsignedProposal::with(invocation.clone(), &Proposer::default(), b"nonce", now);
        let inner = peer::Proposal::decode(proposal.signed().proposal_bytes.as_slice()).unwrap();
        let header = Header::decode(inner.header.as_slice()).unwrap();
        let channel = ChannelHeader::decode(header.channel_header.as_slice()).unwrap();
        assert_eq!((channel.r#type, channel.epoch, channel.channel_id.as_str()), (3, 0, "mychannel"));
        assert_eq!(channel.timestamp, Some(now));

        let signature = SignatureHeader::decode(header.signature_header.as_slice()).unwrap();
        let creator = SerializedIdentity::decode(signature.creator.as_slice()).unwrap();
        assert_eq!(creator.mspid, "Org1MSP");
        assert!(creator.id_bytes.starts_with(b"-----BEGIN CERTIFICATE-----\n"));
        let expected = hex::encode(Sha256::digest([b"nonce".as_slice(), &signature.creator].concat()));
        assert_eq!(
            (channel.tx_id.as_str(), proposal.transaction_id()),
            (expected.as_str(), expected.as_str())
        );

        let payload = ChaincodeProposalPayload::decode(inner.payload.as_slice()).unwrap();
        let spec = ChaincodeInvocationSpec::decode(payload.input.as_slice()).unwrap().chaincode_spec.unwrap();
        assert_eq!(spec.input.unwrap(), invocation.input());
    }

    #[test]
    fn two_proposals_of_the_same_have_different_ids() {
        let propose =
            || UnsignedProposal::new(Invocation::new("c", "n", &["f"]), &Proposer::default()).unwrap();
        assert_ne!(propose().transaction_id(), propose().transaction_id());
    }
}

//! Proposals and transactions as clients make them, built from parts so that a test can break any of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use ccs_identity::Signer;
use ccs_proto::common::{ChannelHeader, Envelope, Header, HeaderType, SignatureHeader};
use ccs_proto::peer::{
    ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
    ChaincodeSpec, Proposal, SignedProposal,
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::network::CHANNEL;

static NONCES: AtomicU64 = AtomicU64::new(0);

/// Parts of a proposal.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) channel: ChannelHeader,
    pub(crate) signature: SignatureHeader,
    pub(crate) specification: Option<ChaincodeSpec>,
    pub(crate) transient: HashMap<String, Vec<u8>>,
}

pub(crate) fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    hex::encode(Sha256::digest([nonce, creator].concat()))
}

fn chaincode_id(name: &str) -> ChaincodeId {
    ChaincodeId { name: name.to_owned(), ..ChaincodeId::default() }
}

pub(crate) fn extension(chaincode: Option<&str>) -> Vec<u8> {
    ChaincodeHeaderExtension { chaincode_id: chaincode.map(chaincode_id) }.encode_to_vec()
}

impl Parts {
    /// Creates a call of the contract `basic` on the channel.
    pub(crate) fn new(client: &Signer, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_bytes()).collect();
        Self::on(client, CHANNEL, "basic", &arguments)
    }

    pub(crate) fn on(client: &Signer, channel: &str, chaincode: &str, arguments: &[&[u8]]) -> Self {
        let nonce = NONCES.fetch_add(1, Ordering::Relaxed).to_be_bytes().to_vec();
        let creator = client.creator().to_vec();
        let input = ChaincodeInput {
            args: arguments.iter().map(|argument| argument.to_vec()).collect(),
            ..ChaincodeInput::default()
        };
        Self {
            channel: ChannelHeader {
                r#type: HeaderType::EndorserTransaction.into(),
                timestamp: Some(SystemTime::now().into()),
                channel_id: channel.to_owned(),
                tx_id: transaction_id(&nonce, &creator),
                extension: extension(Some(chaincode)),
                ..ChannelHeader::default()
            },
            signature: SignatureHeader { creator, nonce },
            specification: Some(ChaincodeSpec {
                chaincode_id: Some(chaincode_id(chaincode)),
                input: Some(input),
                ..ChaincodeSpec::default()
            }),
            transient: HashMap::new(),
        }
    }

    pub(crate) fn with_transient(mut self) -> Self {
        self.transient.insert("key".to_owned(), b"secret".to_vec());
        self
    }

    pub(crate) fn id(&self) -> String {
        self.channel.tx_id.clone()
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            channel_header: self.channel.encode_to_vec(),
            signature_header: self.signature.encode_to_vec(),
        }
    }

    pub(crate) fn proposal(&self) -> Proposal {
        let input = ChaincodeInvocationSpec { chaincode_spec: self.specification.clone() }.encode_to_vec();
        let payload = ChaincodeProposalPayload { input, transient_map: self.transient.clone() };
        Proposal {
            header: self.header().encode_to_vec(),
            payload: payload.encode_to_vec(),
            extension: Vec::new(),
        }
    }

    pub(crate) fn signed(&self, client: &Signer) -> SignedProposal {
        sign(&self.proposal(), client)
    }
}

pub(crate) fn sign(proposal: &Proposal, client: &Signer) -> SignedProposal {
    let proposal_bytes = proposal.encode_to_vec();
    let signature = client.sign(&proposal_bytes).unwrap();
    SignedProposal { proposal_bytes, signature }
}

/// Signs a payload.
pub(crate) fn envelope(payload: Vec<u8>, client: &Signer) -> Envelope {
    let signature = client.sign(&payload).unwrap();
    Envelope { payload, signature }
}

//! What a proposal has to be before anything is simulated: a function of its bytes, the MSPs and the clock.
//!
//! Signed bytes are kept as they came and never encoded again: hashes and signatures are over them, and prost drops
//! fields that it does not know.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::time;
use ccs_identity::{CreatorError, Identity, MspManager};
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::peer::{
    ChaincodeHeaderExtension, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal,
    SignedProposal,
};
use prost::Message;
use sha2::{Digest, Sha256};

use super::error::{FilterError, ProposalError, Undecodable};

/// A proposal whose levels are decoded, and nothing checked.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// As the client sent it.
    pub signed: Arc<SignedProposal>,
    /// The channel header.
    pub channel_header: ChannelHeader,
    /// The signature header.
    pub signature_header: SignatureHeader,
    /// The name in the header's extension.
    pub chaincode: String,
    /// The function and its arguments.
    pub input: ChaincodeInput,
    /// SHA-256 of both headers and the payload without transient data.
    pub hash: [u8; 32],
}

/// A proposal that passed all checks that need no ledger.
#[derive(Clone, Debug)]
pub struct CheckedProposal {
    /// The proposal.
    pub unpacked: Unpacked,
    /// Who proposes.
    pub creator: Arc<Identity>,
}

/// Decodes one level.
pub(crate) fn decode<M: Message + Default>(name: &'static str, bytes: &[u8]) -> Result<M, Undecodable> {
    M::decode(bytes).map_err(|reason| Undecodable { message: name, reason })
}

/// Gives the ID that belongs to a nonce and a creator.
pub(crate) fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(nonce).chain_update(creator).finalize())
}

/// Refuses a proposal whose client's certificate has ended, or whose time is too far from `now`.
///
/// An expired certificate is told even if nobody knows its organization, as by a peer. `msps` gives the manager of a channel,
/// which may know the client already.
pub fn filter<'a>(
    signed: &SignedProposal,
    now: SystemTime,
    msps: impl FnOnce(&str) -> &'a MspManager,
) -> Result<(), FilterError> {
    let undecodable = FilterError::Undecodable;
    let proposal: Proposal = decode("proposal", &signed.proposal_bytes).map_err(undecodable)?;
    let header: Header = decode("header", &proposal.header).map_err(undecodable)?;
    let signature: SignatureHeader =
        decode("signature header", &header.signature_header).map_err(undecodable)?;
    let channel = decode::<ChannelHeader>("channel header", &header.channel_header);
    let msps = msps(channel.as_ref().map(|channel| channel.channel_id.as_str()).unwrap_or_default());
    if msps.is_expired(&signature.creator, now) {
        return Err(FilterError::Expired);
    }
    let channel = channel.map_err(undecodable)?;
    let proposed = time::of(channel.timestamp.as_ref());
    if time::is_outside(time::WINDOW, proposed, now) {
        return Err(FilterError::Time { proposed, now, window: time::WINDOW });
    }
    Ok(())
}

impl Unpacked {
    /// Decodes all levels of a proposal.
    pub fn new(signed: Arc<SignedProposal>) -> Result<Self, ProposalError> {
        let undecodable = ProposalError::Undecodable;
        let proposal: Proposal = decode("Proposal", &signed.proposal_bytes).map_err(undecodable)?;
        let header: Header = decode("Header", &proposal.header).map_err(undecodable)?;
        let channel_header: ChannelHeader =
            decode("ChannelHeader", &header.channel_header).map_err(undecodable)?;
        let signature_header = decode("SignatureHeader", &header.signature_header).map_err(undecodable)?;
        let extension: ChaincodeHeaderExtension =
            decode("ChaincodeHeaderExtension", &channel_header.extension).map_err(undecodable)?;
        let chaincode = extension.chaincode_id.ok_or(ProposalError::NoChaincodeId)?.name;
        if chaincode.is_empty() {
            return Err(ProposalError::NoChaincodeName);
        }
        let payload: ChaincodeProposalPayload =
            decode("ChaincodeProposalPayload", &proposal.payload).map_err(undecodable)?;
        let specification: ChaincodeInvocationSpec =
            decode("ChaincodeInvocationSpec", &payload.input).map_err(undecodable)?;
        let specification = specification.chaincode_spec.ok_or(ProposalError::NoSpec)?;
        let input = specification.input.ok_or(ProposalError::NoInput)?;
        let hash = hash(&header, payload.input);
        Ok(Self { signed, channel_header, signature_header, chaincode, input, hash })
    }

    /// Gives the channel; empty for none.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel_header.channel_id
    }

    /// Gives the transaction's ID.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.channel_header.tx_id
    }

    /// Gives the name of the function, for people to read.
    #[must_use]
    pub fn function(&self) -> String {
        self.input.args.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
    }

    /// Checks headers, transaction ID, creator and signature, in the order of a peer.
    pub fn check(self, msps: &MspManager) -> Result<CheckedProposal, ProposalError> {
        self.check_headers()?;
        if self.signed.signature.is_empty() {
            return Err(ProposalError::NoSignature);
        }
        let creator = msps.identify(&self.signature_header.creator).map_err(|error| self.refuse(&error))?;
        let SignedProposal { proposal_bytes, signature } = &*self.signed;
        msps.verify_once(&creator, proposal_bytes, signature).map_err(|error| ProposalError::Denied {
            channel: self.channel().to_owned(),
            organization: creator.msp_id().to_string(),
            reason: error.to_string(),
        })?;
        Ok(CheckedProposal { unpacked: self, creator })
    }

    fn check_headers(&self) -> Result<(), ProposalError> {
        let kind = self.channel_header.r#type;
        let SignatureHeader { nonce, creator } = &self.signature_header;
        if kind != HeaderType::EndorserTransaction as i32 && kind != HeaderType::Config as i32 {
            return Err(ProposalError::HeaderType(kind));
        }
        if self.channel_header.epoch != 0 {
            return Err(ProposalError::Epoch);
        }
        if nonce.is_empty() {
            return Err(ProposalError::NoNonce);
        }
        if creator.is_empty() {
            return Err(ProposalError::NoCreator);
        }
        let expected = transaction_id(nonce, creator);
        if self.transaction_id() != expected {
            return Err(ProposalError::TransactionId { found: self.transaction_id().to_owned(), expected });
        }
        Ok(())
    }

    fn refuse(&self, error: &CreatorError) -> ProposalError {
        let channel = self.channel().to_owned();
        let reason = error.to_string();
        match error.organization() {
            Some(msp_id) => ProposalError::Denied { channel, organization: msp_id.to_string(), reason },
            None => ProposalError::UnknownCreator { channel, reason },
        }
    }
}

/// Gives the hash that binds an endorsement to its proposal; transient data is no part of it.
fn hash(header: &Header, input: Vec<u8>) -> [u8; 32] {
    let without_transient = ChaincodeProposalPayload { input, ..ChaincodeProposalPayload::default() };
    let mut hash = Sha256::new();
    hash.update(&header.channel_header);
    hash.update(&header.signature_header);
    hash.update(without_transient.encode_to_vec());
    hash.finalize().into()
}

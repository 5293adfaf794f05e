//! Checks of a proposal before simulation. They depend only on its levels, the MSPs and the clock.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::time;
use ccs_identity::{CreatorError, Identity, MspManager};
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::peer::{ChaincodeHeaderExtension, ChaincodeInput, ChaincodeProposalPayload, SignedProposal};
use ccs_proto::transaction_id;
use prost::Message;
use sha2::{Digest, Sha256};

use super::decoded::{Decoded, MESSAGES, Names, into_level, level};
use super::error::{FilterError, ProposalError, Undecodable};

/// Decoded, but unchecked proposal.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// The proposal as the client sent it.
    pub signed: Arc<SignedProposal>,
    /// Headers as received.
    pub header: Header,
    /// Decoded channel header.
    pub channel_header: ChannelHeader,
    /// Decoded signature header.
    pub signature_header: SignatureHeader,
    /// Chaincode name in the header's extension.
    pub chaincode: String,
    /// Function and arguments.
    pub input: ChaincodeInput,
    /// Encoded specification of the call.
    pub specification: Vec<u8>,
}

/// Proposal that passed all checks that do not need the ledger.
#[derive(Clone, Debug)]
pub struct CheckedProposal {
    /// The proposal.
    pub unpacked: Unpacked,
    /// Identity of the creator.
    pub creator: Arc<Identity>,
}

/// Names under which a filter reports the levels of a proposal.
const FILTERED: Names = Names {
    proposal: "proposal",
    header: "header",
    channel_header: "channel header",
    signature_header: "signature header",
};

/// Rejects a proposal if the client's certificate has expired, or if its timestamp is too far from `now`.
///
/// Like a peer, reports an expired certificate even if its organization is unknown. `msps` returns the manager of a
/// channel, which may already know the client.
pub fn filter<'a>(
    decoded: &Decoded,
    now: SystemTime,
    msps: impl FnOnce(&str) -> &'a MspManager,
) -> Result<(), FilterError> {
    let undecodable = FilterError::Undecodable;
    decoded.check_outer(&FILTERED).map_err(undecodable)?;
    let signature = level(FILTERED.signature_header, &decoded.signature_header).map_err(undecodable)?;
    if msps(decoded.channel()).is_expired(&signature.creator, now) {
        return Err(FilterError::Expired);
    }
    let channel = level(FILTERED.channel_header, &decoded.channel_header).map_err(undecodable)?;
    let proposed = time::of(channel.timestamp.as_ref());
    if time::is_outside(time::WINDOW, proposed, now) {
        return Err(FilterError::Time { proposed, now, window: time::WINDOW });
    }
    Ok(())
}

impl Unpacked {
    /// Extracts the parts of a proposal that the endorser needs.
    pub fn new(decoded: Decoded) -> Result<Self, ProposalError> {
        let undecodable = ProposalError::Undecodable;
        decoded.check_outer(&MESSAGES).map_err(undecodable)?;
        let Decoded { signed, header, channel_header, signature_header, payload, specification, .. } =
            decoded;
        let channel_header = into_level(MESSAGES.channel_header, channel_header).map_err(undecodable)?;
        let signature_header =
            into_level(MESSAGES.signature_header, signature_header).map_err(undecodable)?;
        let chaincode = chaincode_of(&channel_header)?;
        let payload = into_level("ChaincodeProposalPayload", payload).map_err(undecodable)?;
        let specification = into_level("ChaincodeInvocationSpec", specification).map_err(undecodable)?;
        let input = specification.ok_or(ProposalError::NoSpec)?.input.ok_or(ProposalError::NoInput)?;
        let specification = payload.input;
        Ok(Self { signed, header, channel_header, signature_header, chaincode, input, specification })
    }

    /// Encodes the payload without transient data, as it becomes part of the transaction.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let input = self.specification.clone();
        ChaincodeProposalPayload { input, ..ChaincodeProposalPayload::default() }.encode_to_vec()
    }

    /// Returns the hash that binds an endorsement to the proposal: the SHA-256 of both headers and the payload
    /// without transient data.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.header.channel_header);
        hash.update(&self.header.signature_header);
        hash.update(self.payload());
        hash.finalize().into()
    }

    /// Returns the name of the channel; empty if the header names none.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel_header.channel_id
    }

    /// Returns the ID of the transaction.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.channel_header.tx_id
    }

    /// Returns the name of the function, for display.
    #[must_use]
    pub fn function(&self) -> String {
        self.input.args.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
    }

    /// Checks headers, transaction ID, creator and signature, in the same order as a peer.
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

/// Returns the chaincode name in the header's extension.
fn chaincode_of(header: &ChannelHeader) -> Result<String, ProposalError> {
    let extension = ChaincodeHeaderExtension::decode(header.extension.as_slice()).map_err(|reason| {
        ProposalError::Undecodable(Undecodable { message: "ChaincodeHeaderExtension", reason })
    })?;
    let chaincode = extension.chaincode_id.ok_or(ProposalError::NoChaincodeId)?.name;
    if chaincode.is_empty() { Err(ProposalError::NoChaincodeName) } else { Ok(chaincode) }
}

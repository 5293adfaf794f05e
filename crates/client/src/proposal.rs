//! The signed proposal of a transaction.

use std::time::SystemTime;

use ccs_identity::Signer;
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::peer::{
    self, ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec,
    ChaincodeProposalPayload, ChaincodeSpec, SignedProposal,
};
use prost::Message as _;

use crate::call::Call;
use crate::error::Error;
use crate::transaction_id::TransactionId;

/// The length of a nonce, as in Fabric's clients.
const NONCE_IN_BYTES: usize = 24;

/// A signed proposal, ready to send.
pub(crate) struct Proposal {
    pub(crate) transaction_id: TransactionId,
    pub(crate) header: Header,
    pub(crate) signed: SignedProposal,
}

impl Proposal {
    /// Makes and signs the proposal of a call, with a random nonce.
    pub(crate) fn new(call: &Call, signer: &Signer, now: SystemTime) -> Result<Self, Error> {
        let mut nonce = [0; NONCE_IN_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| Error::Randomness(error.to_string()))?;
        Self::with(call, signer, now, &nonce)
    }

    fn with(call: &Call, signer: &Signer, now: SystemTime, nonce: &[u8]) -> Result<Self, Error> {
        let creator = signer.creator();
        let id = TransactionId::new(nonce, creator);
        let header = Header {
            channel_header: channel_header(call, &id, now).encode_to_vec(),
            signature_header: SignatureHeader { creator: creator.to_vec(), nonce: nonce.to_vec() }
                .encode_to_vec(),
        };
        let proposal = peer::Proposal {
            header: header.encode_to_vec(),
            payload: payload(call).encode_to_vec(),
            extension: Vec::new(),
        };
        let proposal_bytes = proposal.encode_to_vec();
        let signature = signer.sign(&proposal_bytes)?;
        Ok(Self { transaction_id: id, header, signed: SignedProposal { proposal_bytes, signature } })
    }
}

fn chaincode_id(call: &Call) -> ChaincodeId {
    ChaincodeId { name: call.chaincode.clone(), ..ChaincodeId::default() }
}

fn channel_header(call: &Call, id: &TransactionId, now: SystemTime) -> ChannelHeader {
    let extension = ChaincodeHeaderExtension { chaincode_id: Some(chaincode_id(call)) };
    ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        timestamp: Some(now.into()),
        channel_id: call.channel.clone(),
        tx_id: id.to_string(),
        extension: extension.encode_to_vec(),
        ..ChannelHeader::default()
    }
}

fn payload(call: &Call) -> ChaincodeProposalPayload {
    let function = std::iter::once(call.function.as_bytes().to_vec());
    let input = ChaincodeInput {
        args: function.chain(call.arguments.iter().cloned()).collect(),
        is_init: call.is_init,
        ..ChaincodeInput::default()
    };
    let spec = ChaincodeSpec {
        chaincode_id: Some(chaincode_id(call)),
        input: Some(input),
        ..ChaincodeSpec::default()
    };
    ChaincodeProposalPayload {
        input: ChaincodeInvocationSpec { chaincode_spec: Some(spec) }.encode_to_vec(),
        transient_map: call.transient.clone().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use ccs_proto::msp::SerializedIdentity;
    use ccs_testkit::organization;

    use super::*;

    #[test]
    fn a_proposal_has_the_header_that_a_peer_checks() {
        let organization = organization();
        let user = organization.user();
        let mut call = Call::new("mychannel", "basic", "CreateAsset");
        call.arguments = vec![b"asset1".to_vec(), b"\xff".to_vec()];
        call.transient.insert("secret".to_owned(), b"hush".to_vec());
        let now = UNIX_EPOCH + Duration::new(1_800_000_000, 7);
        let proposal = Proposal::with(&call, user, now, &[7; 24]).unwrap();

        assert_eq!(proposal.transaction_id.as_str(), ccs_proto::transaction_id(&[7; 24], user.creator()));
        let decoded = peer::Proposal::decode(proposal.signed.proposal_bytes.as_slice()).unwrap();
        let header = Header::decode(decoded.header.as_slice()).unwrap();
        let channel = ChannelHeader::decode(header.channel_header.as_slice()).unwrap();
        assert_eq!((channel.r#type, channel.version, channel.epoch), (3, 0, 0));
        assert_eq!(channel.timestamp.map(|at| (at.seconds, at.nanos)), Some((1_800_000_000, 7)));
        assert_eq!(
            (channel.channel_id.as_str(), channel.tx_id.as_str()),
            ("mychannel", proposal.transaction_id.as_str())
        );
        let extension = ChaincodeHeaderExtension::decode(channel.extension.as_slice()).unwrap();
        assert_eq!(extension.chaincode_id.unwrap().name, "basic");
        let signature = SignatureHeader::decode(header.signature_header.as_slice()).unwrap();
        assert_eq!((signature.nonce.len(), signature.creator.as_slice()), (24, user.creator()));
        let creator = SerializedIdentity::decode(signature.creator.as_slice()).unwrap();
        assert_eq!(creator.mspid, "Org1MSP");
        let payload = ChaincodeProposalPayload::decode(decoded.payload.as_slice()).unwrap();
        assert_eq!(payload.transient_map["secret"], b"hush");
        let spec = ChaincodeInvocationSpec::decode(payload.input.as_slice()).unwrap().chaincode_spec.unwrap();
        assert_eq!((spec.r#type, spec.chaincode_id.unwrap().name.as_str()), (0, "basic"));
        assert_eq!(spec.input.unwrap().args, [&b"CreateAsset"[..], b"asset1", b"\xff"]);
        let identity = organization.msp().identify(user.certificate().clone()).unwrap();
        identity.verify(&proposal.signed.proposal_bytes, &proposal.signed.signature).unwrap();
        assert!(!format!("{call:?}").contains("hush"));
    }

    #[test]
    fn two_proposals_of_one_call_are_two_transactions() {
        let organization = organization();
        let call = Call::new("mychannel", "basic", "Ping");
        let [one, two] =
            [(); 2].map(|()| Proposal::new(&call, organization.user(), SystemTime::now()).unwrap());
        assert_ne!(one.transaction_id, two.transaction_id);
    }
}

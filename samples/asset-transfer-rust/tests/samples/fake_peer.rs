//! A fake peer: dials a chaincode server, receives its REGISTER and runs transactions on a map.
//!
//! It sends messages in the order of a real peer, but writes are visible at once and there is no validation.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::LazyLock;

use fabric_shim_protos::peer::chaincode_client::ChaincodeClient;
use fabric_shim_protos::peer::chaincode_message::Type;
use fabric_shim_protos::prost::Message;
use fabric_shim_protos::{common, msp, peer as pb, prost_types, queryresult};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use ccs_testkit::{Authority, Pair};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const CHANNEL: &str = "mychannel";

/// The certificate of the client that sends the transactions; the Node.js shim parses it.
static CREATOR: LazyLock<String> = LazyLock::new(|| Authority::new().client.certificate);

/// The security of the fake peer's connection.
pub(crate) enum Security<'a> {
    Plaintext,
    /// Trusts the CA, without a client certificate.
    Tls(&'a Authority),
    /// Trusts the CA and presents a client certificate.
    MutualTls(&'a Authority, &'a Pair),
}

pub(crate) struct FakePeer {
    to_chaincode: mpsc::Sender<pb::ChaincodeMessage>,
    from_chaincode: Streaming<pb::ChaincodeMessage>,
    state: BTreeMap<String, Vec<u8>>,
    transactions: u32,
    /// The name in the REGISTER message.
    pub(crate) registered_id: String,
}

impl FakePeer {
    /// Connects to `localhost:port` and completes the registration, up to READY.
    pub(crate) async fn connect(port: u16, security: Security<'_>) -> Result<Self> {
        let channel = endpoint(port, &security)?.connect().await?;
        let (to_chaincode, outgoing) = mpsc::channel(16);
        let mut from_chaincode =
            ChaincodeClient::new(channel).connect(ReceiverStream::new(outgoing)).await?.into_inner();
        let register = from_chaincode.message().await?.ok_or("the stream ended before REGISTER")?;
        assert_eq!(register.r#type(), Type::Register);
        let registered_id = pb::ChaincodeId::decode(register.payload.as_slice())?.name;
        for r#type in [Type::Registered, Type::Ready] {
            to_chaincode.send(pb::ChaincodeMessage { r#type: r#type.into(), ..Default::default() }).await?;
        }
        Ok(Self { to_chaincode, from_chaincode, state: BTreeMap::new(), transactions: 0, registered_id })
    }

    /// Runs one transaction: the function and its arguments.
    pub(crate) async fn submit(&mut self, args: &[&str]) -> Result<pb::Response> {
        self.transactions += 1;
        let txid = format!("tx{}", self.transactions);
        let args = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let input = pb::ChaincodeInput { args, ..Default::default() };
        let transaction = pb::ChaincodeMessage {
            r#type: Type::Transaction.into(),
            payload: input.encode_to_vec(),
            proposal: Some(proposal(&txid, input)),
            txid,
            channel_id: CHANNEL.to_owned(),
            ..Default::default()
        };
        self.to_chaincode.send(transaction).await?;
        loop {
            let request = self.from_chaincode.message().await?.ok_or("the stream ended in a transaction")?;
            if request.r#type() == Type::Completed {
                return Ok(pb::Response::decode(request.payload.as_slice())?);
            }
            let answer = pb::ChaincodeMessage {
                r#type: Type::Response.into(),
                payload: self.answer(&request)?,
                txid: request.txid,
                channel_id: request.channel_id,
                ..Default::default()
            };
            self.to_chaincode.send(answer).await?;
        }
    }

    fn answer(&mut self, request: &pb::ChaincodeMessage) -> Result<Vec<u8>> {
        let payload = request.payload.as_slice();
        match request.r#type() {
            Type::GetState => {
                let key = pb::GetState::decode(payload)?.key;
                Ok(self.state.get(&key).cloned().unwrap_or_default())
            }
            Type::PutState => {
                let put = pb::PutState::decode(payload)?;
                self.state.insert(put.key, put.value);
                Ok(Vec::new())
            }
            Type::DelState => {
                self.state.remove(&pb::DelState::decode(payload)?.key);
                Ok(Vec::new())
            }
            Type::GetStateByRange => {
                let range = pb::GetStateByRange::decode(payload)?;
                Ok(self.between(&range.start_key, &range.end_key).encode_to_vec())
            }
            Type::QueryStateClose => Ok(pb::QueryResponse::default().encode_to_vec()),
            Type::Error => Err(String::from_utf8_lossy(payload).into()),
            other => Err(format!("the fake peer does not serve {other:?}").into()),
        }
    }

    /// Returns the records from `start` to `end`, which is excluded; an empty end means no limit.
    fn between(&self, start: &str, end: &str) -> pb::QueryResponse {
        let records = self.state.range(start.to_owned()..);
        let records = records.take_while(|(key, _)| end.is_empty() || key.as_str() < end);
        let results = records.map(|(key, value)| {
            let record =
                queryresult::Kv { namespace: "basic".to_owned(), key: key.clone(), value: value.clone() };
            pb::QueryResultBytes { result_bytes: record.encode_to_vec() }
        });
        pb::QueryResponse { results: results.collect(), id: "query".to_owned(), ..Default::default() }
    }
}

fn endpoint(port: u16, security: &Security<'_>) -> Result<Endpoint> {
    let (authority, client) = match security {
        Security::Plaintext => return Ok(Endpoint::from_shared(format!("http://localhost:{port}"))?),
        Security::Tls(authority) => (authority, None),
        Security::MutualTls(authority, client) => (authority, Some(client)),
    };
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&authority.root));
    if let Some(Pair { certificate, key }) = client {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    Ok(Endpoint::from_shared(format!("https://localhost:{port}"))?.tls_config(tls)?)
}

/// A proposal with all the parts that the shims need: the Node.js shim rejects one with empty parts.
fn proposal(txid: &str, input: pb::ChaincodeInput) -> pb::SignedProposal {
    let channel_header = common::ChannelHeader {
        r#type: common::HeaderType::EndorserTransaction.into(),
        timestamp: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        channel_id: CHANNEL.to_owned(),
        tx_id: txid.to_owned(),
        ..Default::default()
    };
    let creator =
        msp::SerializedIdentity { mspid: "Org1MSP".to_owned(), id_bytes: CREATOR.clone().into_bytes() };
    let signature_header = common::SignatureHeader { creator: creator.encode_to_vec(), nonce: vec![1; 24] };
    let header = common::Header {
        channel_header: channel_header.encode_to_vec(),
        signature_header: signature_header.encode_to_vec(),
    };
    let spec = pb::ChaincodeSpec { input: Some(input), ..Default::default() };
    let invocation = pb::ChaincodeInvocationSpec { chaincode_spec: Some(spec) };
    let payload = pb::ChaincodeProposalPayload { input: invocation.encode_to_vec(), ..Default::default() };
    let proposal = pb::Proposal {
        header: header.encode_to_vec(),
        payload: payload.encode_to_vec(),
        extension: Vec::new(),
    };
    pb::SignedProposal { proposal_bytes: proposal.encode_to_vec(), signature: vec![1] }
}

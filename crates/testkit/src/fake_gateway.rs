//! A gateway that returns any answer that a test needs, including errors and codes that a real peer returns only after
//! a fault.
//!
//! It runs no chaincode, but verifies all signatures that a peer verifies.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use ccs_identity::{Certificate, Msp, Organization, OrganizationPlan};
use ccs_proto::common::{Envelope, Header, Payload, SignatureHeader};
use ccs_proto::gateway::gateway_server::{Gateway, GatewayServer};
use ccs_proto::gateway::{
    ChaincodeEventsRequest, ChaincodeEventsResponse, CommitStatusRequest, CommitStatusResponse,
    EndorseRequest, EndorseResponse, ErrorDetail, EvaluateRequest, EvaluateResponse,
    SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
};
use ccs_proto::msp::SerializedIdentity;
use ccs_proto::peer::deliver_server::{Deliver, DeliverServer};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeProposalPayload,
    DeliverResponse, Proposal, ProposalResponsePayload, Response as ChaincodeResponse, SignedProposal,
    Transaction, TransactionAction,
};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

/// The answers of the gateway.
#[derive(Clone, Debug)]
pub struct FakeAnswers {
    /// The chaincode's result or error.
    pub result: Result<Vec<u8>, Status>,
    /// The answer to each evaluation of a chaincode other than qscc, if it is not `result`.
    pub chaincode: Option<Result<Vec<u8>, Status>>,
    /// The chaincode's reads, writes and event.
    pub action: ChaincodeAction,
    /// The answer to a submitted transaction.
    pub submit: Result<(), Status>,
    /// The code and block of every transaction; if [`None`], the gateway never answers.
    pub commit: Option<(i32, u64)>,
    /// The messages of every event stream, which then stays open.
    pub events: Vec<ChaincodeEventsResponse>,
    /// The messages of every block stream, which then ends.
    pub blocks: Vec<DeliverResponse>,
}

impl Default for FakeAnswers {
    fn default() -> Self {
        Self {
            result: Ok(Vec::new()),
            chaincode: None,
            action: ChaincodeAction::default(),
            submit: Ok(()),
            commit: Some((0, 5)),
            events: Vec::new(),
            blocks: Vec::new(),
        }
    }
}

/// The requests of clients.
#[derive(Clone, Debug, Default)]
struct Received {
    proposals: Vec<SignedProposal>,
    organizations: Vec<String>,
    envelopes: Vec<Envelope>,
    events: Vec<ChaincodeEventsRequest>,
    seeks: Vec<Envelope>,
}

/// A gateway on a free port of this machine.
#[derive(Clone, Debug)]
pub struct FakeGateway {
    /// Its address.
    pub address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

#[derive(Clone)]
struct Service {
    answers: FakeAnswers,
    msp: Arc<Msp>,
    received: Arc<Mutex<Received>>,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Makes the details of a gateway's status: address, MSP ID and message of each peer.
#[must_use]
pub fn status_details(code: i32, message: &str, details: &[(&str, &str, &str)]) -> Vec<u8> {
    let any = |&(address, msp_id, message): &(&str, &str, &str)| {
        let detail = ErrorDetail { address: address.into(), msp_id: msp_id.into(), message: message.into() };
        let type_url = "type.googleapis.com/gateway.ErrorDetail".to_owned();
        prost_types::Any { type_url, value: detail.encode_to_vec() }
    };
    let details = details.iter().map(any).collect();
    RpcStatus { code, message: message.to_owned(), details }.encode_to_vec()
}

/// Makes an organization like that of `ccs dev`, in memory.
#[must_use]
pub fn organization() -> Organization {
    Organization::in_memory(&plan("localhost:7051"), SystemTime::now()).unwrap()
}

/// Makes an organization like that of `ccs dev`, in the subfolder `organizations` of a folder.
#[must_use]
pub fn organization_in(folder: &Path, endpoint: &str) -> Organization {
    Organization::open_or_make(&plan(endpoint), &folder.join("organizations"), SystemTime::now()).unwrap().0
}

fn plan(endpoint: &str) -> OrganizationPlan {
    OrganizationPlan {
        msp_id: "Org1MSP".parse().unwrap(),
        domain: "org1.example.com".parse().unwrap(),
        hosts: Vec::new(),
        endpoint: endpoint.to_owned(),
    }
}

impl FakeGateway {
    /// Serves in plaintext as long as the runtime exists.
    pub async fn serve(organization: &Organization, answers: FakeAnswers) -> Self {
        Self::on(listener().await, Server::builder(), organization, answers)
    }

    /// Serves over TLS with the certificate of the organization's peer.
    pub async fn serve_tls(organization: &Organization, answers: FakeAnswers) -> Self {
        Self::serve_tls_on(listener().await, organization, answers)
    }

    /// Serves over TLS on an existing listener.
    #[must_use]
    pub fn serve_tls_on(listener: TcpListener, organization: &Organization, answers: FakeAnswers) -> Self {
        let pair = &organization.tls().server;
        let tls = ServerTlsConfig::new().identity(Identity::from_pem(&pair.certificate, &pair.key));
        Self::on(listener, Server::builder().tls_config(tls).unwrap(), organization, answers)
    }

    fn on(
        listener: TcpListener,
        mut server: Server,
        organization: &Organization,
        answers: FakeAnswers,
    ) -> Self {
        let (address, received) = (listener.local_addr().unwrap(), Arc::default());
        let service =
            Service { answers, msp: Arc::clone(organization.msp()), received: Arc::clone(&received) };
        let router =
            server.add_service(GatewayServer::new(service.clone())).add_service(DeliverServer::new(service));
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        Self { address, received }
    }

    /// Returns the received proposals.
    #[must_use]
    pub fn proposals(&self) -> Vec<SignedProposal> {
        self.received.lock().unwrap().proposals.clone()
    }

    /// Returns the organizations of the last call.
    #[must_use]
    pub fn organizations(&self) -> Vec<String> {
        self.received.lock().unwrap().organizations.clone()
    }

    /// Returns the submitted transactions.
    #[must_use]
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.received.lock().unwrap().envelopes.clone()
    }

    /// Returns the received requests for events.
    #[must_use]
    pub fn event_requests(&self) -> Vec<ChaincodeEventsRequest> {
        self.received.lock().unwrap().events.clone()
    }

    /// Returns the received requests for blocks.
    #[must_use]
    pub fn seeks(&self) -> Vec<Envelope> {
        self.received.lock().unwrap().seeks.clone()
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

impl Service {
    fn verify(&self, creator: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Status> {
        let identity = SerializedIdentity::decode(creator).unwrap();
        let certificate = Certificate::from_pem(&identity.id_bytes).unwrap();
        let identity =
            self.msp.identify(certificate).map_err(|error| Status::permission_denied(error.to_string()))?;
        identity.verify(message, signature).map_err(|error| Status::permission_denied(error.to_string()))
    }

    fn proposed(
        &self,
        proposal: Option<SignedProposal>,
        organizations: Vec<String>,
    ) -> Result<Proposal, Status> {
        let empty = "failed to unpack transaction proposal: a signed proposal is required";
        let signed = proposal.ok_or_else(|| Status::invalid_argument(empty))?;
        let proposal = Proposal::decode(signed.proposal_bytes.as_slice()).unwrap();
        let header = Header::decode(proposal.header.as_slice()).unwrap();
        self.verify(&creator(&header), &signed.proposal_bytes, &signed.signature)?;
        let mut received = self.received.lock().unwrap();
        received.proposals.push(signed);
        received.organizations = organizations;
        Ok(proposal)
    }

    fn enveloped(&self, envelope: &Envelope) -> Result<(), Status> {
        let header = Payload::decode(envelope.payload.as_slice()).unwrap().header.unwrap();
        self.verify(&creator(&header), &envelope.payload, &envelope.signature)
    }

    /// Makes the transaction of a proposal like a gateway with one endorser.
    fn prepare(&self, proposal: &Proposal, result: Vec<u8>) -> Envelope {
        let mut payload = ChaincodeProposalPayload::decode(proposal.payload.as_slice()).unwrap();
        payload.transient_map.clear();
        let response = ChaincodeResponse { status: 200, message: String::new(), payload: result };
        let action = ChaincodeAction { response: Some(response), ..self.answers.action.clone() };
        let endorsed =
            ProposalResponsePayload { proposal_hash: Vec::new(), extension: action.encode_to_vec() };
        let header = Header::decode(proposal.header.as_slice()).unwrap();
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: payload.encode_to_vec(),
            action: Some(ChaincodeEndorsedAction {
                proposal_response_payload: endorsed.encode_to_vec(),
                endorsements: Vec::new(),
            }),
        };
        let action =
            TransactionAction { header: header.signature_header.clone(), payload: action.encode_to_vec() };
        let data = Transaction { actions: vec![action] }.encode_to_vec();
        Envelope { payload: Payload { header: Some(header), data }.encode_to_vec(), signature: Vec::new() }
    }

    async fn delivered(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        let seek = request.into_inner().message().await?.unwrap();
        self.enveloped(&seek)?;
        self.received.lock().unwrap().seeks.push(seek);
        Ok(Response::new(Box::pin(tokio_stream::iter(self.answers.blocks.clone().into_iter().map(Ok)))))
    }
}

fn creator(header: &Header) -> Vec<u8> {
    SignatureHeader::decode(header.signature_header.as_slice()).unwrap().creator
}

type Blocks = Pin<Box<dyn Stream<Item = Result<DeliverResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Gateway for Service {
    type ChaincodeEventsStream = Pin<Box<dyn Stream<Item = Result<ChaincodeEventsResponse, Status>> + Send>>;

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let request = request.into_inner();
        let proposal = self.proposed(request.proposed_transaction, request.endorsing_organizations)?;
        let prepared_transaction = Some(self.prepare(&proposal, self.answers.result.clone()?));
        Ok(Response::new(EndorseResponse { prepared_transaction }))
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let envelope = request.into_inner().prepared_transaction.unwrap();
        self.enveloped(&envelope)?;
        self.received.lock().unwrap().envelopes.push(envelope);
        self.answers.submit.clone()?;
        Ok(Response::new(SubmitResponse {}))
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let SignedCommitStatusRequest { request, signature } = request.into_inner();
        let identity = CommitStatusRequest::decode(request.as_slice()).unwrap().identity;
        self.verify(&identity, &request, &signature)?;
        match self.answers.commit {
            Some((result, block_number)) => Ok(Response::new(CommitStatusResponse { result, block_number })),
            None => std::future::pending().await,
        }
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let request = request.into_inner();
        let proposal = self.proposed(request.proposed_transaction, request.target_organizations)?;
        // The name is in a message of the payload, as it is.
        let is_system = proposal.payload.windows(4).any(|window| window == b"qscc");
        let chaincode = self.answers.chaincode.as_ref().filter(|_| !is_system);
        let payload = chaincode.unwrap_or(&self.answers.result).clone()?;
        let result = Some(ChaincodeResponse { status: 200, message: String::new(), payload });
        Ok(Response::new(EvaluateResponse { result }))
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let SignedChaincodeEventsRequest { request, signature } = request.into_inner();
        let decoded = ChaincodeEventsRequest::decode(request.as_slice()).unwrap();
        self.verify(&decoded.identity, &request, &signature)?;
        self.received.lock().unwrap().events.push(decoded);
        let events = tokio_stream::iter(self.answers.events.clone().into_iter().map(Ok));
        Ok(Response::new(Box::pin(events.chain(tokio_stream::pending()))))
    }
}

#[tonic::async_trait]
impl Deliver for Service {
    type DeliverStream = Blocks;
    type DeliverFilteredStream = Blocks;
    type DeliverWithPrivateDataStream = Blocks;

    async fn deliver(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        self.delivered(request).await
    }

    async fn deliver_filtered(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Blocks>, Status> {
        self.delivered(request).await
    }

    async fn deliver_with_private_data(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Blocks>, Status> {
        self.delivered(request).await
    }
}

//! `gateway.Gateway`: the service that the fabric-gateway SDKs call (Fabric 3.1 `internal/pkg/gateway`).
//!
//! A gateway calls other peers and orderers on behalf of a client. Here, all peers and the orderer are in this process.

mod collect;
mod commit_status;
mod difference;
mod endorse;
mod evaluate;
mod events;
mod failure;
mod result;
mod submit;
mod unpacked;

use std::sync::Arc;

use ccs_channel::access::{self, Access, SignedData};
use ccs_proto::gateway::gateway_server::Gateway;
use ccs_proto::gateway::{
    ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse, EvaluateRequest,
    EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::deadline;
use super::limit::Limit;
use crate::peer::Peer;
use ccs_channel::Channel;

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct GatewayService {
    peer: Arc<Peer>,
    limit: Limit,
}

impl GatewayService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        Self { peer, limit }
    }

    /// Reports a malformed request. Other rejections are reported where the reason is known.
    fn noted<T>(&self, call: &str, response: Result<T, Status>) -> Result<T, Status> {
        response.inspect_err(|status| {
            if status.code() == Code::InvalidArgument {
                self.peer.observer().warn(format!("rejected {call}: {}", status.message()));
            }
        })
    }
}

#[tonic::async_trait]
impl Gateway for GatewayService {
    type ChaincodeEventsStream = ReceiverStream<Result<ChaincodeEventsResponse, Status>>;

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = endorsement_deadline(&self.peer, &request);
        let response = evaluate::evaluate(&self.peer, request.into_inner(), deadline).await;
        self.noted("Evaluate", response).map(Response::new)
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = endorsement_deadline(&self.peer, &request);
        let response = endorse::endorse(&self.peer, request.into_inner(), deadline).await;
        self.noted("Endorse", response).map(Response::new)
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = deadline::of(request.metadata());
        let response = submit::submit(&self.peer, request.into_inner(), deadline).await;
        self.noted("Submit", response).map(Response::new)
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = deadline::of(request.metadata());
        let response = commit_status::commit_status(&self.peer, request.get_ref(), deadline).await;
        self.noted("CommitStatus", response).map(Response::new)
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let permit = self.limit.enter()?;
        let events = events::chaincode_events(&self.peer, request.get_ref(), permit);
        self.noted("ChaincodeEvents", events).map(Response::new)
    }
}

/// Returns the deadline of an endorsement: the client's or the gateway's own, whichever is earlier.
fn endorsement_deadline<T>(peer: &Peer, request: &Request<T>) -> Instant {
    let own = Instant::now() + peer.endorsement_timeout();
    deadline::of(request.metadata()).map_or(own, |deadline| deadline.min(own))
}

/// Returns the channel of a signed request, if the signer may read it.
fn readable<'a>(peer: &'a Peer, channel: &str, signed: SignedData<'_>) -> Result<&'a Arc<Channel>, Status> {
    let found = peer.channel(channel).ok_or_else(|| {
        let message = access::no_policy_manager(channel);
        peer.observer()
            .warn(format!("rejected a request to the gateway: {message}; {}", peer.channels().hint()));
        Status::permission_denied(message)
    })?;
    Access::Read.check(found.msps(), signed).map_err(|error| {
        peer.observer().warn(format!("rejected a request to the gateway: {}", error.reason));
        Status::permission_denied(error.on(channel))
    })?;
    Ok(found)
}

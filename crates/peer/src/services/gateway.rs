//! `gateway.Gateway`: what the fabric-gateway SDKs call (Fabric 3.1 `internal/pkg/gateway`).
//!
//! A gateway asks other peers and orderers for a client. Here there is one of each, this process, and the messages are those
//! that a client sees when its gateway knows no other.

mod commit_status;
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
use tonic::{Request, Response, Status};

use super::deadline;
use super::limit::Limit;
use crate::channels::JoinedChannel;
use crate::node::Node;

/// The service.
#[derive(Debug)]
pub(super) struct GatewayService {
    node: Arc<Node>,
    limit: Limit,
}

impl GatewayService {
    pub(super) fn new(node: Arc<Node>, limit: Limit) -> Self {
        Self { node, limit }
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
        let deadline = endorsement_deadline(&self.node, &request);
        evaluate::evaluate(&self.node, request.into_inner(), deadline).await.map(Response::new)
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = endorsement_deadline(&self.node, &request);
        endorse::endorse(&self.node, request.into_inner(), deadline).await.map(Response::new)
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = deadline::of(request.metadata());
        submit::submit(&self.node, request.into_inner(), deadline).await.map(Response::new)
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = deadline::of(request.metadata());
        commit_status::commit_status(&self.node, request.get_ref(), deadline).await.map(Response::new)
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let permit = self.limit.enter()?;
        events::chaincode_events(&self.node, request.get_ref(), permit).map(Response::new)
    }
}

/// Gives the end of an endorsement: the client's, or the gateway's own if that comes first.
fn endorsement_deadline<T>(node: &Node, request: &Request<T>) -> Instant {
    let own = Instant::now() + node.endorsement_timeout();
    deadline::of(request.metadata()).map_or(own, |deadline| deadline.min(own))
}

/// Finds the channel of a signed request whose signer may read it.
fn readable<'a>(node: &'a Node, channel: &str, signed: SignedData<'_>) -> Result<&'a JoinedChannel, Status> {
    let found =
        node.channel(channel).ok_or_else(|| Status::permission_denied(access::no_policy_manager(channel)))?;
    Access::Read.check(found.msps(), signed).map_err(|error| {
        node.observer().warn(format!("a request to the gateway was refused: {}", error.reason));
        Status::permission_denied(error.on(channel))
    })?;
    Ok(found)
}

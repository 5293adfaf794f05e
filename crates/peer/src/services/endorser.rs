//! `protos.Endorser`: one call, which the peer command uses for everything.

use std::sync::Arc;

use ccs_proto::peer::endorser_server::Endorser;
use ccs_proto::peer::{ProposalResponse, SignedProposal};
use tonic::{Request, Response, Status};

use super::deadline;
use super::limit::Limit;
use crate::node::Node;
use crate::observer::Purpose;

/// The service.
#[derive(Debug)]
pub(super) struct EndorserService {
    node: Arc<Node>,
    limit: Limit,
}

impl EndorserService {
    pub(super) fn new(node: Arc<Node>, limit: Limit) -> Self {
        Self { node, limit }
    }
}

#[tonic::async_trait]
impl Endorser for EndorserService {
    async fn process_proposal(
        &self,
        request: Request<SignedProposal>,
    ) -> Result<Response<ProposalResponse>, Status> {
        let _permit = self.limit.enter()?;
        let deadline = deadline::of(request.metadata());
        tokio::select! {
            biased;
            response = self.node.endorser().process_proposal(request.into_inner(), Purpose::ProcessProposal) => {
                response.map(Response::new).map_err(|error| Status::unknown(error.to_string()))
            }
            // Left to the transport, a client that is quick sees its own error, and another one CANCELLED.
            () = deadline::passed(deadline) => Err(Status::deadline_exceeded("context deadline exceeded")),
        }
    }
}

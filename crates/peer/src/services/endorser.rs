//! `protos.Endorser`: a single call, which the peer command uses for everything.

use std::sync::Arc;

use ccs_proto::peer::endorser_server::Endorser;
use ccs_proto::peer::{ProposalResponse, SignedProposal};
use tonic::{Request, Response, Status};

use super::deadline;
use super::limit::Limit;
use crate::peer::Peer;
use crate::proposal::Decoded;
use ccs_ordering::observer::Purpose;

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct EndorserService {
    peer: Arc<Peer>,
    limit: Limit,
}

impl EndorserService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        Self { peer, limit }
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
        let decoded = Decoded::new(request.into_inner());
        tokio::select! {
            biased;
            answer = self.peer.endorser().process_proposal(decoded, Purpose::ProcessProposal) => {
                answer.map(Response::new).map_err(|error| Status::unknown(error.to_string()))
            }
            // If the transport enforced the deadline, the client would see its own error or CANCELLED, depending on
            // timing.
            () = deadline::passed(deadline) => Err(Status::deadline_exceeded("context deadline exceeded")),
        }
    }
}

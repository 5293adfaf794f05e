//! `discovery.Discovery`: the peers, organizations and orderers of a channel, for clients that look for them.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::access::SignedData;
use ccs_proto::discovery::discovery_server::Discovery;
use ccs_proto::discovery::query_result::Result as Content;
use ccs_proto::discovery::{Response as DiscoveryResponse, SignedRequest};
use ccs_server::Warnings;
use tonic::{Request, Response, Status};

use super::limit::Limit;
use crate::discovery::ClientView;
use crate::peer::Peer;

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct DiscoveryService {
    peer: Arc<Peer>,
    limit: Limit,
    warnings: Warnings,
}

impl DiscoveryService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        let observer = peer.observer().clone();
        let warn = Arc::new(move |warning| observer.warn(warning));
        Self { peer, limit, warnings: Warnings::new("rejected a query of discovery".to_owned(), warn) }
    }
}

#[tonic::async_trait]
impl Discovery for DiscoveryService {
    async fn discover(&self, request: Request<SignedRequest>) -> Result<Response<DiscoveryResponse>, Status> {
        let permit = self.limit.enter()?;
        let (peer, warnings) = (Arc::clone(&self.peer), self.warnings.clone());
        let request = request.into_inner();
        // Layouts of many interests take a while.
        let answering = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            answer(&peer, &request, &warnings)
        });
        answering.await.map_err(|error| Status::internal(error.to_string()))?.map(Response::new)
    }
}

fn answer(peer: &Peer, request: &SignedRequest, warnings: &Warnings) -> Result<DiscoveryResponse, Status> {
    let read = ccs_discovery::read(&request.payload);
    let (identity, queries) = read.map_err(|error| Status::unknown(error.to_string()))?;
    let signed = SignedData { identity: &identity, message: &request.payload, signature: &request.signature };
    let view = ClientView { peer, signed };
    let now = SystemTime::now();
    let results = queries.iter().map(|query| {
        let answer = ccs_discovery::answer(&view, query, now);
        if let Some(Content::Error(error)) = &answer.result.result {
            let (content, reason) = (&error.content, answer.reason.as_deref().unwrap_or_default());
            let colon = if reason.is_empty() { "" } else { ": " };
            warnings.tell(&format_args!("{content}{colon}{reason}"));
        }
        answer.result
    });
    Ok(DiscoveryResponse { results: results.collect() })
}

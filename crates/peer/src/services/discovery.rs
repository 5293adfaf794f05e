//! `discovery.Discovery`: the peers, organizations and orderers of a channel, for clients that look for them.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::access::SignedData;
use ccs_proto::discovery::discovery_server::Discovery;
use ccs_proto::discovery::query_result::Result as Content;
use ccs_proto::discovery::{Query, Response as DiscoveryResponse, SignedRequest};
use ccs_server::Warnings;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::limit::Limit;
use crate::discovery::ClientView;
use crate::peer::Peer;

/// Number of requests that the peer answers at the same time.
const TURNS: usize = 2;

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct DiscoveryService {
    peer: Arc<Peer>,
    limit: Limit,
    /// Turns of the requests whose clients have access.
    turns: Arc<Semaphore>,
    warnings: Warnings,
}

impl DiscoveryService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        let observer = peer.observer().clone();
        let warn = Arc::new(move |warning| observer.warn(warning));
        let warnings = Warnings::new("rejected a query of discovery".to_owned(), warn);
        Self { peer, limit, turns: Arc::new(Semaphore::new(TURNS)), warnings }
    }
}

#[tonic::async_trait]
impl Discovery for DiscoveryService {
    async fn discover(&self, request: Request<SignedRequest>) -> Result<Response<DiscoveryResponse>, Status> {
        let permit = self.limit.enter()?;
        let (view, queries) = read(&self.peer, &request.into_inner())?;
        let warnings = self.warnings.clone();
        if !view.is_admitted() {
            return Ok(Response::new(answer(&view, &queries, &warnings)));
        }
        // Layouts of many interests take a while.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| Status::internal(error.to_string()))?;
        let answering = tokio::task::spawn_blocking(move || {
            let _held = (permit, turn);
            answer(&view, &queries, &warnings)
        });
        answering.await.map(Response::new).map_err(|error| Status::internal(error.to_string()))
    }
}

/// Decodes a request, and checks the client's access once for each channel.
fn read(peer: &Arc<Peer>, request: &SignedRequest) -> Result<(ClientView, Vec<Query>), Status> {
    let read = ccs_discovery::read(&request.payload);
    let (identity, queries) = read.map_err(|error| Status::unknown(error.to_string()))?;
    let signed = SignedData { identity: &identity, message: &request.payload, signature: &request.signature };
    Ok((ClientView::new(peer, signed, &queries), queries))
}

fn answer(view: &ClientView, queries: &[Query], warnings: &Warnings) -> DiscoveryResponse {
    let now = SystemTime::now();
    let results = queries.iter().map(|query| {
        let answer = ccs_discovery::answer(view, query, now);
        if let Some(Content::Error(error)) = &answer.result.result {
            let (content, reason) = (&error.content, answer.reason.as_deref().unwrap_or_default());
            let colon = if reason.is_empty() { "" } else { ": " };
            warnings.tell(&format_args!("{content}{colon}{reason}"));
        }
        answer.result
    });
    DiscoveryResponse { results: results.collect() }
}

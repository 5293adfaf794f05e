//! `orderer.AtomicBroadcast`, which the peer command calls with `-o`. [`super::deliver`] implements its blocks.

use std::sync::Arc;

use ccs_proto::common::{Envelope, Status as Code};
use ccs_proto::orderer::atomic_broadcast_server::AtomicBroadcast;
use ccs_proto::orderer::{BroadcastResponse, DeliverResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::deliver::{self, OrdererBlocks};
use super::limit::Limit;
use crate::peer::Peer;

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct BroadcastService {
    peer: Arc<Peer>,
    limit: Limit,
}

impl BroadcastService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        Self { peer, limit }
    }
}

#[tonic::async_trait]
impl AtomicBroadcast for BroadcastService {
    type BroadcastStream = ReceiverStream<Result<BroadcastResponse, Status>>;
    type DeliverStream = ReceiverStream<Result<DeliverResponse, Status>>;

    async fn broadcast(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::BroadcastStream>, Status> {
        let permit = self.limit.enter()?;
        let peer = Arc::clone(&self.peer);
        let mut envelopes = request.into_inner();
        let (answers, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            let answering = answer(&peer, &mut envelopes, &answers);
            tokio::select! {
                () = answering => {}
                () = answers.closed() => {}
                () = peer.stopping().cancelled() => {}
            }
            drop(permit);
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn deliver(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        Ok(deliver::answer::<OrdererBlocks>(&self.peer, &self.limit, request)?)
    }
}

/// Answers each envelope, and ends the stream after the first that is rejected.
async fn answer(
    peer: &Peer,
    envelopes: &mut Streaming<Envelope>,
    answers: &mpsc::Sender<Result<BroadcastResponse, Status>>,
) {
    while let Ok(Some(envelope)) = envelopes.message().await {
        let (status, info) = match peer.orderer().broadcast(&envelope).await {
            Ok(()) => (Code::Success, String::new()),
            Err(refusal) => (refusal.status, refusal.info),
        };
        let sent = answers.send(Ok(BroadcastResponse { status: status.into(), info })).await;
        if sent.is_err() || status != Code::Success {
            return;
        }
    }
}

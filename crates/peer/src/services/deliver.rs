//! `protos.Deliver` and the blocks of `orderer.AtomicBroadcast`: streams of whole or filtered blocks, or of blocks
//! with private data (Fabric 3.1 `common/deliver/deliver.go`, `core/peer/deliverevents.go`).
//!
//! A client sends a signed envelope and receives blocks, followed by a status. After SUCCESS it may send another
//! request; any other status is the last message, and the call itself still ends with OK. A client that has closed
//! its sending side still receives its blocks.

mod form;
mod seek;

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::access::{Access, SignedData};
use ccs_identity::Identity;
use ccs_proto::common::{Block, Envelope, Status as Code};
use ccs_proto::orderer::seek_info::{SeekBehavior, SeekContentType};
use ccs_proto::peer::DeliverResponse;
use ccs_proto::peer::deliver_server::Deliver;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::blocks::{BlockReader, is_config};
use super::limit::Limit;
use crate::peer::Peer;
use ccs_channel::Channel;

pub(super) use form::OrdererBlocks;
use form::{FilteredBlocks, Form, PrivateBlocks, WholeBlocks};
pub use seek::{SeekRange, SeekRequest};

/// Implementation of the service.
#[derive(Debug)]
pub(super) struct DeliverService {
    peer: Arc<Peer>,
    limit: Limit,
}

impl DeliverService {
    pub(super) fn new(peer: Arc<Peer>, limit: Limit) -> Self {
        Self { peer, limit }
    }
}

/// Stream of responses to a stream of requests.
type Answers<F> = ReceiverStream<Result<<F as Form>::Response, Status>>;

#[tonic::async_trait]
impl Deliver for DeliverService {
    type DeliverStream = ReceiverStream<Result<DeliverResponse, Status>>;
    type DeliverFilteredStream = ReceiverStream<Result<DeliverResponse, Status>>;
    type DeliverWithPrivateDataStream = ReceiverStream<Result<DeliverResponse, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        Ok(answer::<WholeBlocks>(&self.peer, &self.limit, request)?)
    }

    async fn deliver_filtered(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverFilteredStream>, Status> {
        Ok(answer::<FilteredBlocks>(&self.peer, &self.limit, request)?)
    }

    async fn deliver_with_private_data(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverWithPrivateDataStream>, Status> {
        Ok(answer::<PrivateBlocks>(&self.peer, &self.limit, request)?)
    }
}

/// Starts a task that answers a stream of requests. It ends when the client disconnects or the peer stops.
pub(super) fn answer<F: Form>(
    peer: &Arc<Peer>,
    limit: &Limit,
    request: Request<Streaming<Envelope>>,
) -> Result<Response<Answers<F>>, Status> {
    let permit = limit.enter()?;
    let peer = Arc::clone(peer);
    let mut requests = request.into_inner();
    let (answers, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        let session = Session::<F> { peer: &peer, answers: &answers };
        tokio::select! {
            biased;
            () = answers.closed() => {}
            () = peer.stopping().cancelled() => {
                let stopped = Status::unavailable("the peer is stopping");
                // This fails if the client is not reading or has disconnected; either is fine.
                let _ = answers.try_send(Err(stopped));
            }
            () = session.run(&mut requests) => {}
        }
        drop(permit);
    });
    Ok(Response::new(ReceiverStream::new(stream)))
}

/// Stream of one client.
struct Session<'a, F: Form> {
    peer: &'a Peer,
    answers: &'a mpsc::Sender<Result<F::Response, Status>>,
}

/// Error: the client has disconnected.
struct Gone;

impl<F: Form> Session<'_, F> {
    async fn run(&self, requests: &mut Streaming<Envelope>) {
        while let Ok(Some(request)) = requests.message().await {
            let Ok(status) = self.serve(&request).await else { return };
            let sent = self.send(F::status(status)).await;
            if sent.is_err() || status != Code::Success {
                return;
            }
        }
    }

    async fn send(&self, response: F::Response) -> Result<(), Gone> {
        self.answers.send(Ok(response)).await.map_err(|_| Gone)
    }

    /// Reports a rejected request, and returns its status.
    fn refuse(&self, status: Code, reason: &str) -> Code {
        self.peer.observer().warn(format!("rejected a request for blocks: {reason}"));
        status
    }

    /// Sends the blocks of one request and returns the status that follows them.
    async fn serve(&self, envelope: &Envelope) -> Result<Code, Gone> {
        let request = match SeekRequest::read(envelope, SystemTime::now()) {
            Ok(request) => request,
            Err(status) => return Ok(self.refuse(status, "it has no headers or not the present time")),
        };
        let name = request.channel();
        let Some(channel) = self.peer.channel(name) else {
            let hint = self.peer.channels().hint();
            return Ok(self.refuse(Code::NotFound, &format!("channel {name} not found; {hint}")));
        };
        let signed = SignedData {
            identity: request.creator(),
            message: &envelope.payload,
            signature: &envelope.signature,
        };
        let identity = match Access::Read.check(channel.msps(), signed) {
            Ok(identity) => identity,
            Err(error) => return Ok(self.refuse(Code::Forbidden, &error.reason)),
        };
        self.deliver(channel, &request, &identity).await
    }

    async fn deliver(
        &self,
        channel: &Arc<Channel>,
        request: &SeekRequest,
        identity: &Identity,
    ) -> Result<Code, Gone> {
        if identity.is_expired(SystemTime::now()) {
            return Ok(self.refuse(Code::Forbidden, "the client's certificate has expired"));
        }
        let height = channel.ledger().height();
        let range = match request.range(height) {
            Ok(range) => range,
            Err(status @ Code::NotFound) => {
                let name = channel.name();
                return Ok(
                    self.refuse(status, &format!("channel {name} has no such block yet, it has {height}"))
                );
            }
            Err(status) => {
                return Ok(self.refuse(status, "it has no start or stop, or stops before its start"));
            }
        };
        let mut blocks = BlockReader::new(channel.ledger(), range.first);
        loop {
            if request.behavior() == SeekBehavior::FailIfNotReady && !blocks.is_ready() {
                return Ok(Code::NotFound);
            }
            let number = blocks.number();
            let Ok(block) = blocks.next().await else { return Ok(Code::ServiceUnavailable) };
            if identity.is_expired(SystemTime::now()) {
                return Ok(Code::Forbidden);
            }
            let block = trimmed(block, request.content_type());
            let reader = form::Reader { peer: self.peer, channel, identity };
            let Ok(response) = F::block(block, &reader) else { return Ok(Code::ServiceUnavailable) };
            self.send(response).await?;
            if number == range.last {
                return Ok(Code::Success);
            }
        }
    }
}

/// Removes a block's transactions if the client asked for the header only. Configuration blocks stay whole.
fn trimmed(block: Block, content: SeekContentType) -> Block {
    match content {
        SeekContentType::HeaderWithSigBytes if !is_config(&block) => Block { data: None, ..block },
        SeekContentType::HeaderWithSigBytes | SeekContentType::Block => block,
    }
}

//! The service to which chaincode comes by itself: `ChaincodeSupport/Register`.

use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_support_server::{ChaincodeSupport, ChaincodeSupportServer};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::chaincodes::Chaincodes;
use crate::connection::{MAX_MESSAGE_IN_BYTES, OUTBOUND_MESSAGES};
use crate::session::End;

/// Finds the chaincode for which a request's client certificate was made; an error where one is missing or unknown.
pub type Certified = Box<dyn Fn(&tonic::Extensions) -> Result<Option<String>, Status> + Send + Sync>;

/// Takes chaincode that comes by itself.
pub struct Support {
    chaincodes: Chaincodes,
    certified: Certified,
}

impl Support {
    /// Makes the service for the chaincodes of a peer.
    ///
    /// With TLS, `certified` tells for which chaincode a certificate was made; without it, it gives [`None`] and any
    /// chaincode may come that the peer knows.
    #[must_use]
    pub fn service(chaincodes: Chaincodes, certified: Certified) -> ChaincodeSupportServer<Self> {
        ChaincodeSupportServer::new(Self { chaincodes, certified })
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES)
    }
}

#[tonic::async_trait]
impl ChaincodeSupport for Support {
    type RegisterStream = ReceiverStream<Result<ChaincodeMessage, Status>>;

    async fn register(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::RegisterStream>, Status> {
        let certified = (self.certified)(request.extensions())?;
        let chaincodes = self.chaincodes.clone();
        let (outbound, mut messages) = mpsc::channel(OUTBOUND_MESSAGES);
        let (replies, response) = mpsc::channel(OUTBOUND_MESSAGES);
        let inbound = request.into_inner();
        tokio::spawn(async move {
            let session =
                tokio::spawn(async move { chaincodes.accept((outbound, inbound), certified).await });
            while let Some(message) = messages.recv().await {
                // The chaincode is gone: the session hears of it, too.
                if replies.send(Ok(message)).await.is_err() {
                    break;
                }
            }
            if let Ok(end) = session.await {
                // Nobody may be there to hear it.
                let _ = replies.send(Err(status(&end))).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(response)))
    }
}

/// Tells a chaincode why its stream ends. A peer only ends it.
fn status(end: &End) -> Status {
    match end {
        End::Stream(_) | End::Closed => Status::unavailable(end.to_string()),
        _ => Status::failed_precondition(end.to_string()),
    }
}

//! `ChaincodeSupport/Register`: the service to which chaincode connects.

use std::sync::Arc;

use ccs_chaincode::{CertificateBinding, Chaincodes};
use ccs_dial::End;
use ccs_dial::connection::OUTBOUND_MESSAGES;
use ccs_identity::ChaincodeTls;
use ccs_proto::limits::MAX_MESSAGE_IN_BYTES;
use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_support_server::{ChaincodeSupport, ChaincodeSupportServer};
use ccs_server::{Budget, ConnectionInfo, ServerTls, ServerTlsError};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, future};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Extensions, Request, Response, Status, Streaming};

use super::served::{Port, Served};
use super::{health, server};
use ccs_ordering::observer::{Observer, with_hint};

/// Options of the listener for chaincode.
#[derive(Clone, Debug, Default)]
pub struct ChaincodeListenerOptions {
    /// TLS configuration. If set, every chaincode must present the client certificate that was issued for its ID.
    pub tls: Option<Arc<ChaincodeTls>>,
    /// Observer that receives warnings.
    pub observer: Observer,
    /// Budget of clients that have not authenticated; shared with the listener for clients.
    pub budget: Budget,
}

/// Serves chaincode that connects to the peer, until `shutdown` is canceled. Established streams end with the peer.
pub async fn serve_chaincode(
    listener: TcpListener,
    options: ChaincodeListenerOptions,
    chaincodes: Chaincodes,
    shutdown: CancellationToken,
) -> Result<(), ServerTlsError> {
    let ChaincodeListenerOptions { tls, observer, budget } = options;
    let server_tls = tls.as_ref().map(|tls| {
        let server = tls.server();
        ServerTls::with_clients_of(tls.ca().as_bytes(), server.certificate.as_bytes(), server.key.as_bytes())
    });
    let mut options = server::options(&observer, &budget, chaincodes.ping_timeout());
    options.tls = server_tls.transpose()?;
    let (builder, connections) = ccs_server::listen(listener, options, shutdown.clone());
    let mut builder = builder.layer(Served::new(Port::Chaincode, &observer));
    let health = health::service(&observer);
    let service = ChaincodeSupportServer::new(Support { chaincodes, tls, observer })
        .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_IN_BYTES);
    let serving = builder.add_service(service).add_service(health).serve_with_incoming(connections);
    // An error of one connection does not fail the listener.
    let _ = shutdown.run_until_cancelled(serving).await;
    Ok(())
}

/// Implementation of the service.
struct Support {
    chaincodes: Chaincodes,
    tls: Option<Arc<ChaincodeTls>>,
    observer: Observer,
}

impl Support {
    /// Binds a chaincode to the certificate that it presents; [`None`] without TLS.
    fn binding(&self, extensions: &Extensions) -> Option<CertificateBinding> {
        let tls = self.tls.as_ref()?;
        let shown = extensions.get::<ConnectionInfo>().and_then(ConnectionInfo::certificate);
        Some(CertificateBinding {
            certificate_hash: shown.map(|certificate| hex::encode(ChaincodeTls::hash(certificate))),
            owner: shown.and_then(|certificate| tls.owner(certificate)),
        })
    }
}

#[tonic::async_trait]
impl ChaincodeSupport for Support {
    type RegisterStream = BoxStream<'static, Result<ChaincodeMessage, Status>>;

    async fn register(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::RegisterStream>, Status> {
        let binding = self.binding(request.extensions());
        let (chaincodes, observer) = (self.chaincodes.clone(), self.observer.clone());
        let (outbound, messages) = mpsc::channel(OUTBOUND_MESSAGES);
        let inbound = request.into_inner();
        let session = tokio::spawn(async move {
            let end = chaincodes.accept((outbound, inbound), binding).await;
            if let Some(refusal) = refusal(&end) {
                observer.warn(refusal);
            }
            status(&end)
        });
        // When the chaincode disconnects, the stream is dropped and the session can no longer send.
        let last = stream::once(session).filter_map(|status| future::ready(status.ok().map(Err)));
        Ok(Response::new(ReceiverStream::new(messages).map(Ok).chain(last).boxed()))
    }
}

/// Returns a warning if a chaincode was rejected; registered chaincodes are reported under their IDs instead.
fn refusal(end: &End) -> Option<String> {
    match end {
        End::Unknown { .. } | End::Duplicate { .. } | End::Uncertified(_) | End::MalformedRegister(_) => {
            Some(with_hint(format_args!("rejected a chaincode that connected: {end}"), end.hint()))
        }
        _ => None,
    }
}

/// Returns a status that tells the chaincode why its stream ends. A Fabric peer ends the stream without one.
fn status(end: &End) -> Status {
    match end {
        End::Stream(_) | End::Closed => Status::unavailable(end.to_string()),
        _ => Status::failed_precondition(end.to_string()),
    }
}

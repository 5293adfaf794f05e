//! Which of Fabric's services a server has.

use std::time::Duration;

use ccs_proto::common::BlockchainInfo;
use prost::Message as _;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::error::{Error, Operation, innermost};
use crate::gateway::{Gateway, is_timeout};

/// The kind of a server, by the services that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// A peer with a gateway.
    Gateway,
    /// A peer without a gateway.
    Peer,
    /// An orderer.
    Orderer,
    /// A chaincode that a peer dials.
    Chaincode,
    /// The address of a peer that chaincode dials.
    ChaincodeListener,
    /// A web server that speaks HTTP/2.
    WebServer,
    /// A gRPC server without any of these services.
    Other,
}

/// A method of each service, and whether it expects exactly one message.
const METHODS: [(Service, &str, bool); 5] = [
    (Service::Gateway, "/gateway.Gateway/Evaluate", true),
    (Service::Peer, "/protos.Endorser/ProcessProposal", true),
    (Service::Orderer, "/orderer.AtomicBroadcast/Broadcast", false),
    (Service::Chaincode, "/protos.Chaincode/Connect", false),
    (Service::ChaincodeListener, "/protos.ChaincodeSupport/Register", false),
];

impl Endpoint {
    /// Connects, and finds the first of these services that the server has. The calls are empty, so that the server
    /// does nothing but reject them.
    pub async fn service(&self, timeout: Duration) -> Result<Service, Error> {
        let channel = self.connect(timeout).await?;
        for (service, method, is_unary) in METHODS {
            match call(&channel, method, usize::from(is_unary), timeout).await {
                Err(status) if status.message().contains("mapped from HTTP status code") => {
                    return Ok(Service::WebServer);
                }
                Err(status) if status.code() == Code::Unimplemented => {}
                // A stream waits for a first message. One message is answered, also one that is rejected.
                Err(status) if is_unary && is_timeout(&status) => {
                    return Err(Error::Timeout { operation: Operation::Evaluate, timeout });
                }
                Err(status) => return self.judge(&status).map(|()| service),
                Ok(()) => return Ok(service),
            }
        }
        Ok(Service::Other)
    }

    /// Returns an error for a broken connection; any other status is an answer of the service.
    fn judge(&self, status: &Status) -> Result<(), Error> {
        use std::error::Error as _;
        match status.source() {
            Some(cause) if !is_timeout(status) => Err(Error::Lost {
                operation: Operation::Evaluate,
                over_tls: self.is_tls(),
                reason: innermost(cause),
            }),
            _ => Ok(()),
        }
    }
}

impl Gateway {
    /// Returns the number of blocks of a channel, by a signed evaluation of the system chaincode qscc.
    pub async fn height(&self, channel: &str) -> Result<u64, Error> {
        let arguments = vec![channel.as_bytes().to_vec()];
        let info = self.evaluate(&Call { arguments, ..Call::new(channel, "qscc", "GetChainInfo") }).await?;
        let info = BlockchainInfo::decode(info.as_slice());
        info.map(|info| info.height).map_err(|error| Error::answer(Operation::Evaluate, error))
    }
}

/// Calls a method with so many empty messages, and waits for the beginning of the answer.
async fn call(
    channel: &Channel,
    method: &'static str,
    messages: usize,
    timeout: Duration,
) -> Result<(), Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let mut request = Request::new(tokio_stream::iter(std::iter::repeat_n((), messages)));
    request.set_timeout(timeout);
    let answer =
        client.streaming(request, PathAndQuery::from_static(method), ProstCodec::<(), ()>::default());
    answer.await.map(drop)
}

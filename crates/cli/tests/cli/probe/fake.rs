//! Servers that behave unlike any chaincode.

use std::net::SocketAddr;
use std::pin::Pin;

use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_server::{Chaincode, ChaincodeServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_stream::Stream;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use super::listener;

/// What happens to a connection.
#[derive(Clone, Copy)]
pub(super) enum Conduct {
    /// These bytes are sent, and then it stays open.
    Says(&'static [u8]),
    /// It is closed at once.
    Closes,
    /// It is reset after the client has sent something.
    Resets,
}

/// Serves connections that all behave alike.
pub(super) async fn serve(conduct: Conduct) -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream, conduct));
        }
    });
    address
}

async fn treat(mut stream: TcpStream, conduct: Conduct) {
    let mut said = [0; 64];
    match conduct {
        Conduct::Says(bytes) => {
            stream.write_all(bytes).await.unwrap();
            // To the end of the client.
            while stream.read(&mut said).await.is_ok_and(|length| length > 0) {}
        }
        Conduct::Closes => {}
        Conduct::Resets => {
            // What was not read makes the kernel answer with RST.
            stream.read_exact(&mut said[..8]).await.unwrap();
        }
    }
}

/// How a chaincode handles a stream.
#[derive(Clone)]
pub(super) enum Script {
    /// It never answers.
    Hangs,
    /// It rejects the stream.
    Refuses(Status),
    /// It sends these and leaves the stream open.
    Sends(Vec<ChaincodeMessage>),
    /// It ends the stream.
    Ends(Status),
}

struct Fake(Script);

#[tonic::async_trait]
impl Chaincode for Fake {
    type ConnectStream = Pin<Box<dyn Stream<Item = Result<ChaincodeMessage, Status>> + Send>>;

    async fn connect(
        &self,
        _request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        use tokio_stream::StreamExt as _;
        Ok(Response::new(match self.0.clone() {
            Script::Hangs => std::future::pending().await,
            Script::Refuses(status) => return Err(status),
            Script::Sends(messages) => {
                Box::pin(tokio_stream::iter(messages.into_iter().map(Ok)).chain(tokio_stream::pending()))
            }
            Script::Ends(status) => Box::pin(tokio_stream::once(Err(status))),
        }))
    }
}

/// Serves a gRPC server; without a script it has no chaincode service.
pub(super) async fn grpc(script: Option<Script>) -> SocketAddr {
    let (listener, address) = listener().await;
    let mut routes = tonic::service::Routes::default();
    if let Some(script) = script {
        routes = routes.add_service(ChaincodeServer::new(Fake(script)));
    }
    let server = Server::builder().add_routes(routes);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

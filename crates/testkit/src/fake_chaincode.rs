//! A fake chaincode server that runs a script for each stream.
//!
//! It sends any messages that a test needs, including those that no shim sends.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_server::{Chaincode as Service, ChaincodeServer};
use ccs_proto::peer::{ChaincodeId, ChaincodeMessage, Response};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Status, Streaming};

/// Returns the package ID that the tests use.
#[must_use]
pub fn package_id() -> String {
    format!("basic:{}", "5f".repeat(32))
}

type Script = Arc<dyn Fn(Talk) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The chaincode's end of a stream.
#[derive(Debug)]
pub struct Talk {
    inbound: Streaming<ChaincodeMessage>,
    outbound: mpsc::Sender<Result<ChaincodeMessage, Status>>,
}

impl Talk {
    /// Sends a message.
    pub async fn send(&self, message: ChaincodeMessage) {
        // The peer may have closed its side; the test checks that.
        let _ = self.outbound.send(Ok(message)).await;
    }

    /// Ends the stream with a status.
    pub async fn fail(&self, status: Status) {
        let _ = self.outbound.send(Err(status)).await;
    }

    /// Receives a message; returns [`None`] if the peer has ended the stream.
    pub async fn receive(&mut self) -> Option<ChaincodeMessage> {
        self.inbound.message().await.ok().flatten()
    }

    /// Receives a message and checks its type.
    pub async fn expect(&mut self, message_type: Type) -> ChaincodeMessage {
        let message = self.receive().await.unwrap();
        assert_eq!(message.r#type(), message_type, "{message:?}");
        message
    }

    /// Sends REGISTER with an ID.
    pub async fn send_register(&self, name: &str) {
        let id = ChaincodeId { name: name.to_owned(), ..ChaincodeId::default() };
        self.send(message(Type::Register, "", &id)).await;
    }

    /// Registers as [`package_id`]; returns the READY message.
    pub async fn register(&mut self) -> ChaincodeMessage {
        self.register_as(&package_id()).await
    }

    /// Registers under an ID; returns the READY message.
    pub async fn register_as(&mut self, name: &str) -> ChaincodeMessage {
        self.send_register(name).await;
        self.expect(Type::Registered).await;
        self.expect(Type::Ready).await
    }

    /// Sends a request in the transaction of a message and returns the answer.
    pub async fn ask(
        &mut self,
        transaction: &ChaincodeMessage,
        message_type: Type,
        payload: &impl Message,
    ) -> ChaincodeMessage {
        self.send(of(transaction, message_type, payload)).await;
        self.receive().await.unwrap()
    }

    /// Ends the transaction of a message with a status and a payload.
    pub async fn complete(&self, transaction: &ChaincodeMessage, status: i32, payload: &str) {
        let response = Response { status, message: String::new(), payload: payload.into() };
        self.send(of(transaction, Type::Completed, &response)).await;
    }
}

/// Makes a message that belongs to the transaction of another.
pub fn of(transaction: &ChaincodeMessage, message_type: Type, payload: &impl Message) -> ChaincodeMessage {
    let channel_id = transaction.channel_id.clone();
    ChaincodeMessage { channel_id, ..message(message_type, &transaction.txid, payload) }
}

/// Makes a message of a transaction, or without one if the ID is empty.
pub fn message(message_type: Type, txid: &str, payload: &impl Message) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: message_type.into(),
        payload: payload.encode_to_vec(),
        txid: txid.to_owned(),
        ..ChaincodeMessage::default()
    }
}

struct Fake(Script);

#[tonic::async_trait]
impl Service for Fake {
    type ConnectStream = ReceiverStream<Result<ChaincodeMessage, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<tonic::Response<Self::ConnectStream>, Status> {
        let (outbound, messages) = mpsc::channel(16);
        tokio::spawn((self.0)(Talk { inbound: request.into_inner(), outbound }));
        Ok(tonic::Response::new(ReceiverStream::new(messages)))
    }
}

/// Serves a script on a free port of the loopback interface until the test ends.
pub async fn serve<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Talk) -> F + Send + Sync + 'static,
) -> SocketAddr {
    serve_for(Duration::from_hours(1), script).await
}

/// Serves a script, and sends GOAWAY on each connection of this age.
pub async fn serve_for<F: Future<Output = ()> + Send + 'static>(
    age: Duration,
    script: impl Fn(Talk) -> F + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = ChaincodeServer::new(Fake(Arc::new(move |talk| Box::pin(script(talk)))));
    let server = tonic::transport::Server::builder().max_connection_age(age).add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

//! From a released connection.json to an open connection with a chaincode server.
//!
//! The values are those of a peer (Fabric 3.1 `internal/pkg/comm/config.go`, `core/chaincode/extcc/extcc_handler.go`). A
//! dial goes through the stages of [`Stage`], and a failure names the one it happened in.

pub(crate) mod dial;
mod error;
mod evidence;
mod greeting;
mod info;
pub(crate) mod progress;
mod tcp;
mod tls;

use std::time::Duration;

use ccs_proto::limits::{MAX_MESSAGE_IN_BYTES, PING_TIMEOUT};
use ccs_proto::peer::chaincode_client::ChaincodeClient;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use crate::register::MessageStream;

pub use error::{DialError, Stage, StageError};
pub use evidence::Seen;
pub use info::{ClientPair, ConnectionInfo, ConnectionTls, Fault, InfoError};
pub use progress::{Attempt, Secured};

/// How many messages wait for the chaincode to read them. More are not made: who sends stops reading, too.
pub const OUTBOUND_MESSAGES: usize = 64;

/// An open connection, which is never dialled again by itself: when it is lost, so is the stream on it.
#[derive(Clone, Debug)]
pub struct ChaincodeConnection {
    address: String,
    client: ChaincodeClient<Channel>,
}

impl ChaincodeConnection {
    /// Dials the chaincode and waits until it has greeted as an HTTP/2 server, or the dial timeout is over.
    ///
    /// What may pass is tried again until then: names that do not resolve, connections that are refused or closed. What
    /// cannot pass ends the dial at once: certificates, and servers that speak something else.
    pub async fn dial(info: &ConnectionInfo) -> Result<Self, DialError> {
        Self::dial_for(info, PING_TIMEOUT).await
    }

    /// Dials as [`dial`](Self::dial) does; the connection is given up when a ping has no answer for so long.
    pub async fn dial_for(info: &ConnectionInfo, ping_timeout: Duration) -> Result<Self, DialError> {
        Ok(Self::new(&info.address, dial::dial(info, ping_timeout).await?))
    }

    pub(crate) fn new(address: &str, channel: Channel) -> Self {
        let client = ChaincodeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES);
        Self { address: address.to_owned(), client }
    }

    /// Returns the address as connection.json has it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the stream `Chaincode/Connect`: what to send, and what comes.
    pub async fn open(mut self) -> Result<MessageStream, Status> {
        let (outbound, messages) = mpsc::channel(OUTBOUND_MESSAGES);
        let response = self.client.connect(ReceiverStream::new(messages)).await?;
        Ok((outbound, response.into_inner()))
    }
}

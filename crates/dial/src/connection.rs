//! Opens a connection to a chaincode server that a released connection.json describes.
//!
//! The settings are those of a peer (Fabric 3.1 `internal/pkg/comm/config.go`,
//! `core/chaincode/extcc/extcc_handler.go`). A dial has the stages in [`Stage`], and an error names the stage that
//! failed.

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

/// The number of messages that may wait until the chaincode reads them. When the queue is full, the sender waits as
/// well.
pub const OUTBOUND_MESSAGES: usize = 64;

/// An open connection. It never reconnects: when it is lost, so is its stream.
#[derive(Clone, Debug)]
pub struct ChaincodeConnection {
    address: String,
    client: ChaincodeClient<Channel>,
}

impl ChaincodeConnection {
    /// Dials the chaincode and waits for its HTTP/2 settings, up to the dial timeout.
    ///
    /// Temporary failures are retried until then: names that do not resolve, and connections that are refused or
    /// closed. Permanent failures end the dial at once: invalid certificates, and servers that speak another protocol.
    pub async fn dial(info: &ConnectionInfo) -> Result<Self, DialError> {
        Self::dial_for(info, PING_TIMEOUT).await
    }

    /// Like [`dial`](Self::dial), but closes the connection if a ping is not answered within `ping_timeout`.
    pub async fn dial_for(info: &ConnectionInfo, ping_timeout: Duration) -> Result<Self, DialError> {
        Ok(Self::new(&info.address, dial::dial(info, ping_timeout).await?))
    }

    pub(crate) fn new(address: &str, channel: Channel) -> Self {
        let client = ChaincodeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES);
        Self { address: address.to_owned(), client }
    }

    /// Returns the address from connection.json.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the stream `Chaincode/Connect`; returns its sender and its receiver.
    pub async fn open(mut self) -> Result<MessageStream, Status> {
        let (outbound, messages) = mpsc::channel(OUTBOUND_MESSAGES);
        let response = self.client.connect(ReceiverStream::new(messages)).await?;
        Ok((outbound, response.into_inner()))
    }
}

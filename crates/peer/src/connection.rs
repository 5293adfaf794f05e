//! From a released connection.json to an open connection with a chaincode server.
//!
//! The values are those of a peer (Fabric 3.1 `internal/pkg/comm/config.go`, `core/chaincode/extcc/extcc_handler.go`). A
//! dial goes through the stages of [`Stage`], and a failure names the one it happened in.

mod dial;
mod error;
mod greeting;
mod info;
mod tls;

use std::time::Duration;

use fabric_shim_protos::peer::chaincode_client::ChaincodeClient;
use tonic::transport::Channel;

pub use error::{DialError, Stage, StageError};
pub use info::{ClientPair, ConnectionInfo, Fault, InfoError, Tls};

/// The largest message that is sent or taken, in bytes: 100 MiB, as peers and shims have it.
pub const MAX_MESSAGE_IN_BYTES: usize = 100 * 1024 * 1024;

/// How often an HTTP/2 ping is sent; the shims refuse clients that ping more often.
const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// How long the answer to a ping may take.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

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
        let channel = dial::dial(info).await?;
        let client = ChaincodeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES);
        Ok(Self { address: info.address.clone(), client })
    }

    /// Gives the address as connection.json has it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn into_client(self) -> ChaincodeClient<Channel> {
        self.client
    }
}

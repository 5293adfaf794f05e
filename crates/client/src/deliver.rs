//! Reads blocks of a channel through the service Deliver.

use std::time::SystemTime;

use ccs_identity::Signer;
use ccs_proto::common::{self, ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader};
use ccs_proto::limits::MAX_MESSAGE_IN_BYTES;
use ccs_proto::orderer::seek_info::SeekBehavior;
use ccs_proto::orderer::seek_position::Type;
use ccs_proto::orderer::{SeekInfo, SeekNewest, SeekNextCommit, SeekOldest, SeekPosition, SeekSpecified};
use ccs_proto::peer::DeliverResponse;
use ccs_proto::peer::deliver_client::DeliverClient;
use ccs_proto::peer::deliver_response::Type as Answer;
use prost::Message as _;
use tonic::Streaming;

use crate::block::BlockContent;
use crate::error::{Error, Operation};
use crate::gateway::Gateway;

/// A position in a channel's chain of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The first available block.
    Oldest,
    /// The current last block.
    Newest,
    /// The next block to be committed.
    Next,
    /// The block with this number.
    Block(u64),
}

impl Position {
    fn seek(self) -> SeekPosition {
        let position = match self {
            Self::Oldest => Type::Oldest(SeekOldest {}),
            Self::Newest => Type::Newest(SeekNewest {}),
            Self::Next => Type::NextCommit(SeekNextCommit {}),
            Self::Block(number) => Type::Specified(SeekSpecified { number }),
        };
        SeekPosition { r#type: Some(position) }
    }

    /// A gateway accepts only numbers and the next block (Fabric 3.1 `internal/pkg/gateway/chaincodeevents.go`).
    pub(crate) fn for_events(self) -> SeekPosition {
        match self {
            Self::Oldest => Self::Block(0).seek(),
            Self::Newest | Self::Next => Self::Next.seek(),
            Self::Block(_) => self.seek(),
        }
    }
}

/// A range of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRange {
    /// The first block.
    pub from: Position,
    /// The last block; without one, the stream has no end. With [`Position::Newest`], the peer does not wait for
    /// blocks: a first block that does not exist yet is an error.
    pub to: Option<Position>,
}

/// The parts of a block that a client requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The whole block.
    Full,
    /// IDs, codes and event names, for clients that may not read more.
    Filtered,
    /// The whole block, with the private data that the peer has and the client may read.
    WithPrivateData,
}

/// A stream of blocks, in order.
#[derive(Debug)]
pub struct Blocks {
    gateway: Gateway,
    stream: Streaming<DeliverResponse>,
}

impl Gateway {
    /// Opens a stream of blocks. This may wait for the first block, because a peer sends nothing before it.
    pub async fn blocks(&self, channel: &str, range: BlockRange, content: Content) -> Result<Blocks, Error> {
        let envelope = seek(channel, range, &self.signer, SystemTime::now())?;
        let mut client =
            DeliverClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_IN_BYTES);
        let request = tokio_stream::once(envelope);
        let answer = match content {
            Content::Full => client.deliver(request).await,
            Content::Filtered => client.deliver_filtered(request).await,
            Content::WithPrivateData => client.deliver_with_private_data(request).await,
        };
        let stream = answer.map_err(|status| self.refused(Operation::Blocks, &status))?.into_inner();
        Ok(Blocks { gateway: self.clone(), stream })
    }
}

impl Blocks {
    /// Waits for the next block; returns [`None`] after the last one of the range.
    pub async fn next(&mut self) -> Result<Option<BlockContent>, Error> {
        let message = self.stream.message().await;
        let message = message.map_err(|status| self.gateway.refused(Operation::Blocks, &status))?;
        let Some(DeliverResponse { r#type: Some(answer) }) = message else { return Ok(None) };
        let content = match answer {
            Answer::Status(status) if status == common::Status::Success as i32 => return Ok(None),
            Answer::Status(status) => return Err(Error::Deliver { status }),
            Answer::Block(block) => BlockContent::full(&block, None),
            Answer::FilteredBlock(block) => Ok(BlockContent::filtered(block)),
            Answer::BlockAndPrivateData(both) => {
                BlockContent::full(&both.block.unwrap_or_default(), Some(&both.private_data_map))
            }
        };
        content.map(Some).map_err(|reason| Error::answer(Operation::Blocks, reason))
    }
}

/// Makes the signed request for blocks. Like those of the SDKs, its signature header has no nonce.
fn seek(channel: &str, range: BlockRange, signer: &Signer, now: SystemTime) -> Result<Envelope, Error> {
    let header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo.into(),
        timestamp: Some(now.into()),
        channel_id: channel.to_owned(),
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader { creator: signer.creator().to_vec(), nonce: Vec::new() };
    // A peer that waits for a block after the newest one would never end the stream.
    let behavior = match range.to {
        Some(Position::Newest) => SeekBehavior::FailIfNotReady,
        _ => SeekBehavior::BlockUntilReady,
    };
    let seek = SeekInfo {
        start: Some(range.from.seek()),
        stop: Some(range.to.unwrap_or(Position::Block(u64::MAX)).seek()),
        behavior: behavior.into(),
        ..SeekInfo::default()
    };
    let payload = Payload {
        header: Some(Header {
            channel_header: header.encode_to_vec(),
            signature_header: signature_header.encode_to_vec(),
        }),
        data: seek.encode_to_vec(),
    }
    .encode_to_vec();
    let signature = signer.sign(&payload)?;
    Ok(Envelope { payload, signature })
}

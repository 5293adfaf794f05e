//! Computes which blocks a client wants from its envelope, the clock and the height of the ledger.

use std::time::SystemTime;

use ccs_channel::time;
use ccs_proto::common::{Envelope, SignatureHeader, Status};
use ccs_proto::orderer::seek_info::{SeekBehavior, SeekContentType};
use ccs_proto::orderer::seek_position::Type as Position;
use ccs_proto::orderer::{SeekInfo, SeekPosition};
use prost::Message;

use ccs_ordering::validation::read_payload;

/// Decoded request for blocks. Its signature is not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct SeekRequest {
    channel: String,
    creator: Vec<u8>,
    /// [`None`] if it cannot be decoded or lacks a start or a stop; reported only after the earlier checks.
    info: Option<(SeekInfo, Position, Position)>,
}

/// Range of blocks that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeekRange {
    /// First block; at most the height of the ledger.
    pub first: u64,
    /// Last block; if it is before the first, the range never ends.
    pub last: u64,
}

impl SeekRequest {
    /// Decodes a request, or returns the status that rejects it.
    pub fn read(envelope: &Envelope, now: SystemTime) -> Result<Self, Status> {
        let (payload, channel_header) = read_payload(&envelope.payload).map_err(|_| Status::BadRequest)?;
        let header = payload.header.ok_or(Status::BadRequest)?;
        let timestamp = channel_header.timestamp.as_ref().ok_or(Status::BadRequest)?;
        if time::is_outside(time::WINDOW, time::of(Some(timestamp)), now) {
            return Err(Status::BadRequest);
        }
        let signature_header = SignatureHeader::decode(header.signature_header.as_slice());
        // A peer reports an undecodable header only when it looks for the signer.
        let creator = signature_header.map(|header| header.creator).unwrap_or_default();
        let info = SeekInfo::decode(payload.data.as_slice()).ok();
        let info = info.and_then(|info| {
            let position = |position: &Option<SeekPosition>| position.as_ref()?.r#type;
            Some((info, position(&info.start)?, position(&info.stop)?))
        });
        Ok(Self { channel: channel_header.channel_id, creator, info })
    }

    /// Returns the name of the channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Returns the serialized identity that claims to have signed the request.
    pub(super) fn creator(&self) -> &[u8] {
        &self.creator
    }

    pub(super) fn behavior(&self) -> SeekBehavior {
        self.info.as_ref().map(|(info, ..)| info.behavior()).unwrap_or_default()
    }

    pub(super) fn content_type(&self) -> SeekContentType {
        self.info.as_ref().map(|(info, ..)| info.content_type()).unwrap_or_default()
    }

    /// Returns the range of blocks, for a ledger of the given height.
    pub fn range(&self, height: u64) -> Result<SeekRange, Status> {
        let (_, start, stop) = self.info.as_ref().ok_or(Status::BadRequest)?;
        let newest = height.saturating_sub(1);
        let first = match start {
            Position::Oldest(_) => 0,
            Position::Newest(_) => newest,
            Position::NextCommit(_) => height,
            Position::Specified(specified) => specified.number,
        };
        // Regardless of the stop.
        if first > height {
            return Err(Status::NotFound);
        }
        let last = match stop {
            Position::Oldest(_) => first,
            Position::Newest(_) => {
                if matches!(start, Position::Newest(_)) {
                    first
                } else {
                    newest
                }
            }
            Position::Specified(specified) if specified.number < first => return Err(Status::BadRequest),
            Position::Specified(specified) => specified.number,
            // Fabric does not support it as a stop, and uses its number, which is 0.
            Position::NextCommit(_) => 0,
        };
        Ok(SeekRange { first, last })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use ccs_proto::common::{ChannelHeader, Header, Payload};
    use ccs_proto::orderer::{SeekNewest, SeekNextCommit, SeekOldest, SeekSpecified};
    use prost_types::Timestamp;

    use super::*;

    const OLDEST: Position = Position::Oldest(SeekOldest {});
    const NEWEST: Position = Position::Newest(SeekNewest {});
    const NEXT: Position = Position::NextCommit(SeekNextCommit {});
    const NOW: u64 = 1_767_323_045;

    const fn at(number: u64) -> Position {
        Position::Specified(SeekSpecified { number })
    }

    fn envelope(header: &ChannelHeader, data: Vec<u8>) -> Envelope {
        let header = Header { channel_header: header.encode_to_vec(), signature_header: Vec::new() };
        let payload = Payload { header: Some(header), data };
        Envelope { payload: payload.encode_to_vec(), signature: Vec::new() }
    }

    fn header(seconds: u64) -> ChannelHeader {
        let timestamp = Some(Timestamp { seconds: i64::try_from(seconds).unwrap(), nanos: 0 });
        ChannelHeader { timestamp, channel_id: "mychannel".to_owned(), ..ChannelHeader::default() }
    }

    fn read(envelope: &Envelope) -> Result<SeekRequest, Status> {
        SeekRequest::read(envelope, UNIX_EPOCH + Duration::from_secs(NOW))
    }

    fn request(start: Option<Position>, stop: Option<Position>) -> SeekRequest {
        let position = |position: Position| SeekPosition { r#type: Some(position) };
        let info = SeekInfo { start: start.map(position), stop: stop.map(position), ..SeekInfo::default() };
        read(&envelope(&header(NOW), info.encode_to_vec())).unwrap()
    }

    #[test]
    fn positions_are_blocks_of_the_ledger_as_it_is() {
        // Blocks 0 to 4 exist.
        let ranges = [
            (OLDEST, OLDEST, (0, 0)),
            (OLDEST, NEWEST, (0, 4)),
            (OLDEST, at(2), (0, 2)),
            (NEWEST, NEWEST, (4, 4)),
            (NEWEST, OLDEST, (4, 4)),
            (NEWEST, at(u64::MAX), (4, u64::MAX)),
            (at(2), at(2), (2, 2)),
            (at(5), at(5), (5, 5)),
            (at(3), OLDEST, (3, 3)),
            (at(4), NEWEST, (4, 4)),
            (NEXT, at(u64::MAX), (5, u64::MAX)),
            (NEXT, NEXT, (5, 0)),
            (OLDEST, NEXT, (0, 0)),
            // The newest block is before the start: as on a peer, the range never ends.
            (NEXT, NEWEST, (5, 4)),
        ];
        for (start, stop, (first, last)) in ranges {
            let range = request(Some(start), Some(stop)).range(5);
            assert_eq!(range, Ok(SeekRange { first, last }), "{start:?} to {stop:?}");
        }
    }

    #[test]
    fn ranges_that_cannot_be_are_refused() {
        let refused = [
            (Some(at(2)), Some(at(1)), Status::BadRequest),
            (Some(NEWEST), Some(at(3)), Status::BadRequest),
            (Some(at(6)), Some(at(6)), Status::NotFound),
            (Some(at(6)), Some(at(1)), Status::NotFound),
            (None, Some(NEWEST), Status::BadRequest),
            (Some(NEWEST), None, Status::BadRequest),
        ];
        for (start, stop, status) in refused {
            assert_eq!(request(start, stop).range(5), Err(status), "{start:?} to {stop:?}");
        }
        let undecodable = read(&envelope(&header(NOW), b"\xff".to_vec())).unwrap();
        assert_eq!(undecodable.range(5), Err(Status::BadRequest));
    }

    #[test]
    fn a_request_has_headers_and_the_present_time() {
        let data = SeekInfo::default().encode_to_vec();
        assert!(read(&envelope(&header(NOW + 15 * 60), data.clone())).is_ok());
        let late = envelope(&header(NOW + 15 * 60 + 1), data.clone());
        let timeless = envelope(&ChannelHeader::default(), data);
        let headless = Envelope { payload: Payload::default().encode_to_vec(), signature: Vec::new() };
        let broken = Envelope { payload: b"\xff".to_vec(), signature: Vec::new() };
        for envelope in [late, timeless, headless, broken] {
            assert_eq!(read(&envelope), Err(Status::BadRequest), "{envelope:?}");
        }
    }
}

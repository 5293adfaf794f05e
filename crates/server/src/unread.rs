//! Limits the memory of incomplete messages, whose signatures cannot be verified yet.
//!
//! All of them share a number of bytes. Each message counts with the bytes that have arrived, not with its announced
//! length. When the limit is reached, the message that has been idle for the longest time is rejected. Each must
//! arrive at a minimum speed.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

use crate::budget::{Budget, REQUEST, SMALL};
use crate::requests::{OfConnection, Place};

/// Time limit for a message to arrive, and additional time for each MiB that has arrived.
const TIME: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1));

/// Bytes of a message are copied into pieces of this size, because a single byte could otherwise keep a whole receive
/// buffer alive.
const PIECE: usize = 64 << 10;

/// Length of a gRPC message header: a compression flag, and the length of the message.
const HEADER: usize = 5;

/// Memory for unread messages of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    budget: Budget,
    /// Maximum size of a message. A larger one is rejected as soon as its length is known.
    max_message: usize,
}

impl Unread {
    pub(crate) fn new(budget: &Budget, max_message: usize) -> Self {
        Self { budget: budget.clone(), max_message }
    }

    /// Limits the messages of a request. Rejects the request if its connection has too many already.
    pub(crate) fn bound(
        &self,
        body: Body,
        which: Unproven,
        connection: &OfConnection,
    ) -> Result<Body, Status> {
        let place = self.budget.admit(connection).ok_or_else(|| {
            Status::resource_exhausted(
                "too many requests are incomplete, and this connection has many of them",
            )
        })?;
        Ok(Body::new(Bounded {
            body,
            which,
            room: self.clone(),
            connection: connection.clone(),
            message: Message::default(),
            complete: VecDeque::new(),
            waiting: Some(Waiting::new(place)),
            is_first: true,
            is_over: false,
            is_surplus: false,
        }))
    }
}

/// Messages of a request that come from a client that has not proved its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The only message. It is processed only after the end of the request.
    Only,
    /// Every message, since each has its own signature.
    Every,
    /// The first message, which registers a chaincode. Later ones have no time limit, since a debugger may have
    /// stopped the chaincode.
    First,
}

/// Body of a request, which returns only complete messages.
struct Bounded {
    body: Body,
    which: Unproven,
    room: Unread,
    connection: OfConnection,
    message: Message,
    /// Pieces of complete messages.
    complete: VecDeque<Bytes>,
    /// State while waiting for a message.
    waiting: Option<Waiting>,
    /// Whether no message has been complete yet, so that the first is waited for even before it starts.
    is_first: bool,
    is_over: bool,
    /// Whether there is more data than the only message.
    is_surplus: bool,
}

/// Incomplete message.
struct Waiting {
    place: Place,
    since: Instant,
    /// Set when there is no data to read, since most messages are complete before that.
    time: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    fn new(place: Place) -> Self {
        Self { place, since: Instant::now(), time: None }
    }

    /// Waits for the deadline of a message, given the number of bytes that have arrived.
    fn poll_time(&mut self, arrived: usize, context: &mut Context<'_>) -> Poll<()> {
        let mib = u32::try_from(arrived >> 20).unwrap_or(u32::MAX);
        let end = self.since + TIME.0 + TIME.1 * mib;
        let time = self.time.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if time.deadline() < end {
            time.as_mut().reset(end);
        }
        time.as_mut().poll(context)
    }
}

/// Parts of a message that have arrived.
#[derive(Default)]
struct Message {
    header: Vec<u8>,
    /// Length of the message, once the header is complete.
    length: usize,
    /// Number of missing bytes.
    missing: usize,
    pieces: VecDeque<Bytes>,
    /// Total size of the pieces.
    ended: usize,
    last: BytesMut,
}

impl Message {
    fn has_begun(&self) -> bool {
        !self.header.is_empty()
    }

    /// Reads bytes of the header; returns the length when the header is complete.
    fn read_header(&mut self, data: &mut Bytes) -> Option<usize> {
        let taken = data.split_to(data.len().min(HEADER - self.header.len()));
        self.header.extend_from_slice(&taken);
        let [_, length @ ..] = <[u8; HEADER]>::try_from(self.header.as_slice()).ok()?;
        Some(u32::from_be_bytes(length).try_into().unwrap_or(usize::MAX))
    }

    fn append(&mut self, mut data: Bytes) {
        while data.has_remaining() {
            if self.last.capacity() == self.last.len() {
                self.end_piece();
                // At most as much as has arrived already, so that a message that only announces a large size takes
                // little memory.
                self.last.reserve(self.arrived().min(self.missing + data.len()).min(PIECE));
            }
            let fitting = data.len().min(self.last.capacity() - self.last.len());
            self.last.extend_from_slice(&data.split_to(fitting));
        }
    }

    /// Returns the number of content bytes that have arrived.
    fn arrived(&self) -> usize {
        self.length - self.missing
    }

    /// Returns the memory that the message takes.
    fn size(&self) -> usize {
        self.ended + self.last.capacity()
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.ended += self.last.capacity();
            self.pieces.push_back(std::mem::take(&mut self.last).freeze());
        }
    }

    /// Returns the pieces, and resets the message.
    fn take(&mut self) -> VecDeque<Bytes> {
        self.end_piece();
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.push_front(Bytes::from(std::mem::take(&mut self.header)));
        (self.length, self.missing, self.ended) = (0, 0, 0);
        pieces
    }
}

impl Bounded {
    /// Returns whether later messages are not limited.
    fn is_trusted(&self) -> bool {
        self.which == Unproven::First && !self.is_first
    }

    /// Returns whether the client is between two messages of a stream.
    fn is_between(&self) -> bool {
        self.which != Unproven::Only && !self.is_first && !self.message.has_begun()
    }

    /// Ends the request with the incomplete message, which tonic reports.
    fn end(&mut self) {
        self.is_over = true;
        if self.message.has_begun() {
            self.complete.append(&mut self.message.take());
        }
        self.waiting = None;
    }

    /// Takes data that has arrived.
    fn take(&mut self, mut data: Bytes) {
        while data.has_remaining() {
            if self.is_trusted() {
                self.complete.push_back(data);
                return;
            }
            if self.which == Unproven::Only && !self.is_first {
                self.is_surplus = true;
                return;
            }
            // Between two messages of a stream, there is no wait yet.
            let waiting =
                self.waiting.get_or_insert_with(|| Waiting::new(self.room.budget.place(&self.connection)));
            if self.message.header.len() < HEADER {
                let Some(length) = self.message.read_header(&mut data) else { return };
                (self.message.length, self.message.missing) = (length, length);
                if length > self.room.max_message {
                    // Rejected by its header alone, so nothing is kept.
                    self.message.missing = 0;
                    data.clear();
                    self.is_over = true;
                }
            }
            let part = data.split_to(data.len().min(self.message.missing));
            self.message.missing -= part.len();
            self.message.append(part);
            let size = REQUEST + self.message.size();
            if size > waiting.place.slot.bytes() {
                waiting.place.slot.resize(size);
            }
            if self.message.missing == 0 {
                self.complete.append(&mut self.message.take());
                self.is_first = false;
                if self.which != Unproven::Only {
                    self.waiting = None;
                }
            }
        }
    }

    /// Returns an error if another message has taken the slot, or if the time limit has passed.
    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let arrived = self.message.arrived();
        // Without a wait, there is no slot to lose.
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        if waiting.place.slot.poll_lost(context).is_ready() {
            return Poll::Ready(Status::resource_exhausted(
                "too many requests are incomplete, and this was the oldest one",
            ));
        }
        waiting
            .poll_time(arrived, context)
            .map(|()| Status::deadline_exceeded("the request did not arrive in time"))
    }

    /// Ends the request with an error, and drops its data.
    fn refuse(&mut self, status: Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        (self.is_over, self.is_surplus) = (true, false);
        self.complete.clear();
        (self.message, self.waiting) = (Message::default(), None);
        Poll::Ready(Some(Err(status)))
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if self.is_surplus {
                return self.refuse(Status::internal("the request has more than one message"));
            }
            if self.message.arrived() > SMALL
                && let Poll::Ready(error) = self.poll_waiting(context)
            {
                return self.refuse(error);
            }
            if (self.is_over || self.which != Unproven::Only)
                && let Some(piece) = self.complete.pop_front()
            {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.take(data),
                    // gRPC clients send no trailers.
                    Err(_) => self.end(),
                },
                Poll::Ready(None) => self.end(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                // Between two messages of a stream, a client may be silent.
                Poll::Pending if self.is_between() => return Poll::Pending,
                Poll::Pending => {
                    let error = ready!(self.poll_waiting(context));
                    return self.refuse(error);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let is_empty = self.complete.is_empty() && !self.message.has_begun();
        is_empty && (self.is_over || self.body.is_end_stream())
    }
}

#[cfg(test)]
mod tests;

//! What messages may take that have not been read to their end: nobody knows yet whether their signatures hold.
//!
//! All of them share a number of bytes. Each takes what has arrived of it, not what it promises; when there is no room, the
//! one that has grown least recently is refused. Each must arrive at a minimum speed.

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

/// How long a message may take to arrive, and how much longer for each MiB of it that is there.
const TIME: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1));

/// Bytes of a message are copied into pieces of this size: as they arrive, one byte may keep a whole buffer alive.
const PIECE: usize = 64 << 10;

/// A message of gRPC begins with a byte for its compression, and its length.
const HEADER: usize = 5;

/// The room for unread messages of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    budget: Budget,
    /// The largest message; a larger one is refused when its length is known.
    max_message: usize,
}

impl Unread {
    pub(crate) fn new(budget: &Budget, max_message: usize) -> Self {
        Self { budget: budget.clone(), max_message }
    }

    /// Bounds what a request's messages may take; refuses it if its connection has too many already.
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

/// Unproven messages of a request come from a client that has not proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The only message, which is complete when the request has ended: until then nothing is done with it.
    Only,
    /// Every message, as each has a signature of its own.
    Every,
    /// The first one, as it registers a chaincode. Later ones may take their time: a debugger may have stopped the chaincode.
    First,
}

/// A request's body, from which a message comes when it is there to its end.
struct Bounded {
    body: Body,
    which: Unproven,
    room: Unread,
    connection: OfConnection,
    message: Message,
    /// Pieces of messages that are complete.
    complete: VecDeque<Bytes>,
    /// While a message is awaited.
    waiting: Option<Waiting>,
    /// Whether no message was complete yet: one is awaited then, though nothing of it is there.
    is_first: bool,
    is_over: bool,
    /// Whether there is more than the only message.
    is_surplus: bool,
}

/// A message that is not complete.
struct Waiting {
    place: Place,
    since: Instant,
    /// Set when there is nothing to read: most messages are complete before.
    time: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    fn new(place: Place) -> Self {
        Self { place, since: Instant::now(), time: None }
    }

    /// Waits until so many bytes should have been more.
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

/// What has arrived of a message.
#[derive(Default)]
struct Message {
    header: Vec<u8>,
    /// Its length, when the header is there.
    length: usize,
    /// How much of it is missing.
    missing: usize,
    pieces: VecDeque<Bytes>,
    /// How many bytes the pieces take.
    ended: usize,
    last: BytesMut,
}

impl Message {
    fn has_begun(&self) -> bool {
        !self.header.is_empty()
    }

    /// Takes bytes of the header; returns the length when it is complete.
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
                // As much as has arrived already: a message that says it is large, and then stays away, takes little.
                self.last.reserve(self.arrived().min(self.missing + data.len()).min(PIECE));
            }
            let fitting = data.len().min(self.last.capacity() - self.last.len());
            self.last.extend_from_slice(&data.split_to(fitting));
        }
    }

    /// Returns how many bytes of the content have arrived.
    fn arrived(&self) -> usize {
        self.length - self.missing
    }

    /// Returns how many bytes it takes.
    fn size(&self) -> usize {
        self.ended + self.last.capacity()
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.ended += self.last.capacity();
            self.pieces.push_back(std::mem::take(&mut self.last).freeze());
        }
    }

    /// Returns the pieces, and begins anew.
    fn take(&mut self) -> VecDeque<Bytes> {
        self.end_piece();
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.push_front(Bytes::from(std::mem::take(&mut self.header)));
        (self.length, self.missing, self.ended) = (0, 0, 0);
        pieces
    }
}

impl Bounded {
    /// Returns whether later messages are not bounded.
    fn is_trusted(&self) -> bool {
        self.which == Unproven::First && !self.is_first
    }

    /// Returns whether the client is between two messages of a stream.
    fn is_between(&self) -> bool {
        self.which != Unproven::Only && !self.is_first && !self.message.has_begun()
    }

    /// Ends the request, with what is there of a message: tonic finds that it is not complete.
    fn end(&mut self) {
        self.is_over = true;
        if self.message.has_begun() {
            self.complete.append(&mut self.message.take());
        }
        self.waiting = None;
    }

    /// Takes what has arrived.
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
            // Between two messages of a stream there was none.
            let waiting =
                self.waiting.get_or_insert_with(|| Waiting::new(self.room.budget.place(&self.connection)));
            if self.message.header.len() < HEADER {
                let Some(length) = self.message.read_header(&mut data) else { return };
                (self.message.length, self.message.missing) = (length, length);
                if length > self.room.max_message {
                    // Refused by its header alone: nothing is kept.
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

    /// Returns an error when another message has the place, or when the time is over.
    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let arrived = self.message.arrived();
        // Where nothing is awaited there is nothing to lose.
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

    /// Ends the request with an error, and keeps nothing of it.
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
                    // No client sends trailers.
                    Err(_) => self.end(),
                },
                Poll::Ready(None) => self.end(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                // Between two messages of a stream a client may be silent.
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

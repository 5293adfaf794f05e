//! What messages may take that have not been read to their end: nobody knows yet whether their signatures hold.
//!
//! Small messages share a number of places, of which a newer message gets the oldest; large ones wait until there is room in
//! a share of bytes, and are not read meanwhile, so that HTTP/2 stops the client. Either must be complete in time.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::PollSemaphore;
use tonic::Status;
use tonic::body::Body;

use crate::STREAM_WINDOW;
use crate::budget::{Budget, LARGE, MESSAGE, SMALL};
use crate::slots::Slot;

/// How long a message may take to arrive, and how much longer for each MiB of it.
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

    /// Bounds what a request's messages may take.
    pub(crate) fn bound(&self, body: Body, which: Unproven) -> Body {
        Body::new(Bounded {
            body,
            which,
            room: self.clone(),
            message: Message::default(),
            complete: VecDeque::new(),
            waiting: None,
            large: None,
            is_first: true,
            is_over: false,
            is_surplus: false,
        })
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
    message: Message,
    /// Pieces of messages that are complete.
    complete: VecDeque<Bytes>,
    waiting: Option<Waiting>,
    large: Option<Large>,
    /// Whether no message was complete yet: one is awaited then, though nothing of it is there.
    is_first: bool,
    is_over: bool,
    /// Whether there is more than the only message.
    is_surplus: bool,
}

/// A message that is not complete.
struct Waiting {
    slot: Slot,
    time: Pin<Box<Sleep>>,
}

/// The share of a large message in the budget.
enum Large {
    Wanted(PollSemaphore, u32),
    Granted(#[expect(dead_code, reason = "held for its destructor")] OwnedSemaphorePermit),
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
                let arrived = self.length - self.missing;
                self.last.reserve(arrived.min(self.missing + data.len()).min(PIECE));
            }
            let fitting = data.len().min(self.last.capacity() - self.last.len());
            self.last.extend_from_slice(&data.split_to(fitting));
        }
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.last).freeze());
        }
    }

    /// Returns the pieces, and begins anew.
    fn take(&mut self) -> VecDeque<Bytes> {
        self.end_piece();
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.push_front(Bytes::from(std::mem::take(&mut self.header)));
        self.length = 0;
        pieces
    }
}

impl Bounded {
    /// Tells whether later messages are not bounded.
    fn is_trusted(&self) -> bool {
        self.which == Unproven::First && !self.is_first
    }

    /// Tells whether the client is between two messages of a stream.
    fn is_between(&self) -> bool {
        self.which != Unproven::Only && !self.is_first && !self.message.has_begun()
    }

    /// Ends the request, with what is there of a message: tonic finds that it is not complete.
    fn end(&mut self) {
        self.is_over = true;
        if self.message.has_begun() {
            self.complete.append(&mut self.message.take());
        }
        (self.waiting, self.large) = (None, None);
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
            if self.message.header.len() < HEADER {
                let Some(length) = self.message.read_header(&mut data) else { return };
                (self.message.length, self.message.missing) = (length, length);
                if length > self.room.max_message {
                    // Refused by its header alone: nothing is kept.
                    self.message.missing = 0;
                    data.clear();
                    self.is_over = true;
                } else if length > SMALL {
                    let share = u32::try_from(length.min(LARGE)).unwrap_or(u32::MAX);
                    self.large =
                        Some(Large::Wanted(PollSemaphore::new(Arc::clone(&self.room.budget.large)), share));
                    // With the time for its length.
                    self.waiting = None;
                }
            }
            let part = data.split_to(data.len().min(self.message.missing));
            self.message.missing -= part.len();
            self.message.append(part);
            if self.message.missing == 0 {
                self.complete.append(&mut self.message.take());
                self.is_first = false;
                if self.which != Unproven::Only {
                    (self.waiting, self.large) = (None, None);
                }
            }
        }
    }

    /// Returns what the message takes in the share of all messages.
    fn bytes(&self) -> usize {
        let content = match &self.large {
            // What arrives meanwhile is not read.
            Some(Large::Wanted(..)) => STREAM_WINDOW as usize,
            // It is counted in the share of large ones.
            Some(Large::Granted(_)) => 0,
            None => self.message.length,
        };
        MESSAGE + content
    }

    /// Returns an error when another message has the place, or when the time is over. The message then keeps nothing.
    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let (length, bytes) = (self.message.missing >> 20, self.bytes());
        let waiting = self.waiting.get_or_insert_with(|| {
            let time = TIME.0 + TIME.1 * u32::try_from(length).unwrap_or(u32::MAX);
            Waiting { slot: self.room.budget.messages.take(bytes), time: Box::pin(sleep(time)) }
        });
        waiting.slot.resize(bytes);
        if waiting.slot.poll_lost(context).is_ready() {
            return Poll::Ready(Status::resource_exhausted(
                "too many requests are incomplete, and this was the oldest one",
            ));
        }
        waiting
            .time
            .as_mut()
            .poll(context)
            .map(|()| Status::deadline_exceeded("the request did not arrive in time"))
    }

    /// Waits for room for a large message.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(Large::Wanted(semaphore, share)) = &mut self.large {
            // It is never closed.
            let permit = ready!(semaphore.poll_acquire_many(context, *share));
            self.large = permit.map(Large::Granted);
        }
        Poll::Ready(())
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        ready!(self.poll_room(context));
        Pin::new(&mut self.body).poll_frame(context)
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
                (self.is_over, self.is_surplus) = (true, false);
                self.complete.clear();
                return Poll::Ready(Some(Err(Status::internal("the request has more than one message"))));
            }
            if (self.is_over || self.which != Unproven::Only)
                && let Some(piece) = self.complete.pop_front()
            {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            match self.poll_data(context) {
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
                    (self.is_over, self.large) = (true, None);
                    self.complete.clear();
                    return Poll::Ready(Some(Err(error)));
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

//! Requests that are complete, incomplete, late or too large.

use std::task::Waker;

use proptest::prelude::*;
use tonic::Code;

use super::*;
use crate::budget::REQUESTS;
use crate::requests::OfConnection;

const MAX_MESSAGE: usize = 100 << 20;

/// Body with frames provided by a test, and with or without an end.
struct Script {
    frames: VecDeque<Bytes>,
    ends: bool,
}

impl HttpBody for Script {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.frames.pop_front() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

fn message(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), content].concat()
}

/// Creates a body without an end.
fn open(room: &Unread, which: Unproven, frames: &[Vec<u8>]) -> Body {
    let frames = frames.iter().map(|frame| Bytes::from(frame.clone())).collect();
    room.bound(Body::new(Script { frames, ends: false }), which, &OfConnection::default()).unwrap()
}

/// Polls a body once, without waiting.
fn poll(body: &mut Body) -> Poll<Option<Result<Vec<u8>, Status>>> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(body)
        .poll_frame(&mut context)
        .map(|next| next.map(|frame| frame.map(|frame| frame.into_data().unwrap().to_vec())))
}

/// Reads the available data without waiting.
fn read(body: &mut Body) -> Vec<u8> {
    let mut read = Vec::new();
    while let Poll::Ready(Some(Ok(piece))) = poll(body) {
        read.extend(piece);
    }
    read
}

fn refusal(body: &mut Body) -> Option<(Code, String)> {
    match poll(body) {
        Poll::Ready(Some(Err(status))) => Some((status.code(), status.message().to_owned())),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_message_comes_before_all_of_it_is_there() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let whole = message(b"hello");
    let mut body = open(&room, Unproven::Every, &[whole[..7].to_vec()]);
    assert!(poll(&mut body).is_pending());
    let mut body = open(&room, Unproven::Every, &[whole[..7].to_vec(), whole[7..].to_vec()]);
    assert_eq!(read(&mut body), whole);
}

#[tokio::test(start_paused = true)]
async fn of_too_many_incomplete_requests_the_oldest_is_refused() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let mut bodies: Vec<_> = (0..=REQUESTS / REQUEST).map(|_| open(&room, Unproven::Every, &[])).collect();
    let text = "too many requests are incomplete, and this was the oldest one";
    assert_eq!(refusal(&mut bodies[0]), Some((Code::ResourceExhausted, text.to_owned())));
    assert!(bodies[1..].iter_mut().all(|body| poll(body).is_pending()));
    let mut good = open(&room, Unproven::Every, &[message(b"hello")]);
    assert_eq!(read(&mut good), message(b"hello"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_arrive_in_time_is_refused() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let too_late = || Some((Code::DeadlineExceeded, "the request did not arrive in time".to_owned()));
    for begun in [vec![], message(b"hello")[..6].to_vec()] {
        let mut body = open(&room, Unproven::Every, &[begun]);
        assert!(poll(&mut body).is_pending());
        tokio::time::advance(TIME.0.saturating_sub(Duration::from_millis(1))).await;
        assert!(poll(&mut body).is_pending());
        tokio::time::advance(Duration::from_millis(2)).await;
        assert_eq!(refusal(&mut body), too_late());
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_has_more_time_when_more_of_it_has_arrived() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let whole = message(&vec![7; 90 << 20]);
    for (arrived, seconds) in [(100, 10), (5 << 20 | 5, 15)] {
        let mut body = open(&room, Unproven::Every, &[whole[..arrived].to_vec()]);
        assert!(poll(&mut body).is_pending());
        tokio::time::advance(Duration::from_millis(seconds * 1000 - 1)).await;
        assert!(poll(&mut body).is_pending(), "{arrived}");
        tokio::time::advance(Duration::from_millis(2)).await;
        let text = "the request did not arrive in time";
        assert_eq!(refusal(&mut body), Some((Code::DeadlineExceeded, text.to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn between_two_messages_of_a_stream_a_client_may_be_silent() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let mut body = open(&room, Unproven::Every, &[message(b"hello")]);
    assert_eq!(read(&mut body), message(b"hello"));
    tokio::time::advance(Duration::from_hours(1)).await;
    assert!(poll(&mut body).is_pending());
}

#[tokio::test(start_paused = true)]
async fn a_large_message_takes_the_places_of_those_that_promise_one_and_send_little() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let large = message(&vec![7; 90 << 20]);
    let mut silent: Vec<_> =
        (0..1_000).map(|_| open(&room, Unproven::Every, &[large[..1000].to_vec()])).collect();
    assert!(silent.iter_mut().all(|body| poll(body).is_pending()));
    let frames: Vec<_> = large.chunks(16 << 10).map(<[u8]>::to_vec).collect();
    let mut body = open(&room, Unproven::Every, &frames);
    assert!(read(&mut body) == large);
    assert!(refusal(&mut silent[0]).is_some() && refusal(&mut silent[999]).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_large_message_that_lost_its_place_is_not_read_further() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let whole = message(&vec![7; 60 << 20]);
    let mut first = open(&room, Unproven::Every, &[whole[..50 << 20].to_vec()]);
    assert!(poll(&mut first).is_pending());
    let mut second = open(&room, Unproven::Every, &[whole[..50 << 20].to_vec()]);
    assert!(poll(&mut second).is_pending());
    assert!(refusal(&mut first).is_some());
    assert!(poll(&mut second).is_pending());
}

#[tokio::test(start_paused = true)]
async fn a_small_request_that_is_there_is_read_also_when_it_has_lost_its_place() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let mut early = open(&room, Unproven::Every, &[message(b"hello")]);
    let _later: Vec<_> = (0..=REQUESTS / REQUEST).map(|_| open(&room, Unproven::Every, &[])).collect();
    assert_eq!(read(&mut early), message(b"hello"));
}

#[tokio::test(start_paused = true)]
async fn a_message_above_the_limit_is_not_read() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let header = [&[0][..], &(100_u32 << 20 | 1).to_be_bytes()].concat();
    let mut body = open(&room, Unproven::Every, &[[&header[..], &[7; 1000]].concat(), vec![7; 1000]]);
    assert_eq!(read(&mut body), header, "by which it is refused");
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
}

#[tokio::test(start_paused = true)]
async fn after_the_first_message_a_registered_chaincode_is_not_bounded() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let second = message(&vec![7; 1 << 20]);
    let frames = [[message(b"register"), second[..100].to_vec()].concat(), second[100..200].to_vec()];
    let mut body = open(&room, Unproven::First, &frames);
    assert_eq!(read(&mut body), [message(b"register"), second[..200].to_vec()].concat());
    tokio::time::advance(Duration::from_hours(1)).await;
    assert!(poll(&mut body).is_pending());
    let mut silent = open(&room, Unproven::First, &[]);
    assert!(poll(&mut silent).is_pending());
    tokio::time::advance(TIME.0 + Duration::from_millis(1)).await;
    assert!(refusal(&mut silent).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_only_message_of_a_call_comes_when_the_request_has_ended() {
    let room = Unread::new(&Budget::new(), MAX_MESSAGE);
    let mut body = open(&room, Unproven::Only, &[message(b"hello")]);
    assert!(poll(&mut body).is_pending(), "it may go on");
    tokio::time::advance(TIME.0 + Duration::from_millis(1)).await;
    assert!(refusal(&mut body).is_some());
    let mut two = open(&room, Unproven::Only, &[[message(b"hello"), message(b"again")].concat()]);
    let text = "the request has more than one message";
    assert_eq!(refusal(&mut two), Some((Code::Internal, text.to_owned())));
}

#[test]
fn a_byte_does_not_keep_the_buffer_alive_in_which_it_came() {
    let mut message = Message { length: 4, missing: 3, ..Message::default() };
    let buffer = Bytes::from(vec![7; 1 << 20]);
    message.append(buffer.slice(..1));
    assert!(buffer.is_unique());
}

#[test]
fn a_message_takes_room_for_what_has_arrived_and_not_for_what_it_promises() {
    let (length, mut room) = (90 << 20, Vec::new());
    let mut message = Message { length, missing: length, ..Message::default() };
    for part in [8 << 10, 8 << 10, 100 << 10] {
        message.missing -= part;
        message.append(Bytes::from(vec![7; part]));
        room.push(message.last.capacity());
    }
    assert_eq!(room, [8 << 10, 16 << 10, 64 << 10]);
}

proptest! {
    #[test]
    fn however_it_is_cut_a_body_arrives_as_it_was_sent(
        contents in prop::collection::vec((0_usize..100_000, any::<u8>()), 0..4),
        cuts in prop::collection::vec(1_usize..40_000, 1..40),
        rest in 0_usize..7,
        which in prop::sample::select(vec![Unproven::Only, Unproven::Every, Unproven::First]),
    ) {
        // Only a single message, or a part of one, is a valid request here.
        let (contents, rest) = match (which, contents.as_slice()) {
            (Unproven::Only, [first, ..]) => (vec![*first], 0),
            _ => (contents, rest),
        };
        let mut sent: Vec<u8> = contents.iter().flat_map(|(size, byte)| message(&vec![*byte; *size])).collect();
        // A truncated message, which tonic reports.
        sent.extend(&message(b"xx")[..rest]);
        let (mut left, mut frames) = (sent.as_slice(), VecDeque::new());
        for cut in cuts.iter().cycle() {
            let (frame, after) = left.split_at(left.len().min(*cut));
            frames.push_back(Bytes::copy_from_slice(frame));
            left = after;
            if left.is_empty() { break }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _guard = runtime.enter();
        let room = Unread::new(&Budget::new(), MAX_MESSAGE);
        let mut body = room.bound(Body::new(Script { frames, ends: true }), which, &OfConnection::default()).unwrap();
        prop_assert!(read(&mut body) == sent);
        prop_assert!(matches!(poll(&mut body), Poll::Ready(None)));
    }
}

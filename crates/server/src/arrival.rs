//! Waits for the first message of a connection, before it gets any buffers.
//!
//! A connection that sends nothing, or sends its first message byte by byte, costs a file descriptor and a small
//! task: the bytes stay in the system's buffer until the message is complete. The server can therefore hold thousands
//! of such connections, and a client that sends its message immediately does not wait among them.

use std::io::{self, ErrorKind};

use rustix::io::ioctl_fionread;
use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::greeting::PREFACE;

/// Length of a TLS record header: type, version, and length of the content (RFC 8446 section 5.1).
const RECORD_HEADER: usize = 5;

/// Maximum length of a TLS record's content.
const RECORD: usize = 1 << 14;

/// First data of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// A complete first message.
    Message,
    /// Data that cannot become a first message.
    Other,
    /// The end of the connection, before a complete message.
    End,
}

/// Waits for the first message of a client, without reading it. Returns the connection, detached from this runtime.
pub(crate) async fn first_message(
    stream: TcpStream,
    is_tls: bool,
) -> io::Result<(Arrived, std::net::TcpStream)> {
    loop {
        let ready = stream.ready(Interest::READABLE).await?;
        let arrived = match stream.try_io(Interest::READABLE, || look(&stream, is_tls)) {
            // More data may arrive, unless the client has closed its sending side.
            Err(error) if error.kind() == ErrorKind::WouldBlock && !ready.is_read_closed() => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Arrived::End,
            result => result?,
        };
        return Ok((arrived, stream.into_std()?));
    }
}

/// Returns what has arrived, or fails with [`ErrorKind::WouldBlock`] if a message may still arrive.
fn look(stream: &TcpStream, is_tls: bool) -> io::Result<Arrived> {
    let mut first = [0; PREFACE.len()];
    let (read, _) = recv(stream, &mut first, RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
    let expected = if is_tls { record(&first[..read]) } else { preface(&first[..read]) };
    match (read, expected) {
        (0, _) => Ok(Arrived::End),
        (_, 0) => Ok(Arrived::Other),
        _ if ioctl_fionread(stream)? < expected as u64 => Err(ErrorKind::WouldBlock.into()),
        _ => Ok(Arrived::Message),
    }
}

/// Returns the length of a TLS record that starts with these bytes; 0 if they are not the start of one.
fn record(first: &[u8]) -> usize {
    match first {
        [0x16, 3, _, high, low, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
            length @ 1..=RECORD => RECORD_HEADER + length,
            _ => 0,
        },
        [0x16] | [0x16, 3] | [0x16, 3, _] | [0x16, 3, _, _] => RECORD_HEADER,
        _ => 0,
    }
}

/// Returns the length of the HTTP/2 preface, if the bytes are a start of it; otherwise 0.
fn preface(first: &[u8]) -> usize {
    if !first.is_empty() && PREFACE.starts_with(first) { PREFACE.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_message_is_awaited_as_long_as_it_can_become_one() {
        let hello = [0x16, 3, 1, 0, 200, 1];
        for length in 1..RECORD_HEADER {
            assert_eq!(record(&hello[..length]), RECORD_HEADER, "{length}");
        }
        assert_eq!(record(&hello), 205);
        for none in [&[][..], b"GET /", b"PRI *", &[0x16, 2], &[0x16, 3, 1, 0x40, 1, 1], &[0x16, 3, 1, 0, 0]]
        {
            assert_eq!(record(none), 0, "{none:?}");
        }
        assert_eq!([preface(b"PRI"), preface(&PREFACE)], [PREFACE.len(); 2]);
        for none in [&b""[..], b"GET / HTTP/1.1", b"PRIX", &hello] {
            assert_eq!(preface(none), 0, "{none:?}");
        }
    }

    /// Sends pieces; returns how many of them it took to decide what has arrived, and the result.
    async fn clear_after(pieces: &[&[u8]], is_tls: bool) -> (usize, Arrived) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (served, _) = listener.accept().await.unwrap();
        for (number, piece) in (1..).zip(pieces) {
            client.write_all(piece).await.unwrap();
            served.readable().await.unwrap();
            if look(&served, is_tls).is_ok() {
                return (number, first_message(served, is_tls).await.unwrap().0);
            }
        }
        drop(client);
        (pieces.len() + 1, first_message(served, is_tls).await.unwrap().0)
    }

    #[tokio::test]
    async fn the_message_is_there_when_it_is_whole() {
        assert_eq!(clear_after(&[&[0x16], &[3, 1, 0, 2], &[1], &[2]], true).await, (4, Arrived::Message));
        assert_eq!(clear_after(&[&PREFACE[..20], &PREFACE[20..]], false).await, (2, Arrived::Message));
        assert_eq!(clear_after(&[b"G"], true).await, (1, Arrived::Other));
        assert_eq!(clear_after(&[b"P", b"OST"], false).await, (2, Arrived::Other));
        assert_eq!(clear_after(&[&[0x16, 3], b"x"], true).await, (3, Arrived::End), "the client has closed");
        assert_eq!(clear_after(&[], false).await, (1, Arrived::End), "nothing comes");
    }
}

//! Inspects the first bytes from a server on their way to HTTP/2.
//!
//! Every HTTP/2 server starts with a SETTINGS frame. hyper does not wait for it, and reports any other bytes only as a
//! broken connection. The bytes show which kind of server it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::error::StageError;

/// A byte stream in both directions.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The number of bytes of an HTTP/2 frame header that include its type.
const ENOUGH_IN_BYTES: usize = 4;

/// A stream that reports its first bytes.
pub(super) struct Greeted {
    stream: Box<dyn Stream>,
    over_tls: bool,
    first: Vec<u8>,
    listener: Option<oneshot::Sender<Result<(), StageError>>>,
    /// The error of a failed write, while the stream reads the server's last bytes.
    lost: Option<io::Error>,
}

impl Greeted {
    /// Wraps a stream; the receiver gets the verdict on the first bytes.
    pub(super) fn new(
        stream: Box<dyn Stream>,
        over_tls: bool,
    ) -> (Self, oneshot::Receiver<Result<(), StageError>>) {
        let (listener, verdict) = oneshot::channel();
        (Self { stream, over_tls, first: Vec::new(), listener: Some(listener), lost: None }, verdict)
    }

    fn tell(&mut self, verdict: Result<(), StageError>) {
        if let Some(listener) = self.listener.take() {
            // The receiver is dropped once the dial timeout is over.
            let _ = listener.send(verdict);
        }
    }

    fn tell_closed(&mut self) {
        let over_tls = self.over_tls;
        self.tell(Err(StageError::Closed { over_tls }));
    }

    /// Reports the meaning of a read error.
    fn tell_error(&mut self, error: &io::Error) {
        // With TLS 1.3, the server verifies the client certificate after the client has finished the handshake.
        let inner = error.get_ref();
        if inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) {
            self.tell(Err(tls_failure(error)));
        } else {
            self.tell_closed();
        }
    }

    /// Reads the bytes that the server sent before it closed the connection, until there is a verdict.
    fn hear_last_words(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 64];
        while self.listener.is_some() {
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) => self.look_at(buffer.filled()),
                Err(error) => self.tell_error(&error),
            }
        }
        Poll::Ready(())
    }

    /// Writes; after a failure, first reads the server's last bytes.
    ///
    /// A write can be the first to detect a closed connection, and then nothing would read any more. A server that
    /// rejects a client certificate sends an alert just before it closes.
    fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Box<dyn Stream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let error = match self.lost.take() {
            Some(error) => error,
            None => match write(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Err(error)) => error,
                other => return other,
            },
        };
        if self.hear_last_words(cx).is_pending() {
            self.lost = Some(error);
            return Poll::Pending;
        }
        Poll::Ready(Err(error))
    }

    fn look_at(&mut self, bytes: &[u8]) {
        let ended = bytes.is_empty();
        self.first.extend_from_slice(bytes);
        if self.first.len() >= ENOUGH_IN_BYTES {
            self.tell(judge(&self.first));
        } else if ended {
            self.tell_closed();
        }
    }
}

fn judge(first: &[u8]) -> Result<(), StageError> {
    match first {
        [_, _, _, 4, ..] if first[0] == 0 => Ok(()),
        [0x14..=0x17, 3, ..] => Err(StageError::SpeaksTls),
        [b'H', b'T', b'T', b'P', ..] => Err(StageError::Http1),
        _ => Err(StageError::NotHttp2(first.iter().copied().take(8).collect())),
    }
}

/// Returns the meaning of an error during or after a handshake.
pub(super) fn tls_failure(error: &io::Error) -> StageError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => StageError::NotTls,
        Some(tls) => StageError::Tls(tls.clone()),
        None => StageError::TlsClosed,
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        if self.listener.is_some() {
            match &result {
                Ok(()) => self.look_at(&buffer.filled()[before..]),
                Err(error) => self.tell_error(error),
            }
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, AsyncWrite::poll_shutdown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_what_listens() {
        assert!(judge(b"\0\0\x12\x04\0\0\0\0\0").is_ok());
        assert!(matches!(judge(b"\x15\x03\x01\0\x02"), Err(StageError::SpeaksTls)));
        assert!(matches!(judge(b"HTTP/1.0 400"), Err(StageError::Http1)));
        assert_eq!(
            judge(b"SSH-2.0-x").unwrap_err().to_string(),
            "the server answered with [53, 53, 48, 2d, 32, 2e, 30, 2d], which is not HTTP/2"
        );
    }

    /// A closed server: writes fail, and its last bytes arrive a moment later.
    struct Gone {
        said: Option<&'static [u8]>,
        arrived: bool,
    }

    impl AsyncRead for Gone {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !std::mem::replace(&mut self.arrived, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            buffer.put_slice(self.said.take().unwrap_or_default());
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Gone {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn what_a_server_said_before_it_went_is_heard_when_a_write_fails_first() {
        use tokio::io::AsyncWriteExt as _;

        for (said, verdict) in [
            (b"HTTP/1.1 400".as_slice(), "the server answered in HTTP/1"),
            (b"", "the server closed the connection before its HTTP/2 settings"),
        ] {
            let gone = Gone { said: Some(said), arrived: false };
            let (mut greeted, told) = Greeted::new(Box::new(gone), false);
            let error = greeted.write_all(b"PRI * HTTP/2.0").await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(told.await.unwrap().unwrap_err().to_string(), verdict);
        }
    }
}

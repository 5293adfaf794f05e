//! Opens a TCP connection to one of several addresses, in the order and with the delays of Go's dialer.
//!
//! Go 1.26 `net/dial.go` tries the addresses of the first one's family one after another. After 300 ms, or when all of
//! them have failed, it also tries those of the other family in parallel. The addresses share the remaining time
//! equally, but each gets at least 2 s if there is enough time.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::progress::{Attempt, Progress, Watch};

/// The time before the second family starts: `Dialer.FallbackDelay`.
const FALLBACK_DELAY: Duration = Duration::from_millis(300);

/// The minimum time for an address, as long as there is enough.
const LEAST_SHARE: Duration = Duration::from_secs(2);

/// A connection and its remote address.
type Connected = (TcpStream, SocketAddr);

/// Connects to the first address that accepts. If all fail, returns the error of the first family.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
    watch: Watch<'_>,
) -> io::Result<Connected> {
    let of_first =
        |address: &SocketAddr| addresses.first().is_some_and(|first| first.is_ipv4() == address.is_ipv4());
    let (primaries, fallbacks): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().partition(|a| of_first(a));
    let dial = Dial { deadline, watch: Mutex::new(watch) };
    let mut primary = pin!(dial.one_after_another(&primaries));
    if fallbacks.is_empty() {
        return primary.await;
    }
    tokio::select! {
        connected = &mut primary => match connected {
            Ok(connected) => return Ok(connected),
            Err(error) => return dial.one_after_another(&fallbacks).await.map_err(|_| error),
        },
        () = sleep(FALLBACK_DELAY) => {}
    }
    let mut fallback = pin!(dial.one_after_another(&fallbacks));
    tokio::select! {
        connected = &mut primary => match connected {
            Ok(connected) => Ok(connected),
            Err(error) => fallback.await.map_err(|_| error),
        },
        connected = &mut fallback => match connected {
            Ok(connected) => Ok(connected),
            Err(_) => primary.await,
        },
    }
}

struct Dial<'a> {
    deadline: Instant,
    /// Both families report their attempts through one callback; the lock is never held across an await.
    watch: Mutex<Watch<'a>>,
}

impl Dial<'_> {
    async fn one_after_another(&self, addresses: &[SocketAddr]) -> io::Result<Connected> {
        let mut first = None;
        for (index, &address) in addresses.iter().enumerate() {
            self.tell(address, None);
            let left = self.deadline.saturating_duration_since(Instant::now());
            let share = share(left, addresses.len() - index);
            let connected = timeout(share, TcpStream::connect(address)).await;
            match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(tcp) => return Ok((tcp, address)),
                Err(error) => {
                    self.tell(address, Some(error.to_string()));
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address")))
    }

    fn tell(&self, address: SocketAddr, error: Option<String>) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch(Progress::Tried(Attempt { address, error }));
    }
}

/// Returns the time limit for the next of several addresses.
fn share(left: Duration, addresses: usize) -> Duration {
    let equal = left / u32::try_from(addresses).unwrap_or(u32::MAX).max(1);
    equal.max(LEAST_SHARE.min(left))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[test]
    fn the_time_is_shared_but_nobody_gets_too_little() {
        for (left, addresses, expected) in [(3, 1, 3), (3, 2, 2), (10, 2, 5), (1, 4, 1), (100, 4, 25)] {
            assert_eq!(share(Duration::from_secs(left), addresses), Duration::from_secs(expected));
        }
    }

    /// Listens with a full queue and without accepting, so that further connections get no answer.
    async fn unanswering() -> (TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(Ok(tcp)) = timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
            queue.push(tcp);
        }
        (listener, queue)
    }

    async fn closed() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn an_address_without_answer_holds_up_the_other_family_for_a_moment_only() {
        let (silent, _queue) = unanswering().await;
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // In this form, 127.0.0.1 belongs to the other family, even on a machine without IPv6.
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        let addresses = [silent.local_addr().unwrap(), (mapped, good.local_addr().unwrap().port()).into()];
        let began = Instant::now();
        let connected = connect(&addresses, began + Duration::from_mins(1), &mut |_| ()).await.unwrap();
        assert_eq!(connected.1, addresses[1]);
        assert!((FALLBACK_DELAY..Duration::from_secs(30)).contains(&began.elapsed()));
    }

    #[tokio::test]
    async fn every_address_is_told_when_none_accepts() {
        let addresses = [closed().await, closed().await, (Ipv6Addr::LOCALHOST, closed().await.port()).into()];
        let mut told = Vec::new();
        let mut watch = |progress: Progress<'_>| {
            if let Progress::Tried(Attempt { address, error: Some(_) }) = progress {
                told.push(address);
            }
        };
        let error =
            connect(&addresses, Instant::now() + Duration::from_secs(9), &mut watch).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(told, addresses);
    }

    #[tokio::test]
    async fn without_an_address_there_is_nothing_to_connect_to() {
        let error = connect(&[], Instant::now(), &mut |_| ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }
}

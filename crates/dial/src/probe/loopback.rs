//! A server that listens on 127.0.0.1 when the address that is dialled is another one of the same machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::Attempt;

/// How long a connection within the machine may take.
const LIMIT: Duration = Duration::from_millis(200);

/// Returns whether an address that refused is this machine's, and something accepts on 127.0.0.1.
pub(super) async fn listens_there_alone(attempts: &[Attempt], port: u16) -> bool {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut others =
        attempts.iter().map(|attempt| attempt.address.ip()).filter(|address| *address != loopback);
    if !others.any(is_of_this_machine) {
        return false;
    }
    let connecting = TcpStream::connect(SocketAddr::new(loopback, port));
    timeout(LIMIT, connecting).await.is_ok_and(|result| result.is_ok())
}

/// Only an address of this machine can be bound; the socket sends nothing.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

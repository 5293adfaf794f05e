//! Detects a server that listens only on 127.0.0.1, while the dialed address is another one of the same machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::Attempt;

/// The time limit for a connection within the machine.
const LIMIT: Duration = Duration::from_millis(200);

/// Returns whether a refused address belongs to this machine, and a program accepts connections on 127.0.0.1.
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

/// Only an address of this machine can be bound; the socket sends no data.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

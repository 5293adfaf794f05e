//! Warnings about a peer that programs on other machines can reach.

use std::net::SocketAddr;

use crate::event::Ready;

/// Returns warnings about access from other machines that should be limited to this one.
pub(crate) fn warnings(ready: &Ready) -> Vec<String> {
    let &Ready { listen: clients, is_tls, chaincode_listen: chaincode, is_chaincode_tls, .. } = ready;
    let mut warnings = Vec::new();
    if is_beyond_this_machine(clients) && !is_tls {
        warnings.push(format!(
            "clients connect to {clients} without TLS: every machine on the network path can read and change what they \
             send and receive, private data included; leave out --no-tls, or listen on 127.0.0.1"
        ));
    }
    if is_beyond_this_machine(chaincode) && !is_chaincode_tls {
        warnings.push(format!(
            "every program that can reach {chaincode} can register as a chaincode of this peer that is not running, and \
             then answers its transactions and reads and writes its state; add --chaincode-tls, or listen on 127.0.0.1"
        ));
    }
    warnings
}

/// Returns a warning about a Fabric CA that other machines can reach.
pub(crate) fn warning_of_ca(address: SocketAddr) -> Option<String> {
    is_beyond_this_machine(address).then(|| {
        format!(
            "every program that can reach the CA at {address} can create identities of the organization, because the \
             secret of its registrar is public; listen on 127.0.0.1"
        )
    })
}

/// Returns whether programs on other machines can connect to an address.
fn is_beyond_this_machine(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(clients: &str, is_tls: bool, chaincode: &str, is_chaincode_tls: bool) -> Vec<String> {
        let [clients, chaincode] = [clients, chaincode].map(|address| address.parse().unwrap());
        warnings(&Ready {
            msp_id: "Org1MSP".parse().unwrap(),
            channels: vec!["mychannel".to_owned()],
            listen: clients,
            endpoint: "localhost:7051".to_owned(),
            host_alias: "peer0.org1.example.com".to_owned(),
            crypto_path: "organizations".into(),
            is_tls,
            chaincode_listen: chaincode,
            chaincode_endpoint: "localhost:7052".to_owned(),
            is_chaincode_tls,
            orderer_endpoint: None,
            ca_endpoint: None,
        })
    }

    #[test]
    fn a_peer_of_this_machine_exposes_nothing() {
        for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
            assert_eq!(
                told(&format!("{host}:7051"), false, &format!("{host}:7052"), false),
                [""; 0],
                "{host}"
            );
        }
    }

    #[test]
    fn each_listener_in_plaintext_that_others_reach_is_named_with_who_can_do_what() {
        for host in ["0.0.0.0", "[::]", "192.0.2.7"] {
            let (clients, chaincode) = (format!("{host}:7051"), format!("{host}:7052"));
            let both = told(&clients, false, &chaincode, false);
            assert_eq!(both.len(), 2);
            assert!(both[0].starts_with(&format!(
                "clients connect to {clients} without TLS: every machine on the network path can read and change"
            )));
            assert!(both[1].starts_with(&format!(
                "every program that can reach {chaincode} can register as a chaincode of this peer"
            )));
            assert_eq!(told(&clients, true, &chaincode, false), both[1..]);
            assert_eq!(told(&clients, false, &chaincode, true), both[..1]);
            assert_eq!(told(&clients, true, &chaincode, true), [""; 0]);
        }
    }
}

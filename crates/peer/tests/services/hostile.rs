//! Clients that send too much before they have authenticated.

use crate::proposal::{Parts, transaction_id};
use crate::running::start;

#[tokio::test]
async fn a_creator_that_is_longer_than_a_certificate_can_be_is_refused() {
    let peer = start().await;
    let mut parts = Parts::new(&peer.network.client, &["get", "a"]);
    // The certificate keeps its length, and the padding is in an unknown field, so the identity is valid.
    parts.signature.creator.extend([&[0x7a, 0x80, 0x80, 0x04][..], &b"\n".repeat(64 << 10)].concat());
    parts.channel.tx_id = transaction_id(&parts.signature.nonce, &parts.signature.creator);
    let status = peer.gateway().evaluate(peer.evaluate_request(&parts)).await.unwrap_err();
    assert!(status.message().ends_with("creator org unknown, creator is malformed"), "{status:?}");
    peer.stop().await;
}

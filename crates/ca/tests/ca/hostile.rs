//! Input of any kind: a CA answers each call, and only calls with a proof change its state.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_ca::Answer;
use proptest::prelude::*;
use serde_json::json;

use crate::client::{Network, basic, body, request};

static NETWORK: LazyLock<Network> = LazyLock::new(Network::new);
/// Valid certificate request of the registrar.
static REQUEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pem = request("admin").1;
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_call_gets_an_answer(
        method in "GET|POST|PUT|[A-Z]{0,5}",
        uri in "/(api/v1/)?(cainfo|enroll|reenroll|register|revoke|[a-z]{0,5})(\\?ca=[a-z0-9-]{0,8})?",
        authorization in proptest::option::of("(Basic )?[A-Za-z0-9+/=.]{0,40}|\\PC{0,20}"),
        body in "\\PC{0,60}|\\{\"certificate_request\":\"[A-Z-]{0,40}\"\\}",
    ) {
        let answer = NETWORK.call(&method, &uri, authorization.as_deref(), &body);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_ok());
        prop_assert!(answer.status != 201);
        // The CA saves each change.
        prop_assert!(!NETWORK.state().exists());
    }

    #[test]
    fn a_damaged_request_is_refused(at in 0_usize..600, byte in any::<u8>()) {
        let at = at % REQUEST.len();
        prop_assume!(REQUEST[at] != byte);
        let answer = enroll_with_damage(at, byte);
        prop_assert!(answer.status >= 400, "{}", answer.body);
        prop_assert!(!NETWORK.state().exists());
    }
}

/// A decoder that accepts a wrong length, and a signature over what it has read, would let some of these pass.
#[test]
fn a_request_with_a_larger_byte_is_refused() {
    for (at, byte) in REQUEST.iter().enumerate() {
        let answer = enroll_with_damage(at, byte.wrapping_add(1));
        assert!(answer.status >= 400, "byte {at}: {}", answer.body);
    }
    assert!(!NETWORK.state().exists());
}

/// Enrolls the registrar with a request in which one byte is replaced.
fn enroll_with_damage(at: usize, byte: u8) -> Answer {
    let mut der = REQUEST.clone();
    der[at] = byte;
    let encoded = STANDARD.encode(der);
    let chunks: Vec<_> =
        encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let label = "CERTIFICATE REQUEST";
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", chunks.join("\n"));
    NETWORK.call("POST", "/enroll", Some(&basic("admin", "adminpw")), &body(&pem, json!({})))
}

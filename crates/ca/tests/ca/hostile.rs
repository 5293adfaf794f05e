//! Input of any kind: a CA answers each call, and only calls with a proof change its state.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use crate::client::{Network, basic, body, request};

static NETWORK: LazyLock<Network> = LazyLock::new(Network::new);
static REQUEST: LazyLock<String> = LazyLock::new(|| request("admin").1);

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
    }

    #[test]
    fn a_damaged_request_is_refused(at in 0_usize..600, byte in any::<u8>()) {
        let lines: Vec<_> = REQUEST.lines().map(str::to_owned).collect();
        let encoded: String = lines[1..lines.len() - 1].concat();
        let mut der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
        let at = at % der.len();
        prop_assume!(der[at] != byte);
        der[at] = byte;
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        let chunks: Vec<_> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("{}\n{}\n{}\n", lines[0], chunks.join("\n"), lines[lines.len() - 1]);
        let answer = NETWORK.call("POST", "/enroll", Some(&basic("admin", "adminpw")), &body(&pem, json!({})));
        prop_assert!(answer.status >= 400, "{}", answer.body);
    }
}

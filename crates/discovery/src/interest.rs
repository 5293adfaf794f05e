//! The calls of a transaction as text, in the error that clients receive.

use std::fmt::Write as _;

use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};

/// Returns the calls in the format in which Go prints messages. Go varies the spaces from one program to the next, so
/// clients can only compare the beginning.
pub(crate) fn text(interest: &ChaincodeInterest) -> String {
    let calls = interest.chaincodes.iter().map(|call| format!("chaincodes:{{{}}}", call_text(call)));
    calls.collect::<Vec<_>>().join(" ")
}

fn call_text(call: &ChaincodeCall) -> String {
    let mut text = format!("name:{:?}", call.name);
    let mut add = |field: &str| {
        // Writing to a string does not fail.
        let _ = write!(text, " {field}");
    };
    for name in &call.collection_names {
        add(&format!("collection_names:{name:?}"));
    }
    for (name, is_set) in
        [("no_private_reads", call.no_private_reads), ("no_public_writes", call.no_public_writes)]
    {
        if is_set {
            add(&format!("{name}:true"));
        }
    }
    for _ in &call.key_policies {
        add("key_policies:{}");
    }
    if call.disregard_namespace_policy {
        add("disregard_namespace_policy:true");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_printed_as_go_prints_them() {
        let call = |name: &str| ChaincodeCall { name: name.to_owned(), ..ChaincodeCall::default() };
        let mut interest = ChaincodeInterest { chaincodes: vec![call("basic")] };
        assert_eq!(text(&interest), r#"chaincodes:{name:"basic"}"#);
        interest.chaincodes[0].collection_names = vec!["a".to_owned(), "b".to_owned()];
        interest.chaincodes[0].no_private_reads = true;
        interest.chaincodes.push(call("other"));
        assert_eq!(
            text(&interest),
            r#"chaincodes:{name:"basic" collection_names:"a" collection_names:"b" no_private_reads:true} chaincodes:{name:"other"}"#
        );
    }
}

//! Transactions of the contract, with the exact answers that both samples must return.

use crate::fake_peer::FakePeer;

type Answer = Result<&'static str, &'static str>;

/// The function and its arguments, then the payload of a success or the message of an error.
const CONVERSATION: &[(&[&str], Answer)] = &[
    (&["GetAllAssets"], Ok("[]")),
    (&["GetAllAssets", "surplus"], Ok("[]")),
    (&["InitLedger"], Ok("")),
    (&["AssetExists", "asset1"], Ok("true")),
    (&["AssetExists", "asset7"], Ok("false")),
    (
        &["ReadAsset", "asset3"],
        Ok(r#"{"AppraisedValue":500,"Color":"green","ID":"asset3","Owner":"Jin Soo","Size":10}"#),
    ),
    (&["ReadAsset", "asset7"], Err("the asset asset7 does not exist")),
    (&["CreateAsset", "asset7", "\"bläu\"\n", "0", "", "4294967295"], Ok("")),
    (
        &["ReadAsset", "asset7"],
        Ok(
            "{\"AppraisedValue\":4294967295,\"Color\":\"\\\"bläu\\\"\\n\",\"ID\":\"asset7\",\"Owner\":\"\",\"Size\":0}",
        ),
    ),
    (&["CreateAsset", "asset7", "red", "1", "Max", "1"], Err("the asset asset7 already exists")),
    (
        &["CreateAsset", "asset8", "red", "big", "Max", "1"],
        Err(r#"Size must be a whole number from 0 to 4294967295, got "big""#),
    ),
    (
        &["CreateAsset", "asset8", "red", "1", "Max", "4294967296"],
        Err(r#"AppraisedValue must be a whole number from 0 to 4294967295, got "4294967296""#),
    ),
    (&["UpdateAsset", "asset7", "red", "+7", "Max", "007"], Ok("")),
    (&["UpdateAsset", "asset8", "red", "1", "Max", "1"], Err("the asset asset8 does not exist")),
    (&["TransferAsset", "asset7", "Brad"], Ok("Max")),
    (&["TransferAsset", "asset8", "Brad"], Err("the asset asset8 does not exist")),
    (
        &["ReadAsset", "asset7"],
        Ok(r#"{"AppraisedValue":7,"Color":"red","ID":"asset7","Owner":"Brad","Size":7}"#),
    ),
    (&["DeleteAsset", "asset8"], Err("the asset asset8 does not exist")),
    (&["DeleteAsset", "asset1"], Ok("")),
    (&["DeleteAsset", "asset2"], Ok("")),
    (&["DeleteAsset", "asset3"], Ok("")),
    (&["DeleteAsset", "asset4"], Ok("")),
    (&["DeleteAsset", "asset5"], Ok("")),
    (
        &["GetAllAssets"],
        Ok(
            r#"[{"AppraisedValue":800,"Color":"white","ID":"asset6","Owner":"Michel","Size":15},{"AppraisedValue":7,"Color":"red","ID":"asset7","Owner":"Brad","Size":7}]"#,
        ),
    ),
    (&["ReadAsset"], Err("Expected 1 parameters, but 0 have been supplied")),
    (&["MeltAsset", "asset1"], Err("You've asked to invoke a function that does not exist: MeltAsset")),
];

/// Runs all transactions on a chaincode that starts with an empty world state.
pub(crate) async fn check(peer: &mut FakePeer) {
    for (args, expected) in CONVERSATION {
        let response = peer.submit(args).await.unwrap();
        let (status, payload, message) = match *expected {
            Ok(payload) => (200, payload, ""),
            Err(message) => (500, "", message),
        };
        let got = (response.status, str::from_utf8(&response.payload).unwrap(), response.message.as_str());
        assert_eq!(got, (status, payload, message), "{args:?}");
    }
}

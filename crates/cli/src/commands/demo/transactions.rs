//! Some transactions on the asset-transfer contract, each with the expected answer.

use ccs_chaincode::{Chaincode, TransactionResult};

use super::story::{Step, Story};
use crate::failure::Failure;

/// The channel of the demo's peer.
const CHANNEL: &str = "mychannel";

/// The name of the chaincode on it.
const NAME: &str = "basic";

/// The expected answer.
enum Expected {
    /// Success with exactly this payload.
    Payload(&'static str),
    /// Success with a payload that contains this text this number of times.
    Count(&'static str, usize),
    /// Status 500 and a message that contains this text.
    Refusal(&'static str),
}

/// A transaction of the demo.
struct Transaction {
    submit: bool,
    arguments: &'static [&'static str],
    expected: Expected,
}

const fn submit(arguments: &'static [&'static str], expected: Expected) -> Transaction {
    Transaction { submit: true, arguments, expected }
}

const fn evaluate(arguments: &'static [&'static str], expected: Expected) -> Transaction {
    Transaction { submit: false, arguments, expected }
}

const TRANSACTIONS: [Transaction; 8] = [
    submit(&["InitLedger"], Expected::Payload("")),
    evaluate(&["GetAllAssets"], Expected::Count("\"ID\"", 6)),
    submit(&["CreateAsset", "asset7", "green", "7", "Ada", "700"], Expected::Payload("")),
    evaluate(
        &["ReadAsset", "asset7"],
        Expected::Payload(r#"{"AppraisedValue":700,"Color":"green","ID":"asset7","Owner":"Ada","Size":7}"#),
    ),
    submit(&["TransferAsset", "asset7", "Grace"], Expected::Payload("Ada")),
    submit(&["DeleteAsset", "asset7"], Expected::Payload("")),
    evaluate(&["ReadAsset", "asset7"], Expected::Refusal("the asset asset7 does not exist")),
    evaluate(&["GetAllAssets"], Expected::Count("\"ID\"", 6)),
];

/// Runs all transactions; the first unexpected answer ends the demo.
pub(super) async fn run(chaincode: &Chaincode, story: &mut Story) -> Result<(), Failure> {
    for transaction in &TRANSACTIONS {
        let (name, arguments) =
            (if transaction.submit { "submit" } else { "evaluate" }, transaction.arguments);
        let step = Step::begin(name);
        let result = if transaction.submit {
            chaincode.submit(CHANNEL, NAME, arguments).await
        } else {
            chaincode.evaluate(CHANNEL, NAME, arguments).await
        };
        let result = result.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
        let answer = check(&transaction.expected, &result)
            .map_err(|found| Failure::new(format!("{} answered {found}", call(arguments))))?;
        story.done(step, &format!("{} \u{2192} {answer}", call(arguments)));
    }
    Ok(())
}

/// Writes a call as `Name(a, b)`.
fn call(arguments: &[&str]) -> String {
    arguments.split_first().map_or_else(String::new, |(name, rest)| format!("{name}({})", rest.join(", ")))
}

/// Returns a summary of the answer, or the unexpected answer as an error.
fn check(expected: &Expected, result: &TransactionResult) -> Result<String, String> {
    let payload = String::from_utf8_lossy(&result.payload);
    let found = || format!("status {}, message {:?}, payload {payload:?}", result.status, result.message);
    match expected {
        Expected::Payload(text) if result.status == 200 && payload == *text => {
            Ok(if text.is_empty() { "ok".to_owned() } else { payload.into_owned() })
        }
        Expected::Count(text, times) if result.status == 200 && payload.matches(text).count() == *times => {
            Ok(format!("{times} assets"))
        }
        Expected::Refusal(text) if result.status == 500 && result.message.contains(text) => {
            Ok(format!("rejected, as expected: {text}"))
        }
        _ => Err(found()),
    }
}

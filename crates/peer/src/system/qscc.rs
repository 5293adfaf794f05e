//! `qscc`: queries for the ledger of a channel (Fabric 3.1 `core/scc/qscc/query.go`).

use ccs_chaincode::SystemChaincode;
use ccs_ledger::{Ledger, LedgerError};
use ccs_proto::common::Envelope;
use ccs_proto::peer::ProcessedTransaction;
use prost::Message;

use super::{Answer, Request};

/// Number that requests the newest block.
const NEWEST: u64 = u64::MAX;

pub(super) fn invoke(request: &Request<'_>) -> Answer {
    let count = request.arguments().len();
    if count < 2 {
        return Err(format!("Incorrect number of arguments, {count}"));
    }
    let (function, name) = (request.text(0), request.text(1));
    let called = request.called();
    if called != "qscc" {
        return Err(SystemChaincode::Qscc.rejection(&called));
    }
    if function != "GetChainInfo" && count < 3 {
        return Err(format!("missing 3rd argument for {function}"));
    }
    let channel = request.channels.get(&name).ok_or_else(|| format!("Invalid chain ID, {name}"))?;
    request
        .may_read(channel)
        .map_err(|error| format!("access denied for [{function}][{name}]: [{error}]"))?;
    answer(&function, channel.ledger(), request.arguments().get(2).map(Vec::as_slice).unwrap_or_default())
}

fn answer(function: &str, ledger: &Ledger, argument: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(argument);
    match function {
        "GetChainInfo" => ledger
            .info()
            .map(|info| info.encode_to_vec())
            .map_err(|error| format!("Failed to get block info with error {error}")),
        "GetBlockByNumber" => by_number(ledger, &text),
        "GetBlockByHash" => {
            let missing = || format!("no such block hash [{}] in index", hex::encode(argument));
            found(ledger.block_by_hash(argument), missing)
                .map(|block| block.encode_to_vec())
                .map_err(|error| format!("Failed to get block hash {text}, error {error}"))
        }
        "GetBlockByTxID" => found(ledger.block_of_transaction(&text), || no_such_transaction(&text))
            .map(|block| block.encode_to_vec())
            .map_err(|error| format!("Failed to get block for txID {text}, error {error}")),
        "GetTransactionByID" => by_transaction(ledger, &text),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

fn by_number(ledger: &Ledger, text: &str) -> Answer {
    let number: u64 = text.parse().map_err(|_| {
        format!("Failed to parse block number with error strconv.ParseUint: parsing {text:?}: invalid syntax")
    })?;
    let wanted = if number == NEWEST { ledger.height().saturating_sub(1) } else { number };
    found(ledger.block(wanted), || format!("no such block number [{number}] in index"))
        .map(|block| block.encode_to_vec())
        .map_err(|error| format!("Failed to get block number {number}, error {error}"))
}

fn by_transaction(ledger: &Ledger, id: &str) -> Answer {
    let failed = |error: String| format!("Failed to get transaction with id {id}, error {error}");
    let transaction = found(ledger.transaction(id), || no_such_transaction(id)).map_err(failed)?;
    let envelope = Envelope::decode(transaction.envelope.as_slice());
    let envelope = envelope.map_err(|error| failed(error.to_string()))?;
    let code = transaction.code as i32;
    Ok(ProcessedTransaction { transaction_envelope: Some(envelope), validation_code: code }.encode_to_vec())
}

fn no_such_transaction(id: &str) -> String {
    format!("no such transaction ID [{id}] in index")
}

fn found<T>(answer: Result<Option<T>, LedgerError>, missing: impl FnOnce() -> String) -> Result<T, String> {
    answer.map_err(|error| error.to_string())?.ok_or_else(missing)
}

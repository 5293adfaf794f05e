//! A transaction of a block as a line.

use std::fmt::Write as _;

use ccs_client::{Key, Transaction, TransactionKind, Write};

use crate::style::{BAD, FAINT, GOOD, NAME, safe};

/// How many bytes of a key's hash are shown.
const SHOWN_OF_HASH: usize = 6;

/// Writes a transaction as a line.
pub(super) fn line(block: u64, index: usize, transaction: &Transaction) -> String {
    let code = transaction.code;
    let style = if code.is_valid() { GOOD } else { BAD };
    let mut line = format!("block {block}  tx {index}  {style}{code}{style:#}  ");
    // Writing to a String cannot fail.
    let _ = write!(line, "{NAME}{}{NAME:#}", what(transaction));
    if let Some(creator) = &transaction.creator
        && transaction.kind == TransactionKind::Endorser
    {
        let _ = write!(line, "  by {}", safe(&creator.msp_id));
    }
    for (verb, is_delete) in [("writes", false), ("deletes", true)] {
        let keys = keys(transaction, is_delete);
        if !keys.is_empty() {
            let _ = write!(line, "  {verb} {}", keys.join(", "));
        }
    }
    if let Some(event) = &transaction.event {
        let _ = write!(line, "  event {}", safe(event));
    }
    if let Some(problem) = &transaction.problem {
        let _ = write!(line, "  {BAD}cannot be decoded:{BAD:#} {}", safe(problem));
    }
    if !transaction.id.is_empty() {
        let _ = write!(line, "  {FAINT}{}{FAINT:#}", safe(&transaction.id));
    }
    line.push('\n');
    line
}

/// Describes the call, as far as it is known.
fn what(transaction: &Transaction) -> String {
    match (transaction.kind, &transaction.chaincode, &transaction.function) {
        (TransactionKind::Configuration, ..) => "configuration".to_owned(),
        (TransactionKind::Other(number), ..) => format!("header type {number}"),
        (_, Some(chaincode), Some(function)) => format!("{} {}", safe(chaincode), safe(function)),
        (_, Some(chaincode), None) => safe(chaincode),
        _ => "transaction".to_owned(),
    }
}

fn keys(transaction: &Transaction, is_delete: bool) -> Vec<String> {
    let writes = transaction.writes.iter().filter(|write| write.is_delete == is_delete);
    writes.map(|write| key(write, transaction.chaincode.as_deref())).collect()
}

/// Names a key, with the namespace for other chaincode, and with the collection for private data.
fn key(write: &Write, chaincode: Option<&str>) -> String {
    let mut name = String::new();
    if chaincode != Some(write.namespace.as_str()) {
        let _ = write!(name, "{}:", safe(&write.namespace));
    }
    if let Some(collection) = &write.collection {
        let _ = write!(name, "{}/", safe(collection));
    }
    match &write.key {
        Key::Plain(key) => name.push_str(&safe(key)),
        Key::Hash(hash) => {
            let _ = write!(name, "#{}", hex::encode(&hash[..hash.len().min(SHOWN_OF_HASH)]));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use ccs_client::{Creator, ValidationCode};

    use super::*;

    fn transaction() -> Transaction {
        Transaction {
            id: "3f9a".to_owned(),
            kind: TransactionKind::Endorser,
            code: ValidationCode::from_number(11),
            timestamp: None,
            creator: Some(Creator { msp_id: "Org1MSP".to_owned(), subject: None }),
            chaincode: Some("basic".to_owned()),
            function: Some("Transfer\u{1b}".to_owned()),
            writes: Vec::new(),
            event: Some("Moved".to_owned()),
            problem: None,
        }
    }

    fn write(namespace: &str, collection: Option<&str>, key: Key, is_delete: bool) -> Write {
        let (namespace, collection) = (namespace.to_owned(), collection.map(str::to_owned));
        Write { namespace, collection, key, is_delete }
    }

    fn plain(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    #[test]
    fn a_line_names_code_call_keys_and_event_and_cannot_steer_a_terminal() {
        let mut transaction = transaction();
        transaction.writes = vec![
            write("basic", None, Key::Plain("a\u{0}1".to_owned()), false),
            write("other", None, Key::Plain("b".to_owned()), true),
            write("basic", Some("secrets"), Key::Hash(vec![0xab; 32]), false),
        ];
        assert_eq!(
            plain(&line(7, 1, &transaction)),
            "block 7  tx 1  MVCC_READ_CONFLICT  basic Transfer\\u{1b}  by Org1MSP  writes a\\u{0}1, \
             secrets/#abababababab  deletes other:b  event Moved  3f9a\n"
        );
    }

    #[test]
    fn a_configuration_has_neither_call_nor_id() {
        let mut transaction = transaction();
        transaction.kind = TransactionKind::Configuration;
        transaction.code = ValidationCode::VALID;
        (transaction.id, transaction.event) = (String::new(), None);
        assert_eq!(plain(&line(0, 0, &transaction)), "block 0  tx 0  VALID  configuration\n");
    }
}

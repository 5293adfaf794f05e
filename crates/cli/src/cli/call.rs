//! Options of `ccs invoke` and `ccs query`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::str::FromStr;

use ccs_identity::MspId;
use clap::Args;
use serde_json::Value;

use super::network::Network;

/// Options of `ccs invoke`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs invoke basic CreateAsset asset7 blue 5 Tom 300\n  \
                  ccs invoke private CreateAsset --transient asset_properties=@asset.json\n  \
                  ccs invoke basic TransferAsset asset7 Anna --endpoint peer0.org1.example.com:7051 \\\n    \
                  --tls-ca ca.crt --identity users/User1@org1.example.com/msp --msp Org1MSP \\\n    \
                  --org Org1MSP --org Org2MSP\n\n\
                  Exit codes: 50 no connection, 51 rejected by the peer or the chaincode, 52 committed as invalid,\n\
                  53 submitted with unknown outcome, 54 no response.\nSee \"Transactions, queries, events and blocks\" (docs/client.html).")]
pub(crate) struct Invoke {
    #[command(flatten)]
    pub(crate) call: Call,
    /// Call Init, for a definition with --init-required
    #[arg(long)]
    pub(crate) init: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// Options of `ccs query`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs query basic ReadAsset asset1\n  ccs query -C mychannel -n basic -c '{\"Args\":[\"ReadAsset\",\"asset1\"]}'\n  ccs query basic GetAllAssets | jq '.[].ID'\n  \
                  ccs query qscc GetChainInfo mychannel > info.bin\n\n\
                  Exit codes: 50 no connection, 51 rejected by the peer or the chaincode, 54 no response.\n\
                  See \"Transactions, queries, events and blocks\" (docs/client.html)."
)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) call: Call,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// The function to call, and its arguments.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The name of the chaincode, as in its definition
    #[arg(value_name = "CHAINCODE", required_unless_present = "name")]
    chaincode: Option<String>,
    /// The function
    #[arg(value_name = "FUNCTION", required_unless_present_any = ["name", "constructor"])]
    function: Option<String>,
    /// The arguments of the function; @FILE reads a file, @@TEXT stands for @TEXT, and after -- an argument may begin with a dash
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    arguments: Vec<OsString>,
    /// The name of the chaincode, as for the peer command
    #[arg(
        short = 'n',
        long = "name",
        value_name = "CHAINCODE",
        requires = "constructor",
        conflicts_with = "chaincode"
    )]
    name: Option<String>,
    /// Function and arguments as JSON, as for the peer command
    #[arg(short = 'c', long = "ctor", value_name = "JSON", conflicts_with = "function")]
    constructor: Option<Constructor>,
    /// Transient data: the chaincode can read the value, and no ledger stores it; KEY=@FILE reads it from a file
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) transient: Vec<OsString>,
    /// Organizations whose peers endorse the transaction [default: the gateway chooses]
    #[arg(long = "org", value_name = "MSP-ID")]
    pub(crate) organizations: Vec<MspId>,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

impl Call {
    /// Returns the name of the chaincode.
    pub(crate) fn chaincode(&self) -> &str {
        // The command line has one of the two.
        self.chaincode.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }

    /// Returns the function.
    pub(crate) fn function(&self) -> &str {
        let constructor = self.constructor.as_ref().map(|constructor| constructor.function.as_str());
        self.function.as_deref().or(constructor).unwrap_or_default()
    }

    /// Returns the arguments; those of --ctor are texts, and @ has no meaning in them.
    pub(crate) fn arguments(&self) -> Arguments<'_> {
        match &self.constructor {
            Some(constructor) => Arguments::Texts(&constructor.arguments),
            None => Arguments::Words(&self.arguments),
        }
    }
}

/// The arguments of a function.
pub(crate) enum Arguments<'a> {
    /// Words of the command line, in which @ names a file.
    Words(&'a [OsString]),
    /// Texts as they are.
    Texts(&'a [String]),
}

/// Function and arguments in the JSON form of the peer command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constructor {
    function: String,
    arguments: Vec<String>,
}

impl FromStr for Constructor {
    type Err = String;

    /// Reads `{"Args":[...]}` or `{"Function":"...","Args":[...]}`, with keys in any case (Fabric 3.1
    /// `internal/peer/chaincode/common.go`).
    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected {\"Args\":[\"FUNCTION\",\"ARG\",...]} or \
                                {\"Function\":\"FUNCTION\",\"Args\":[\"ARG\",...]}";
        let document: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("{error}; {EXPECTED}"))?;
        let (mut function, mut arguments) = (None, None);
        for (key, value) in document {
            match key.to_ascii_lowercase().as_str() {
                "function" => function = Some(serde_json::from_value(value).map_err(|_| EXPECTED)?),
                "args" => arguments = Some(serde_json::from_value(value).map_err(|_| EXPECTED)?),
                _ => return Err(format!("unknown key {key:?}; {EXPECTED}")),
            }
        }
        let mut arguments: Vec<String> = arguments.ok_or(EXPECTED)?;
        let function = match function {
            Some(function) => function,
            None if arguments.is_empty() => return Err(EXPECTED.to_owned()),
            None => arguments.remove(0),
        };
        Ok(Self { function, arguments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_of_the_peer_command_is_read_as_the_peer_command_reads_it() {
        let read = |text: &str| text.parse::<Constructor>();
        let expected = Constructor { function: "f".to_owned(), arguments: vec!["a".to_owned()] };
        assert_eq!(read(r#"{"Args":["f","a"]}"#), Ok(expected.clone()));
        assert_eq!(read(r#"{"function":"f","args":["a"]}"#), Ok(expected));
        for text in
            [r#"{"Args":[]}"#, r#"{"Function":"f"}"#, r#"{"Args":"f"}"#, r#"{"Args":[1]}"#, "{}", "[]", "f"]
        {
            assert!(read(text).unwrap_err().contains("expected {\"Args\""), "{text}");
        }
        let unknown = read(r#"{"Args":["f"],"Arg":[]}"#).unwrap_err();
        assert!(unknown.starts_with("unknown key \"Arg\"; expected"), "{unknown}");
    }
}

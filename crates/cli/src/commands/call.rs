//! `ccs invoke` and `ccs query`: submits or evaluates a transaction.

use ccs_client::{Call, Committed, Error, Gateway};
use serde::Serialize;

use crate::cli::{self, Arguments, Invoke, Query};
use crate::failure::Failure;
use crate::network::{self, Bytes};
use crate::output;
use crate::style;

/// The document of `ccs invoke --json`.
#[derive(Serialize)]
struct Submitted<'a> {
    transaction_id: &'a str,
    channel: &'a str,
    chaincode: &'a str,
    function: &'a str,
    code: String,
    block: u64,
    result: Bytes,
}

/// The document of `ccs query --json`.
#[derive(Serialize)]
struct Answer<'a> {
    channel: &'a str,
    chaincode: &'a str,
    function: &'a str,
    result: Bytes,
}

pub(crate) fn query(options: &Query) -> Result<(), Failure> {
    let call = call(&options.call, &options.network.client.channel)?;
    let runtime = output::runtime()?;
    let result = runtime.block_on(async {
        let gateway = network::connect(&options.network).await?;
        Ok::<_, Failure>(gateway.evaluate(&call).await?)
    })?;
    if !options.call.json {
        return network::answer(&result);
    }
    let Call { channel, chaincode, function, .. } = &call;
    output::print_json(&Answer { channel, chaincode, function, result: Bytes::new(&result) })
}

pub(crate) fn invoke(options: &Invoke) -> Result<(), Failure> {
    let mut call = call(&options.call, &options.network.client.channel)?;
    call.is_init = options.init;
    let runtime = output::runtime()?;
    runtime.block_on(async {
        let gateway = network::connect(&options.network).await?;
        submit(&gateway, &call, options.call.json).await
    })
}

async fn submit(gateway: &Gateway, call: &Call, json: bool) -> Result<(), Failure> {
    let endorsed = gateway.endorse(call).await?;
    let result = endorsed.result.clone();
    let (transaction_id, code, block, outcome) = match gateway.commit(endorsed).await {
        Ok(Committed { transaction_id, block, .. }) => (transaction_id, "VALID".to_owned(), block, Ok(())),
        Err(error) => match &error {
            Error::Invalid { transaction_id, code, block } => {
                (transaction_id.clone(), code.to_string(), *block, Err(error.into()))
            }
            _ => return Err(error.into()),
        },
    };
    if json {
        output::print_json(&Submitted {
            transaction_id: transaction_id.as_str(),
            channel: &call.channel,
            chaincode: &call.chaincode,
            function: &call.function,
            code,
            block,
            result: Bytes::new(&result),
        })?;
    } else if outcome.is_ok() {
        network::answer(&result)?;
        let good = style::GOOD;
        output::note(&format!("{good}VALID{good:#} in block {block}, transaction {transaction_id}"));
    }
    outcome
}

fn call(options: &cli::Call, channel: &str) -> Result<Call, Failure> {
    let mut call = Call::new(channel, options.chaincode(), options.function());
    call.arguments = match options.arguments() {
        Arguments::Words(words) => words.iter().map(|word| network::bytes(word)).collect::<Result<_, _>>()?,
        Arguments::Texts(texts) => texts.iter().map(|text| text.clone().into_bytes()).collect(),
    };
    call.transient =
        options.transient.iter().map(|word| network::transient(word)).collect::<Result<_, _>>()?;
    call.organizations.clone_from(&options.organizations);
    Ok(call)
}

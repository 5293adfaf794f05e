//! `GET_HISTORY_FOR_KEY`.

use ccs_proto::peer::GetHistoryForKey;

use super::{Payload, decode_payload, results};
use crate::context::{Context, OpenQuery};

/// Returns the first batch of a public key's history, newest first.
pub(super) fn open(payload: &[u8], context: &Context) -> Payload {
    let GetHistoryForKey { key } = decode_payload(payload)?;
    let limit = context.query_limit;
    let query = context.simulation().history(&context.chaincode, &key, limit)?;
    results::first(OpenQuery::History(query), context)
}

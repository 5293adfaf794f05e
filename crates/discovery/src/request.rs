//! Decodes the request of a client.

use ccs_proto::discovery::query::Query as Kind;
use ccs_proto::discovery::{AuthInfo, Query, Request};
use prost::Message as _;

/// Maximum number of queries and interests of a request. Clients send a few.
const MAX_QUERIES: usize = 1000;

/// Reason why a request is rejected as a whole, in the words of a Fabric peer (`discovery/service.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The payload is not a request.
    #[error("failed parsing request: {0}")]
    Undecodable(String),
    /// The request has too many queries; Fabric has no such limit.
    #[error("failed parsing request: more than {MAX_QUERIES} queries and interests")]
    TooMany,
    /// The request does not say who sends it.
    #[error("access denied, no authentication info in request")]
    NoAuthentication,
    /// The identity is empty.
    #[error("access denied, client identity wasn't supplied")]
    NoIdentity,
}

/// Decodes the payload of a signed request into the client's identity and the queries. Does not check the signature.
///
/// The hash of the client's TLS certificate is ignored: a peer that requests no client certificate has nothing to
/// compare it with.
pub fn read(payload: &[u8]) -> Result<(Vec<u8>, Vec<Query>), RequestError> {
    let request = Request::decode(payload).map_err(|error| RequestError::Undecodable(error.to_string()))?;
    let Some(AuthInfo { client_identity, .. }) = request.authentication else {
        return Err(RequestError::NoAuthentication);
    };
    if client_identity.is_empty() {
        return Err(RequestError::NoIdentity);
    }
    let count = request.queries.iter().map(|query| match &query.query {
        Some(Kind::CcQuery(query)) => 1 + query.interests.len(),
        _ => 1,
    });
    if count.sum::<usize>() > MAX_QUERIES {
        return Err(RequestError::TooMany);
    }
    Ok((client_identity, request.queries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_client() {
        let text = |request: &Request| read(&request.encode_to_vec()).unwrap_err().to_string();
        let mut request = Request { queries: vec![Query::default()], ..Request::default() };
        assert_eq!(text(&request), "access denied, no authentication info in request");
        request.authentication = Some(AuthInfo::default());
        assert_eq!(text(&request), "access denied, client identity wasn't supplied");
        request.authentication =
            Some(AuthInfo { client_identity: b"me".to_vec(), client_tls_cert_hash: b"any".to_vec() });
        let (identity, queries) = read(&request.encode_to_vec()).unwrap();
        assert_eq!((identity.as_slice(), queries.len()), (&b"me"[..], 1));
        request.queries = vec![Query::default(); 1001];
        assert_eq!(text(&request), "failed parsing request: more than 1000 queries and interests");
        assert!(read(b"\xff").unwrap_err().to_string().starts_with("failed parsing request: "));
    }
}

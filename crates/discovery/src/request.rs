//! Decodes the request of a client.

use ccs_proto::discovery::query::Query as Kind;
use ccs_proto::discovery::{AuthInfo, Query, Request};
use prost::Message as _;

/// Maximum size of a request. Clients send a few kilobytes.
const MAX_REQUEST_IN_BYTES: usize = 1024 * 1024;

/// Maximum number of queries of a request. Clients send a few.
const MAX_QUERIES: usize = 1000;

/// Maximum number of interests of a request. Each takes time, and clients send one.
const MAX_INTERESTS: usize = 20;

/// Reason why a request is rejected as a whole, in the words of a Fabric peer (`discovery/service.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The payload is not a request.
    #[error("failed parsing request: {0}")]
    Undecodable(String),
    /// The request is too large; Fabric has no such limit.
    #[error("failed parsing request: larger than {MAX_REQUEST_IN_BYTES} bytes")]
    TooLarge,
    /// The request has too many queries; Fabric has no such limit.
    #[error("failed parsing request: more than {MAX_QUERIES} queries")]
    TooMany,
    /// The request has too many interests; Fabric has no such limit.
    #[error("failed parsing request: more than {MAX_INTERESTS} interests")]
    TooManyInterests,
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
    if payload.len() > MAX_REQUEST_IN_BYTES {
        return Err(RequestError::TooLarge);
    }
    let request = Request::decode(payload).map_err(|error| RequestError::Undecodable(error.to_string()))?;
    let Some(AuthInfo { client_identity, .. }) = request.authentication else {
        return Err(RequestError::NoAuthentication);
    };
    if client_identity.is_empty() {
        return Err(RequestError::NoIdentity);
    }
    if request.queries.len() > MAX_QUERIES {
        return Err(RequestError::TooMany);
    }
    let interests = request.queries.iter().map(|query| match &query.query {
        Some(Kind::CcQuery(query)) => query.interests.len(),
        _ => 0,
    });
    if interests.sum::<usize>() > MAX_INTERESTS {
        return Err(RequestError::TooManyInterests);
    }
    Ok((client_identity, request.queries))
}

#[cfg(test)]
mod tests {
    use ccs_proto::discovery::ChaincodeQuery;
    use ccs_proto::peer::ChaincodeInterest;

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
        assert_eq!(text(&request), "failed parsing request: more than 1000 queries");
        let of_interests = |count| Query {
            query: Some(Kind::CcQuery(ChaincodeQuery {
                interests: vec![ChaincodeInterest::default(); count],
            })),
            ..Query::default()
        };
        request.queries = vec![of_interests(10), of_interests(10)];
        assert!(read(&request.encode_to_vec()).is_ok());
        request.queries.push(of_interests(1));
        assert_eq!(text(&request), "failed parsing request: more than 20 interests");
        let large = read(&vec![0; 1024 * 1024 + 1]).unwrap_err();
        assert_eq!(large.to_string(), "failed parsing request: larger than 1048576 bytes");
        assert!(read(b"\xff").unwrap_err().to_string().starts_with("failed parsing request: "));
    }
}

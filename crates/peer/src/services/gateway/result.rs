//! Maps an endorser's answer to the gateway's result (Fabric 3.1 `internal/pkg/gateway/apiutils.go`).

use ccs_proto::peer::{ProposalResponse, Response};
use tonic::Code;

use crate::proposal::EndorserError;

/// Unsuccessful answer of an endorser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsuccessful {
    pub(super) code: Code,
    /// Message of the error's detail.
    pub(super) message: String,
    /// Whether a retry on another peer could succeed.
    pub(super) can_retry: bool,
}

impl Unsuccessful {
    /// Creates the error for a proposal that could not be simulated.
    pub(super) fn failed(message: String) -> Self {
        Self { code: Code::Aborted, message, can_retry: true }
    }

    fn answered(response: &Response) -> Self {
        let message = format!("chaincode response {}, {}", response.status, response.message);
        Self { code: Code::Unknown, message, can_retry: false }
    }
}

/// Maps the rejection of a proposal to the gateway's error. From another peer than the gateway's own, a rejection is
/// the error of a call, which tells nothing about its reason.
pub(super) fn classify_error(error: &EndorserError, is_own: bool) -> Unsuccessful {
    let message = error.to_string();
    if !is_own {
        let message = format!("rpc error: code = Unknown desc = {message}");
        return Unsuccessful { code: Code::Unavailable, message, can_retry: true };
    }
    match error {
        EndorserError::Filter(_) => Unsuccessful { code: Code::Unavailable, message, can_retry: true },
        EndorserError::Proposal(_) => {
            Unsuccessful { code: Code::FailedPrecondition, message, can_retry: false }
        }
    }
}

/// Returns the response of a chaincode if it is a success, status 200 to 399, or else an error.
pub(super) fn classify_response(response: Response) -> Result<Response, Unsuccessful> {
    match response.status {
        200..400 => Ok(response),
        _ => Err(Unsuccessful::answered(&response)),
    }
}

/// Like [`classify_response`], for an endorser's answer, which has no payload if the proposal could not be simulated.
pub(super) fn classify(answer: ProposalResponse) -> Result<ProposalResponse, Unsuccessful> {
    let response = answer.response.clone().unwrap_or_default();
    match response.status {
        200..400 => Ok(answer),
        500 if answer.payload.is_empty() => Err(Unsuccessful::failed(response.message)),
        _ => Err(Unsuccessful::answered(&response)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::{FilterError, ProposalError};

    fn answer(status: i32, payload: &[u8]) -> ProposalResponse {
        let response = Response { status, message: "M".to_owned(), payload: Vec::new() };
        ProposalResponse {
            response: Some(response),
            payload: payload.to_vec(),
            ..ProposalResponse::default()
        }
    }

    #[test]
    fn answers_are_told_apart_as_by_a_peer() {
        let cases = [
            (answer(500, b""), Code::Aborted, "M", true),
            (answer(500, b"payload"), Code::Unknown, "chaincode response 500, M", false),
            (answer(400, b""), Code::Unknown, "chaincode response 400, M", false),
            (answer(404, b""), Code::Unknown, "chaincode response 404, M", false),
            (answer(199, b"payload"), Code::Unknown, "chaincode response 199, M", false),
            (answer(501, b""), Code::Unknown, "chaincode response 501, M", false),
        ];
        for (answer, code, message, can_retry) in cases {
            let expected = Unsuccessful { code, message: message.to_owned(), can_retry };
            assert_eq!(classify(answer.clone()).unwrap_err(), expected, "{answer:?}");
        }
        for status in [200, 201, 399] {
            assert!(classify(answer(status, b"payload")).is_ok(), "{status}");
        }
    }

    #[test]
    fn a_rejection_by_another_peer_is_the_error_of_a_call() {
        let expired = EndorserError::from(FilterError::Expired);
        let epoch = EndorserError::from(ProposalError::Epoch);
        let epoch_text = "error validating proposal: epoch is non-zero";
        let cases = [
            (&expired, true, Code::Unavailable, "proposal client identity expired".to_owned(), true),
            (&epoch, true, Code::FailedPrecondition, epoch_text.to_owned(), false),
            (
                &epoch,
                false,
                Code::Unavailable,
                format!("rpc error: code = Unknown desc = {epoch_text}"),
                true,
            ),
        ];
        for (error, is_own, code, message, can_retry) in cases {
            assert_eq!(classify_error(error, is_own), Unsuccessful { code, message, can_retry });
        }
    }
}

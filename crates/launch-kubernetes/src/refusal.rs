//! The meaning of errors of the API server.

use ccs_launch::kubernetes::{Right, all_rights};
use ccs_launch::{ExitCode, Failure};
use kube::Error;
use kube::core::Status;

/// The maximum length of a quoted text of the API server.
const LONGEST: usize = 500;

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The reason, and the hint.
    pub(crate) failure: Failure,
    /// Whether the same call may succeed later.
    pub(crate) may_pass: bool,
    /// The right that is missing.
    pub(crate) right: Option<&'static Right>,
    /// The HTTP status; zero without an answer.
    pub(crate) status: u16,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.failure
    }
}

impl Refusal {
    /// Interprets an error of the client. The attempt is the call, such as `create job NAME`.
    pub(crate) fn of(error: &Error, attempt: &str, namespace: &str) -> Self {
        match error {
            Error::Api(status) => Self::of_status(status, attempt, namespace),
            other => Self {
                failure: Failure::new(ExitCode::Unreachable, format!("cannot {attempt}: {}", causes(other)))
                    .with_hint(
                        "check that the builder reaches the API server, and the address in the kubeconfig",
                    ),
                may_pass: true,
                right: None,
                status: 0,
            },
        }
    }

    /// Warns of the missing feature, if the launch continues without it.
    pub(crate) fn warning(&self) -> String {
        format!("warning: {}", self.complaint())
    }

    /// Like the above, without the word `warning`.
    pub(crate) fn complaint(&self) -> String {
        let hint = self.failure.hint().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
        format!("{}{hint}", self.failure)
    }

    fn of_status(status: &Status, attempt: &str, namespace: &str) -> Self {
        let message = line(&status.message);
        let right = missing_right(&message);
        let (code, may_pass, hint) = match status.code {
            401 => {
                (ExitCode::Forbidden, false, "the token of the builder is not accepted; renew it".to_owned())
            }
            // The rest of the message is the operator's own text.
            _ if message.contains("denied the request") => {
                (ExitCode::Policy, false, "the webhook of the cluster decides what is allowed".to_owned())
            }
            403 if right.is_some() => {
                let rule = right.map(Right::rule).unwrap_or_default();
                (ExitCode::Forbidden, false, format!("add to the Role in namespace {namespace}: {rule}"))
            }
            403 if message.contains("is being terminated") => namespace_hint(),
            403 if message.contains("exceeded quota") => (
                ExitCode::Policy,
                true,
                "raise the quota of the namespace, or remove what is no longer needed".to_owned(),
            ),
            403 if message.contains(": User ") || message.contains("cannot ") => (
                ExitCode::Forbidden,
                false,
                format!("allow it in a Role in namespace {namespace}; docs/launching-kubernetes.md has one"),
            ),
            403 => (ExitCode::Policy, false, "an admission rule of the cluster rejects it".to_owned()),
            404 if message.starts_with("namespaces ") => namespace_hint(),
            400 | 422 => {
                (ExitCode::Settings, false, "correct the overlay or setting in launch.yaml".to_owned())
            }
            _ => (
                ExitCode::Unreachable,
                true,
                "the API server does not serve the call; see its log".to_owned(),
            ),
        };
        let failure = Failure::new(code, format!("cannot {attempt}: {message}")).with_hint(hint);
        Self { failure, may_pass, right, status: status.code }
    }
}

fn namespace_hint() -> (ExitCode, bool, String) {
    let hint = "create the namespace, or name another one in kubernetes.namespace of launch.yaml";
    (ExitCode::Settings, false, hint.to_owned())
}

/// Finds the right in the message `User "U" cannot create resource "jobs" in API group "batch" ...`.
fn missing_right(message: &str) -> Option<&'static Right> {
    let (_, rest) = message.split_once(" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once('"')?;
    let group =
        rest.split_once("API group \"").and_then(|(_, rest)| rest.split_once('"')).map(|(group, _)| group);
    all_rights().find(|right| {
        right.resource == resource && right.group == group.unwrap_or_default() && right.verbs.contains(&verb)
    })
}

/// Formats an error with its causes, without repetition.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    line(&text)
}

fn line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u16, message: &str) -> Refusal {
        let status = Status { code, message: message.to_owned(), ..Status::default() };
        Refusal::of(&Error::Api(Box::new(status)), "create job j", "hlf")
    }

    /// The texts are answers of the API server of Kubernetes 1.34.
    #[test]
    fn each_refusal_of_the_api_server_has_its_code() {
        for (status, message, code, may_pass) in [
            (401, "Unauthorized", 42, false),
            (
                403,
                r#"jobs.batch is forbidden: User "system:serviceaccount:hlf:peer" cannot create resource "jobs" in API group "batch" in the namespace "hlf""#,
                42,
                false,
            ),
            (404, r#"namespaces "hlf" not found"#, 24, false),
            (
                403,
                r#"jobs.batch "j" is forbidden: unable to create new content in namespace hlf because it is being terminated"#,
                24,
                false,
            ),
            (
                403,
                r#"jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0"#,
                43,
                true,
            ),
            (
                422,
                r#"Job.batch "j" is invalid: spec.template.spec.containers[0].resources.limits: ..."#,
                24,
                false,
            ),
            (400, r#"admission webhook "w.example.com" denied the request: no"#, 43, false),
            (429, "Too many requests, please try again later.", 41, true),
            (500, r#"Internal error occurred: failed calling webhook "w": ..."#, 41, true),
            (503, "the server is currently unable to handle the request", 41, true),
        ] {
            let refusal = refusal(status, message);
            assert_eq!((refusal.failure.code().number(), refusal.may_pass), (code, may_pass), "{message}");
            assert_eq!(refusal.failure.to_string(), format!("cannot create job j: {message}"));
        }
    }

    #[test]
    fn a_missing_right_is_told_as_the_rule_to_add() {
        let text = r#"secrets "s" is forbidden: User "alice" cannot patch resource "secrets" in API group "" in the namespace "hlf""#;
        let refusal = refusal(403, text);
        assert_eq!(
            refusal.failure.hint(),
            Some(
                r#"add to the Role in namespace hlf: {apiGroups: [""], resources: ["secrets"], verbs: ["create", "patch"]}"#
            )
        );
    }
}

//! Interprets the objects of a launch: a pure function, and a table for each place that contains a reason.
//!
//! The words are those of kubelet, the Job controller, the scheduler and admission (Kubernetes 1.34 `pkg/kubelet/images/types.go`,
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `pkg/controller/job`, `pkg/controller/podgc`). A temporary problem may last for a
//! certain time; every other one fails the launch immediately.

mod events;
mod pod;
mod server;

use std::time::Duration;

use ccs_launch::ExitCode;
use serde_json::Value;
pub(crate) use server::judge as judge_server;

/// The maximum number of quoted characters of a message.
const LONGEST_MESSAGE: usize = 500;

/// The observed state of a launch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Observed<'a> {
    /// The Job or Deployment, if it was observed.
    pub(crate) object: Option<&'a Value>,
    /// Whether it was observed and then deleted.
    pub(crate) object_gone: bool,
    /// Its pod.
    pub(crate) pod: Option<&'a Value>,
    /// The Events about both.
    pub(crate) events: &'a [Value],
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is no problem so far.
    Waiting(String),
    /// The chaincode runs.
    Running,
    /// There is a problem.
    Trouble(Trouble),
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) code: ExitCode,
    /// Its kind. Its time runs while the kind remains the same.
    pub(crate) kind: &'static str,
    /// How long it may last.
    pub(crate) grace: Grace,
    /// The text of the platform.
    pub(crate) reason: String,
    /// The hint.
    pub(crate) hint: String,
    /// Whether the container has run, so that its output may contain the reason.
    pub(crate) ran: bool,
}

/// How long a problem may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grace {
    /// It is permanent.
    None,
    /// It may disappear within this time.
    For(Duration),
    /// It may disappear until the start timeout.
    UntilTimeout,
}

impl Grace {
    const fn seconds(seconds: u64) -> Self {
        if seconds == 0 { Self::None } else { Self::For(Duration::from_secs(seconds)) }
    }
}

/// One row of the tables: texts, and their meaning.
struct Row {
    /// The matching reasons.
    reasons: &'static [&'static str],
    /// The message must contain one of these; an empty list matches any message.
    says: &'static [&'static str],
    grace: Grace,
    code: ExitCode,
    hint: &'static str,
}

impl Row {
    fn fits(&self, reason: &str, message: &str) -> bool {
        let says = |text: &&str| message.to_lowercase().contains(&text.to_lowercase());
        self.reasons.contains(&reason) && (self.says.is_empty() || self.says.iter().any(says))
    }

    /// Creates the problem for a match. Its kind is the first reason of the row, because the others alternate with it.
    fn trouble(&self, about: &str, reason: &str, message: &str) -> Trouble {
        Trouble {
            code: self.code,
            kind: self.reasons.first().copied().unwrap_or_default(),
            grace: self.grace,
            reason: said(about, reason, message),
            hint: self.hint.to_owned(),
            ran: false,
        }
    }
}

/// Formats the platform's text about an object as one line. Truncation keeps the beginning and the end, which has the cause.
fn said(about: &str, reason: &str, message: &str) -> String {
    let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = message.chars().count();
    if length > LONGEST_MESSAGE {
        let (begin, end) = (LONGEST_MESSAGE / 2, length - LONGEST_MESSAGE / 2);
        let begin: String = message.chars().take(begin).collect();
        let end: String = message.chars().skip(end).collect();
        message = format!("{begin}…{end}");
    }
    if message.is_empty() { format!("{about}: {reason}") } else { format!("{about}: {reason}: {message}") }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn items(list: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn name(object: &Value) -> &str {
    text(&object["metadata"], "name")
}

/// Returns the condition of a type whose status is true.
fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v Value> {
    items(&object["status"]["conditions"])
        .find(|condition| text(condition, "type") == kind && text(condition, "status") == "True")
}

/// Judges the state of a Job. It uses the most exact source: the container, then the pod, then the Job.
pub(crate) fn judge(observed: &Observed<'_>) -> Verdict {
    let Observed { object: job, object_gone: job_gone, pod, events } = *observed;
    let ended = pod.and_then(pod::ended);
    if let Some(trouble) = ended.or_else(|| job_gone.then(deleted)).or_else(|| job.and_then(finished)) {
        return Verdict::Trouble(trouble);
    }
    if let Some(trouble) = pod.and_then(|pod| pod::waiting(pod, events)) {
        return Verdict::Trouble(trouble);
    }
    let ready = job.is_some_and(|job| job["status"]["ready"].as_u64().unwrap_or_default() > 0);
    if ready || pod.is_some_and(pod::is_running) {
        return Verdict::Running;
    }
    if let Some(trouble) = events::trouble(pod, events) {
        return Verdict::Trouble(trouble);
    }
    Verdict::Waiting(match (job, pod) {
        (None, _) => "the Job is not seen yet".to_owned(),
        (Some(_), None) => "the Job has no pod yet".to_owned(),
        (Some(_), Some(pod)) => pod::state(pod),
    })
}

fn deleted() -> Trouble {
    Trouble {
        code: ExitCode::Stopped,
        kind: "deleted",
        grace: Grace::None,
        reason: "the Job was deleted".to_owned(),
        hint: "the next transaction starts the chaincode again".to_owned(),
        ran: false,
    }
}

/// Tells whether the Job has ended, if its pod does not contain more details.
fn finished(job: &Value) -> Option<Trouble> {
    let failed = condition(job, "Failed").or_else(|| condition(job, "FailureTarget"));
    let found =
        failed.or_else(|| condition(job, "Complete")).or_else(|| condition(job, "SuccessCriteriaMet"))?;
    Some(Trouble {
        code: ExitCode::Ended,
        kind: "job",
        // The state of the pod has more details, and may still arrive.
        grace: Grace::seconds(2),
        reason: said(&format!("job {}", name(job)), text(found, "reason"), text(found, "message")),
        hint: "the log of its pod shows why, while the pod exists".to_owned(),
        ran: true,
    })
}

/// How long each kind of problem has lasted.
#[derive(Default)]
pub(crate) struct Patience {
    lasting: Option<(&'static str, Duration)>,
}

impl Patience {
    /// Tells whether there was a problem at the last check.
    pub(crate) fn is_tried(&self) -> bool {
        self.lasting.is_some()
    }

    /// Tells whether a problem has lasted too long, at a time since the start. A problem may disappear and return.
    pub(crate) fn ends(&mut self, verdict: &Verdict, now: Duration) -> bool {
        let Verdict::Trouble(trouble) = verdict else {
            self.lasting = None;
            return false;
        };
        let since = match self.lasting {
            Some((kind, since)) if kind == trouble.kind => since,
            _ => now,
        };
        self.lasting = Some((trouble.kind, since));
        match trouble.grace {
            Grace::None => true,
            Grace::For(limit) => now.saturating_sub(since) >= limit,
            Grace::UntilTimeout => false,
        }
    }
}

#[cfg(test)]
mod tests;

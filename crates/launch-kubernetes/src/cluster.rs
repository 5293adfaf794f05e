//! Calls to one namespace of a cluster.

use std::time::Duration;

use ccs_launch::kubernetes::{CONTAINER, Plan, Target};
use ccs_launch::{ExitCode, Failure};
use k8s_openapi::jiff::Timestamp;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, ListParams, LogParams, Patch, PatchParams, PostParams,
    Preconditions,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;

use crate::refusal::Refusal;

/// The timeout of a connection attempt.
const CONNECT: Duration = Duration::from_secs(5);

/// The timeout of an answer. A watch may be silent for longer, and has its own limit.
const ANSWER: Duration = Duration::from_secs(10);

/// How many lines of the chaincode are shown.
const LOG_LINES: i64 = 10;

/// How much of its output to fetch for them.
const LOG_BYTES: i64 = 32 << 10;

/// The maximum length of a shown line.
const LONGEST_LINE: usize = 1000;

/// A kind of object that a launch creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chaincode that dials the peer.
    Job,
    /// A chaincode that the peer dials.
    Deployment,
    /// The address that the peer dials.
    Service,
    /// The certificates.
    Secret,
}

impl Kind {
    /// Returns the name of the kind, in the singular.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Deployment => "deployment",
            Self::Service => "service",
            Self::Secret => "secret",
        }
    }

    /// Returns the name of the kind, in the plural.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Job => "jobs",
            Self::Deployment => "deployments",
            Self::Service => "services",
            Self::Secret => "secrets",
        }
    }
}

/// One namespace of a cluster.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

/// One version of an object, as a condition for its deletion.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    uid: Option<String>,
    version: Option<String>,
}

impl Version {
    /// Returns the UID of the object.
    pub(crate) fn uid(&self) -> &str {
        self.uid.as_deref().unwrap_or_default()
    }

    /// Returns every version of the object with a UID.
    pub(crate) fn of_uid(uid: &str) -> Self {
        Self { uid: Some(uid.to_owned()), version: None }
    }

    /// Returns every version of the same object.
    pub(crate) fn any(&self) -> Self {
        Self { uid: self.uid.clone(), version: None }
    }
}

impl Cluster {
    /// Creates a client with the kubeconfig, or else with the service account of the pod.
    pub(crate) async fn new(target: &Target) -> Result<Self, Failure> {
        let refused = |reason: String| Failure::new(ExitCode::Settings, reason);
        let mut config = match &target.kubeconfig {
            Some(path) => {
                let refused = |error: &dyn std::fmt::Display| {
                    refused(format!("unable to load kubeconfig from {path}: {error}")).with_hint(
                        "KUBECONFIG_PATH names the file; without it, the builder uses its service account",
                    )
                };
                let kubeconfig = Kubeconfig::read_from(path).map_err(|error| refused(&error))?;
                let first = KubeConfigOptions::default();
                Config::from_custom_kubeconfig(kubeconfig, &first).await.map_err(|error| refused(&error))?
            }
            // A peer passes on only the configured variables; the name of the Service is the same in every cluster.
            None => Config::incluster_env().or_else(|_| Config::incluster_dns()).map_err(|error| {
                refused(format!("unable to load in-cluster config: {error}"))
                    .with_hint("outside of a cluster, set KUBECONFIG_PATH and propagate it to the builder")
            })?,
        };
        config.connect_timeout = Some(CONNECT);
        // The text of an error shows whether it is temporary; callers retry if they have time.
        config.default_retry = false;
        let client = Client::try_from(config)
            .map_err(|error| refused(format!("cannot make a client of Kubernetes: {error}")))?;
        Ok(Self { client, namespace: target.namespace.clone() })
    }

    /// Returns another namespace of the same cluster.
    pub(crate) fn namespace(&self, name: &str) -> Self {
        Self { client: self.client.clone(), namespace: name.to_owned() }
    }

    /// Returns the objects of a kind.
    pub(crate) fn of(&self, kind: Kind) -> Api<DynamicObject> {
        match kind {
            Kind::Job => self.api("batch", "Job", kind.words()),
            Kind::Deployment => self.api("apps", "Deployment", kind.words()),
            Kind::Service => self.api("", "Service", kind.words()),
            Kind::Secret => self.api("", "Secret", kind.words()),
        }
    }

    pub(crate) fn pods(&self) -> Api<DynamicObject> {
        self.api("", "Pod", "pods")
    }

    fn api(&self, group: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource_of(group, kind, plural))
    }

    /// Waits for an answer, and interprets an error.
    pub(crate) async fn answer<T>(
        &self,
        attempt: String,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, Refusal> {
        match tokio::time::timeout(ANSWER, call).await {
            Ok(answer) => answer.map_err(|error| Refusal::of(&error, &attempt, &self.namespace)),
            Err(_) => Err(Refusal {
                failure: Failure::new(
                    ExitCode::Unreachable,
                    format!("cannot {attempt}: the API server did not answer within {} s", ANSWER.as_secs()),
                ),
                may_pass: true,
                right: None,
                status: 0,
            }),
        }
    }

    /// Applies an object, and returns its new version.
    pub(crate) async fn apply(&self, kind: Kind, object: &Value, manager: &str) -> Result<Version, Refusal> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let parameters = PatchParams::apply(manager).force();
        let (objects, patch) = (self.of(kind), Patch::Apply(object));
        let call = objects.patch(name, &parameters, &patch);
        let metadata = self.answer(format!("apply {} {name}", kind.word()), call).await?.metadata;
        Ok(Version { uid: metadata.uid, version: metadata.resource_version })
    }

    /// Tells whether an object exists.
    pub(crate) async fn has(&self, kind: Kind, name: &str) -> Result<bool, Refusal> {
        let objects = self.of(kind);
        let found = self.answer(format!("get {} {name}", kind.word()), objects.get_opt(name)).await?;
        Ok(found.is_some())
    }

    /// Creates the Job, and returns its UID. If it already exists, the answer to an earlier call was lost, because the name is
    /// unique to this launch.
    pub(crate) async fn create_job(&self, name: &str, job: &Value) -> Result<String, Refusal> {
        let refused = |error| unwritable(&format!("create job {name}"), &error);
        let job: DynamicObject = serde_json::from_value(job.clone()).map_err(refused)?;
        let (jobs, parameters) = (self.of(Kind::Job), PostParams::default());
        let created = self.answer(format!("create job {name}"), jobs.create(&parameters, &job)).await;
        let job = match created {
            Err(refusal) if refusal.status == 409 => {
                self.answer(format!("get job {name}"), jobs.get(name)).await?
            }
            other => other?,
        };
        Ok(job.metadata.uid.unwrap_or_default())
    }

    /// Returns the UID of a pod, if there is one.
    pub(crate) async fn pod(&self, name: &str) -> Result<Option<String>, Refusal> {
        let pods = self.pods();
        let pod = self.answer(format!("get pod {name}"), pods.get_opt(name)).await?;
        Ok(pod.and_then(|pod| pod.metadata.uid))
    }

    /// Lists the Jobs of the same chaincode that are older than this launch.
    pub(crate) async fn older_jobs(&self, plan: &Plan) -> Result<Vec<String>, Refusal> {
        let parameters = ListParams::default().labels(&plan.selector());
        let jobs = self.of(Kind::Job);
        let list = self.answer("list jobs".to_owned(), jobs.list(&parameters)).await?;
        let names = list.items.into_iter().filter_map(|job| job.metadata.name);
        Ok(names.filter(|name| plan.replaces(name)).collect())
    }

    /// Deletes a Job; Kubernetes deletes its pod and its Secret. A missing Job is not an error.
    pub(crate) async fn delete_job(&self, name: &str) -> Result<(), Refusal> {
        let (jobs, parameters) = (self.of(Kind::Job), DeleteParams::background());
        let call = async { jobs.delete(name, &parameters).await.map(drop) };
        gone(self.answer(format!("delete job {name}"), call).await)
    }

    /// Deletes a version of an object, and in the background the objects that it owns. A missing object is not an error.
    pub(crate) async fn delete(&self, kind: Kind, name: &str, version: &Version) -> Result<(), Refusal> {
        let preconditions =
            Preconditions { uid: version.uid.clone(), resource_version: version.version.clone() };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
        let objects = self.of(kind);
        let call = async { objects.delete(name, &parameters).await.map(drop) };
        gone(self.answer(format!("delete {} {name}", kind.word()), call).await)
    }

    /// Lists the Events about an object, sorted by the time of their last occurrence.
    pub(crate) async fn events(&self, uid: &str) -> Result<Vec<Value>, Refusal> {
        let events = self.api("", "Event", "events");
        let parameters = ListParams::default().fields(&format!("involvedObject.uid={uid}"));
        let list = self.answer("list events".to_owned(), events.list(&parameters)).await?;
        let mut events: Vec<Value> =
            list.items.iter().filter_map(|event| serde_json::to_value(event).ok()).collect();
        events.sort_by_cached_key(|event| event["lastTimestamp"].as_str().unwrap_or_default().to_owned());
        Ok(events)
    }

    /// Shows the last lines of the chaincode.
    pub(crate) async fn show_log(&self, pod: &str, say: &dyn Fn(&str)) {
        match self.log(pod).await {
            Ok(lines) => {
                for line in lines {
                    let text: String = line.chars().filter(|c| !c.is_control()).take(LONGEST_LINE).collect();
                    say(&format!("chaincode: {text}"));
                }
            }
            Err(refusal) => say(&refusal.warning()),
        }
    }

    /// Follows the output of the chaincode, from its beginning or from a certain second. Each line begins with its timestamp.
    pub(crate) async fn follow_log(
        &self,
        pod: &str,
        since: Option<Timestamp>,
    ) -> Result<impl futures_util::AsyncBufRead + Unpin, Refusal> {
        let parameters = LogParams {
            container: Some(CONTAINER.to_owned()),
            follow: true,
            // The client would also round to the next second.
            since_time: since.and_then(|since| Timestamp::from_second(since.as_second()).ok()),
            timestamps: true,
            ..LogParams::default()
        };
        let path = format!("/api/v1/namespaces/{}/pods", self.namespace);
        let call = async {
            let request = kube::core::Request::new(path).logs(pod, &parameters);
            self.client.request_stream(request.map_err(kube::Error::BuildRequest)?).await
        };
        Ok(Box::pin(self.answer(format!("follow the log of pod {pod}"), call).await?))
    }

    /// Tells whether a pod has ended.
    pub(crate) async fn pod_has_ended(&self, name: &str) -> Result<bool, Refusal> {
        let pods = self.pods();
        let pod = self.answer(format!("get pod {name}"), pods.get(name)).await?;
        Ok(matches!(pod.data["status"]["phase"].as_str(), Some("Succeeded" | "Failed")))
    }

    /// Fetches the last lines of the chaincode.
    async fn log(&self, pod: &str) -> Result<Vec<String>, Refusal> {
        let parameters = LogParams {
            container: Some(CONTAINER.to_owned()),
            tail_lines: Some(LOG_LINES),
            limit_bytes: Some(LOG_BYTES),
            ..LogParams::default()
        };
        let path = format!("/api/v1/namespaces/{}/pods", self.namespace);
        let call = async {
            let request = kube::core::Request::new(path).logs(pod, &parameters);
            self.client.request_text(request.map_err(kube::Error::BuildRequest)?).await
        };
        let text = self.answer(format!("read the log of pod {pod}"), call).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// Returns the API's names for a kind of object in version `v1`.
pub(crate) fn resource_of(group: &str, kind: &str, plural: &str) -> ApiResource {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        api_version,
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}

/// Returns the failure for a value that is not an object of Kubernetes.
pub(crate) fn unwritable(attempt: &str, error: &serde_json::Error) -> Refusal {
    Refusal {
        failure: Failure::new(ExitCode::Settings, format!("cannot {attempt}: {error}")),
        may_pass: false,
        right: None,
        status: 0,
    }
}

/// Treats an object that does not exist, or has been replaced, as deleted.
fn gone(outcome: Result<(), Refusal>) -> Result<(), Refusal> {
    match outcome {
        Err(refusal) if matches!(refusal.status, 404 | 409) => Ok(()),
        other => other,
    }
}

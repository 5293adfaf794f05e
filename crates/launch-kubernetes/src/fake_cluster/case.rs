//! A case: the events of the fake API server, and the launch that observes them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ccs_launch::kubernetes::{self, CONTAINER, Server, Target};
use ccs_launch::server::Certificates;
use ccs_launch::settings::{Role, Security, Settings, Subject};
use ccs_launch::{Chaincode, Failure, Image};
use ccs_launch_peer::Caller;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep_until, timeout};

use super::api::{Api, Refused};
use super::http::serve;
use crate::{Launch, Start, server, session};

const NAMESPACE: &str = "hlf";
const PACKAGE: &str = "basic_1.0:cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";
const IMAGE: &str = r#"{"name":"ghcr.io/example/basic","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#;
const CHAINCODE: &str = r#"{"chaincode_id":"ID","peer_address":"peer0.example.com:7052","client_cert":"CERT","client_key":"KEY","root_cert":"ROOT","mspid":"Org1MSP"}"#;

/// How long a launch may take, in simulated time.
const LIMIT: Duration = Duration::from_mins(10);

/// The step by which the time advances.
const STEP: Duration = Duration::from_millis(500);

/// How often to let every task run before all count as idle, because a task sees data on a connection only at its next turn.
const TURNS: usize = 30;

/// The placeholder for each text of a case in turn.
const EACH: &str = "EACH";

/// The content of case.yaml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The events for chaincode that dials the peer, for chaincode that the peer dials, or for both.
    client: Option<Play>,
    server: Option<Play>,
    both: Option<Play>,
    /// Texts for which the case runs in turn.
    #[serde(default)]
    each: Vec<String>,
}

/// The events.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Play {
    /// Whether nothing listens at the address of the API server.
    refused_to_connect: bool,
    /// Whether a watch restarts meanwhile. The client chooses a random delay, so the time of the end is not fixed.
    begins_anew: bool,
    /// The calls that fail.
    refused: Vec<Refused>,
    /// The states, in this order.
    shows: Vec<Step>,
    /// What the container has written.
    log: String,
}

/// A state that begins at some moment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Step {
    /// Seconds after the creation of the Job or Deployment.
    after: u64,
    /// The status of the Job or Deployment.
    workload: Option<Value>,
    /// The status of the pod.
    pod: Option<Value>,
    /// The status of its container `chaincode`, without obvious fields.
    container: Option<Value>,
    /// Events about the pod or, before there is a pod, about the Job.
    events: Vec<BTreeMap<String, String>>,
    /// The object that is deleted: `pod` or `workload`.
    deleted: Option<String>,
    /// Whether all watches end.
    cut: bool,
}

impl Case {
    pub(super) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Runs the case in a role, and returns the result; [`None`] if the case does not have that role.
    pub(super) fn play(&self, role: &str) -> Option<String> {
        let play = if role == "client" { &self.client } else { &self.server };
        let play = play.as_ref().or(self.both.as_ref())?;
        let texts = if self.each.is_empty() { &[String::new()][..] } else { &self.each };
        let runs = texts.iter().map(|text| happens(role, play.of(text)));
        Some(runs.collect::<Vec<_>>().join("\n"))
    }
}

impl Play {
    /// Replaces the placeholder by a text.
    fn of(&self, text: &str) -> Self {
        let mut play = self.clone();
        for step in &mut play.shows {
            [&mut step.workload, &mut step.pod, &mut step.container]
                .into_iter()
                .flatten()
                .for_each(|value| fill(value, text));
            step.events
                .iter_mut()
                .flat_map(BTreeMap::values_mut)
                .for_each(|value| *value = value.replace(EACH, text));
        }
        play
    }
}

fn fill(value: &mut Value, text: &str) {
    match value {
        Value::String(string) => *string = string.replace(EACH, text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, text)),
        _ => {}
    }
}

/// Launches, and returns the launcher's lines, its end, and the objects that it deletes.
fn happens(role: &str, play: Play) -> String {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "fake", "user": {}}],
        });
        fs::write(&kubeconfig, config.to_string()).unwrap();
        let api = Api::new(play.refused, play.log);
        if play.refused_to_connect {
            drop(listener);
        } else {
            tokio::spawn(serve(listener, Arc::clone(&api)));
        }
        tokio::spawn(pace(Arc::clone(&api)));
        tokio::spawn(show(Arc::clone(&api), play.shows));
        let (begin, said) = (Instant::now(), RefCell::new(Vec::new()));
        let target = target(kubeconfig.to_str().unwrap());
        let say = |line: &str| said.borrow_mut().push(format!("says: {line}"));
        let launch: Pin<Box<dyn Future<Output = _>>> = match role {
            "client" => Box::pin(client(&target, &say)),
            _ => Box::pin(started(&target, &say)),
        };
        let end = match timeout(LIMIT, launch).await {
            Ok(Ok(())) => "success".to_owned(),
            Ok(Err(failure)) => failure.line(),
            Err(_) => "it goes on".to_owned(),
        };
        let seconds = begin.elapsed().as_secs();
        let time = if play.begins_anew { "some".to_owned() } else { seconds.to_string() };
        let named =
            |names: Vec<String>| if names.is_empty() { "nothing".to_owned() } else { names.join(" ") };
        let [deleted, left] = api.end().map(named);
        let mut lines = said.into_inner();
        lines.push(format!("ends after {time} s: {end}"));
        lines.push(format!("deleted: {deleted}"));
        lines.push(format!("left: {left}\n"));
        let text = lines.join("\n");
        text.replace(&address, "ADDRESS")
    })
}

async fn client(target: &Target, say: &dyn Fn(&str)) -> Result<(), Failure> {
    let (image, settings) = (Image::parse(IMAGE.as_bytes())?, Settings::default());
    let chaincode = Chaincode::parse(CHAINCODE.replace("ID", PACKAGE).as_bytes())?;
    let subject = Subject { package: PACKAGE, chaincode_type: "k8s", role: Role::Client };
    let planned = kubernetes::Launch { target, settings: &settings, image: &image, chaincode: &chaincode };
    let plan = planned.plan(&subject, "x7k2p")?;
    Box::pin(session::run(&Launch { plan: &plan, target, chaincode_id: PACKAGE, say, chaincode: None })).await
}

async fn started(target: &Target, say: &dyn Fn(&str)) -> Result<(), Failure> {
    let (image, settings) = (Image::parse(IMAGE.as_bytes())?, Settings::default());
    let subject = Subject { package: PACKAGE, chaincode_type: "ccaas", role: Role::Server };
    let pair = || ("CERT".to_owned(), "KEY".to_owned());
    let certificates =
        Certificates { ca: "CA".to_owned(), server: pair(), client: pair(), checksum: "5f".to_owned() };
    let server = Server { target, settings: &settings, image: &image, package_id: PACKAGE, mspid: "Org1MSP" };
    let plan = server.plan(&subject, Some(&certificates))?;
    let limit = Duration::from_secs(270);
    // There is no chaincode to dial.
    let start = Start { plan: &plan, target, limit, dials: false, caller: Caller::Build, say };
    server::start(&start, || Ok(())).await
}

fn target(kubeconfig: &str) -> Target {
    Target {
        peer_id: "org1-peer0".to_owned(),
        namespace: NAMESPACE.to_owned(),
        service_account: "default".to_owned(),
        prefix: "hlfcc".to_owned(),
        node_role: None,
        start_timeout: Duration::from_mins(3),
        security: Security::Baseline,
        name_servers: Vec::new(),
        annotations: Vec::new(),
        debug: false,
        kubeconfig: Some(kubeconfig.to_owned()),
        peer_pod: None,
    }
}

/// Advances the time when all tasks are idle. The runtime itself would also advance it while a task waits for a connection.
async fn pace(api: Arc<Api>) {
    loop {
        let (mut seen, mut turns) = (api.activity(), 0);
        while turns < TURNS {
            yield_now().await;
            let now = api.activity();
            turns = if now == seen { turns + 1 } else { 0 };
            seen = now;
        }
        advance(STEP).await;
    }
}

/// Shows each step at its time.
async fn show(api: Arc<Api>, steps: Vec<Step>) {
    let (resource, workload) = api.workload().await;
    let (begin, name) = (Instant::now(), workload["metadata"]["name"].as_str().unwrap().to_owned());
    let pod = format!("{name}-gkq4c");
    let mut has_pod = false;
    for step in steps {
        sleep_until(begin + Duration::from_secs(step.after)).await;
        if let Some(status) = step.workload {
            api.modify(resource, &name, |object| {
                object["status"] = status;
                object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
            });
        }
        let container = step.container.map(|of_container| {
            let mut status = json!({"name": CONTAINER, "ready": false, "restartCount": 0, "state": {}});
            status.as_object_mut().unwrap().extend(of_container.as_object().unwrap().clone());
            json!({"phase": "Pending", "containerStatuses": [status]})
        });
        if let Some(status) = step.pod.or(container) {
            if !has_pod {
                api.put("pods", &pod, &of_template(&workload, &name));
                has_pod = true;
            }
            api.modify("pods", &pod, |object| object["status"] = status);
        }
        let (kind, object) = if has_pod { ("Pod", &pod) } else { ("Job", &name) };
        for (number, mut event) in step.events.into_iter().enumerate() {
            let mut text = |key: &str| event.remove(key).unwrap_or_default();
            let about = json!({"kind": kind, "name": object, "uid": format!("uid-of-{object}")});
            let event = json!({
                "involvedObject": about, "reason": text("reason"), "message": text("message"), "metadata": {},
                "lastTimestamp": format!("2026-11-30T04:{:02}:{number:02}Z", step.after / 60),
            });
            api.put("events", &format!("{object}.{}.{number}", step.after), &event);
        }
        match step.deleted.as_deref() {
            Some("pod") => {
                api.modify("pods", &pod, |object| {
                    object["metadata"]["deletionTimestamp"] = "2026-11-30T04:00:00Z".into();
                });
                api.remove("pods", &pod);
            }
            Some(_) => api.remove(resource, &name),
            None => {}
        }
        if step.cut {
            api.cut();
        }
    }
}

/// Returns the pod that a controller creates.
fn of_template(workload: &Value, name: &str) -> Value {
    let mut pod = workload["spec"]["template"].clone();
    pod["metadata"]["labels"]["job-name"] = name.into();
    pod["metadata"]["ownerReferences"] = json!([{"uid": workload["metadata"]["uid"]}]);
    pod
}

//! The objects of the fake API server, and how it handles a call. For a launch, it behaves like Kubernetes, except that a case
//! determines the states of the objects.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::http::{Answer, Request};

/// The kinds of objects: the resource, the version of the API, and the name of the kind.
const KINDS: [(&str, &str, &str); 6] = [
    ("jobs", "batch/v1", "Job"),
    ("deployments", "apps/v1", "Deployment"),
    ("services", "v1", "Service"),
    ("secrets", "v1", "Secret"),
    ("pods", "v1", "Pod"),
    ("events", "v1", "Event"),
];

/// A call that fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    /// The call, as verb and resource of a Role: `create jobs`; `*` for any verb or resource.
    call: String,
    status: u16,
    message: String,
    /// The first second, counted from the creation of the workload.
    #[serde(default)]
    from: Option<u64>,
    /// The last second, counted from the beginning.
    #[serde(default)]
    until: Option<u64>,
}

/// The fake API server.
pub(super) struct Api {
    refused: Vec<Refused>,
    /// The output of the container.
    log: String,
    begin: Instant,
    state: Mutex<State>,
    /// The version of the newest change.
    version: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<(String, String), Value>,
    /// All changes; the version of a change is its position, counted from 1.
    changes: Vec<Change>,
    calls: usize,
    /// The objects that the launcher has deleted.
    deleted: Vec<String>,
    /// When the Job or Deployment was created.
    workload: Option<Instant>,
}

#[derive(Clone)]
struct Change {
    /// [`None`] ends all watches.
    resource: Option<String>,
    kind: &'static str,
    object: Value,
}

/// The next changes of a watch.
pub(super) struct Changes {
    api: Arc<Api>,
    resource: String,
    selectors: [String; 2],
    place: usize,
    /// The number of changes when the watch began. An earlier end of other watches does not end it.
    before: usize,
    version: watch::Receiver<usize>,
}

impl Api {
    pub(super) fn new(refused: Vec<Refused>, log: String) -> Arc<Self> {
        let (version, _) = watch::channel(0);
        Arc::new(Self { refused, log, begin: Instant::now(), state: Mutex::default(), version })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns the Job or Deployment, if it was created.
    pub(super) async fn workload(&self) -> (&'static str, Value) {
        let mut version = self.version.subscribe();
        loop {
            for resource in ["jobs", "deployments"] {
                if let Some((_, object)) = self.state().objects.iter().find(|((of, _), _)| of == resource) {
                    return (resource, object.clone());
                }
            }
            version.changed().await.unwrap();
        }
    }

    /// Returns the objects that the launcher has deleted, and those that remain.
    pub(super) fn end(&self) -> [Vec<String>; 2] {
        let state = self.state();
        let mut deleted = state.deleted.clone();
        deleted.sort();
        let is_ours = |(resource, _): &&(String, String)| resource != "events" && resource != "pods";
        let left = state.objects.keys().filter(is_ours).map(|(resource, name)| format!("{resource}/{name}"));
        [deleted, left.collect()]
    }

    /// Returns the number of calls and changes.
    pub(super) fn activity(&self) -> usize {
        let state = self.state();
        state.calls + state.changes.len()
    }

    pub(super) fn answer(self: &Arc<Self>, request: &Request) -> Answer {
        self.state().calls += 1;
        let at = request.path.iter().position(|part| part == "namespaces").unwrap() + 2;
        let part = |place: usize| request.path.get(at + place).map(String::as_str).unwrap_or_default();
        let (resource, name, below) = (part(0), part(1), part(2));
        let verb = match (request.method.as_str(), name) {
            ("GET", "") if request.query.contains_key("watch") => "watch",
            ("GET", "") => "list",
            ("GET", _) => "get",
            ("POST", _) => "create",
            ("PATCH", _) => "patch",
            ("DELETE", _) => "delete",
            other => panic!("a call that is not known: {other:?}"),
        };
        let what = if below.is_empty() { resource.to_owned() } else { format!("{resource}/{below}") };
        if let Some(Refused { status, message, .. }) = self.refused(verb, &what) {
            return failure(*status, message);
        }
        let selectors = ["labelSelector", "fieldSelector"]
            .map(|selector| request.query.get(selector).cloned().unwrap_or_default());
        match (verb, what.as_str()) {
            ("get", "pods/log") => Answer::Whole(200, self.log.clone()),
            ("get", _) => match self.state().objects.get(&(what.clone(), name.to_owned())) {
                Some(object) => whole(200, object),
                None => not_found(resource, name),
            },
            ("list", _) => self.list(resource, &selectors),
            ("watch", _) => {
                let place = request.query.get("resourceVersion").and_then(|version| version.parse().ok());
                Answer::Watch(Changes {
                    api: Arc::clone(self),
                    resource: what,
                    selectors,
                    place: place.unwrap_or_default(),
                    before: self.state().changes.len(),
                    version: self.version.subscribe(),
                })
            }
            ("create", _) => {
                let name = request.body["metadata"]["name"].as_str().unwrap().to_owned();
                whole(201, &self.put(resource, &name, &request.body))
            }
            ("patch", _) => whole(200, &self.put(resource, name, &request.body)),
            _ => self.delete(resource, name, &request.body["preconditions"]),
        }
    }

    fn refused(&self, verb: &str, what: &str) -> Option<&Refused> {
        let since = |begin: Instant| begin.elapsed().as_secs();
        let workload = self.state().workload;
        self.refused.iter().find(|refused| {
            let (of_verb, of_what) = refused.call.split_once(' ').unwrap_or((&refused.call, "*"));
            (of_verb == "*" || of_verb == verb)
                && (of_what == "*" || of_what == what)
                && refused.from.is_none_or(|from| workload.is_some_and(|begin| since(begin) >= from))
                && refused.until.is_none_or(|until| since(self.begin) < until)
        })
    }

    fn list(&self, resource: &str, selectors: &[String; 2]) -> Answer {
        let state = self.state();
        let items: Vec<_> = state
            .objects
            .iter()
            .filter(|((of, _), object)| of == resource && fits(object, selectors))
            .map(|(_, object)| object)
            .collect();
        let (_, version, kind) = kind(resource);
        let list = json!({
            "apiVersion": version, "kind": format!("{kind}List"),
            "metadata": {"resourceVersion": state.changes.len().to_string()}, "items": items,
        });
        whole(200, &list)
    }

    /// Creates or replaces an object for a client, and keeps its status.
    pub(super) fn put(&self, resource: &str, name: &str, wanted: &Value) -> Value {
        let key = (resource.to_owned(), name.to_owned());
        let old = self.state().objects.get(&key).cloned();
        let (_, version, kind) = kind(resource);
        let mut object = wanted.clone();
        object["apiVersion"] = version.into();
        object["kind"] = kind.into();
        object["metadata"]["name"] = name.into();
        object["metadata"]["uid"] = format!("uid-of-{name}").into();
        object["metadata"]["generation"] = 1.into();
        if let Some(old) = &old {
            object["status"] = old["status"].clone();
        } else if matches!(resource, "jobs" | "deployments") {
            object["status"] = json!({});
            self.state().workload = Some(Instant::now());
        }
        self.change(key, if old.is_some() { "MODIFIED" } else { "ADDED" }, object)
    }

    /// Changes an existing object.
    pub(super) fn modify(&self, resource: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let key = (resource.to_owned(), name.to_owned());
        let mut object = self.state().objects[&key].clone();
        change(&mut object);
        self.change(key, "MODIFIED", object);
    }

    /// Removes an object and the objects that it owns.
    pub(super) fn remove(&self, resource: &str, name: &str) {
        let key = (resource.to_owned(), name.to_owned());
        let Some(object) = self.state().objects.remove(&key) else { return };
        let uid = object["metadata"]["uid"].clone();
        self.change(key, "DELETED", object);
        let owned = |object: &Value| object["metadata"]["ownerReferences"][0]["uid"] == uid;
        let below: Vec<_> = self
            .state()
            .objects
            .iter()
            .filter(|(_, object)| owned(object))
            .map(|(key, _)| key.clone())
            .collect();
        for (resource, name) in below {
            self.remove(&resource, &name);
        }
    }

    /// Ends all watches.
    pub(super) fn cut(&self) {
        self.note(Change { resource: None, kind: "", object: Value::Null });
    }

    fn delete(&self, resource: &str, name: &str, preconditions: &Value) -> Answer {
        let found = self.state().objects.get(&(resource.to_owned(), name.to_owned())).cloned();
        let Some(found) = found else { return not_found(resource, name) };
        for condition in ["uid", "resourceVersion"] {
            let wanted = &preconditions[condition];
            if !wanted.is_null() && *wanted != found["metadata"][condition] {
                return failure(409, &format!("the {condition} in the precondition is another one"));
            }
        }
        self.state().deleted.push(format!("{resource}/{name}"));
        self.remove(resource, name);
        whole(200, &json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success"}))
    }

    fn change(&self, key: (String, String), kind: &'static str, mut object: Value) -> Value {
        let version = self.state().changes.len() + 1;
        object["metadata"]["resourceVersion"] = version.to_string().into();
        if kind != "DELETED" {
            self.state().objects.insert(key.clone(), object.clone());
        }
        self.note(Change { resource: Some(key.0), kind, object: object.clone() });
        object
    }

    fn note(&self, change: Change) {
        self.state().changes.push(change);
        let version = self.state().changes.len();
        self.version.send_replace(version);
    }
}

impl Changes {
    /// Waits for changes, and returns a line for each; [`None`] when the watch is cut off.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            self.version.borrow_and_update();
            let changes = self.api.state().changes[self.place..].to_vec();
            let (mut lines, mut is_cut) = (String::new(), false);
            for change in changes {
                is_cut |= change.resource.is_none() && self.place >= self.before;
                self.place += 1;
                if change.resource.as_ref() == Some(&self.resource) && fits(&change.object, &self.selectors) {
                    lines += &json!({"type": change.kind, "object": change.object}).to_string();
                    lines.push('\n');
                }
            }
            if is_cut {
                return None;
            }
            if !lines.is_empty() {
                return Some(lines);
            }
            self.version.changed().await.ok()?;
        }
    }
}

fn kind(resource: &str) -> (&'static str, &'static str, &'static str) {
    KINDS.into_iter().find(|(name, ..)| *name == resource).unwrap()
}

/// Tells whether an object has these labels and these fields.
fn fits(object: &Value, [labels, fields]: &[String; 2]) -> bool {
    let holds = |selector: &str, value: &dyn Fn(&str) -> Value| {
        selector
            .split(',')
            .filter_map(|term| term.split_once('='))
            .all(|(name, wanted)| value(name) == wanted)
    };
    let field =
        |path: &str| object.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or_default();
    holds(labels, &|name| object["metadata"]["labels"][name].clone()) && holds(fields, &field)
}

fn whole(status: u16, object: &Value) -> Answer {
    Answer::Whole(status, object.to_string())
}

fn not_found(resource: &str, name: &str) -> Answer {
    failure(404, &format!("{resource} \"{name}\" not found"))
}

fn failure(status: u16, message: &str) -> Answer {
    let reason = match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    whole(
        status,
        &json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
            "code": status,
        }),
    )
}

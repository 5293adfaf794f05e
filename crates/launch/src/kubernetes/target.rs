//! Where and how a chaincode runs on Kubernetes: the variables of fabric-builder-k8s override `launch.yaml`.

use std::time::Duration;

use ccs_files::GoDuration;

use crate::settings::{Security, Settings, Subject};
use crate::{ExitCode, Failure};

/// The default prefix of names.
const PREFIX: &str = "hlfcc";

/// The maximum length of the prefix.
const LONGEST_PREFIX: usize = 30;

/// The default time in which a chaincode must become ready; a peer waits for five minutes.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// The prefix of the variables of fabric-builder-k8s.
const VARIABLES: &str = "FABRIC_K8S_BUILDER_";

/// Where and how a chaincode runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The ID of the peer; it may be empty.
    pub peer_id: String,
    /// The namespace.
    pub namespace: String,
    /// The service account of the chaincode.
    pub service_account: String,
    /// The prefix of object names.
    pub prefix: String,
    /// The nodes that are reserved for chaincode, by the value of their label and taint.
    pub node_role: Option<String>,
    /// How long the chaincode may take to be ready.
    pub start_timeout: Duration,
    /// The security level of the pod.
    pub security: Security,
    /// The DNS servers that the chaincode uses instead of the cluster's.
    pub name_servers: Vec<String>,
    /// Further annotations of the Job and its pod.
    pub annotations: Vec<(String, String)>,
    /// Whether the launcher logs every step.
    pub debug: bool,
    /// The kubeconfig of the cluster, if the builder runs outside the cluster.
    pub kubeconfig: Option<String>,
    /// The pod of the peer, if the chaincode runs in the same namespace: it becomes the owner of the Job.
    pub peer_pod: Option<String>,
}

/// The environment in which the builder runs.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Returns the value of a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The namespace of the builder's pod, if it runs in one.
    pub own_namespace: Option<&'a str>,
    /// The name of the host, which in a pod is the name of the pod.
    pub host: Option<&'a str>,
}

impl Target {
    /// The variables override the operator's settings. For the namespace, a rule for the chaincode overrides both, because a
    /// variable applies to all chaincode.
    pub fn new(
        surroundings: Surroundings<'_>,
        settings: &Settings,
        subject: &Subject<'_>,
    ) -> Result<Self, Failure> {
        let variable = |name: &str| (surroundings.variable)(&format!("{VARIABLES}{name}"));
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let set = &settings.kubernetes;
        // fabric-builder-k8s also accepts an empty ID.
        let peer_id = (surroundings.variable)("CORE_PEER_ID")
            .filter(|id| !id.is_empty() || settings.peer_id.is_none())
            .or_else(|| settings.peer_id.clone());
        let peer_id = peer_id.ok_or_else(|| {
            refused("Expected CORE_PEER_ID environment variable".to_owned())
                .with_hint("add CORE_PEER_ID to propagateEnvironment of the builder in core.yaml, or set peer_id in launch.yaml")
        })?;
        let ruled = settings.rules(subject).filter_map(|rule| rule.namespace.clone()).last();
        let namespace = ruled.or_else(|| filled("NAMESPACE")).or_else(|| set.namespace.clone());
        let namespace = namespace.or_else(|| surroundings.own_namespace.map(str::to_owned));
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        let kubeconfig = (surroundings.variable)("KUBECONFIG_PATH").filter(|path| !path.is_empty());
        let beside_peer = kubeconfig.is_none() && surroundings.own_namespace == Some(namespace.as_str());
        let target = Self {
            peer_id,
            namespace,
            peer_pod: surroundings.host.filter(|_| beside_peer).map(str::to_owned),
            node_role: filled("NODE_ROLE"),
            prefix: variable("OBJECT_NAME_PREFIX")
                .or_else(|| set.prefix.clone())
                .unwrap_or(PREFIX.to_owned()),
            service_account: filled("SERVICE_ACCOUNT")
                .or_else(|| set.service_account.clone())
                .unwrap_or("default".to_owned()),
            start_timeout: match filled("START_TIMEOUT") {
                Some(text) => duration(&text)?,
                None => set.start_timeout.unwrap_or(START_TIMEOUT),
            },
            security: set.security,
            name_servers: filled("NAME_SERVERS").map(|text| list(&text)).unwrap_or_default(),
            annotations: filled("CUSTOM_ANNOTATIONS").map_or(Ok(Vec::new()), |text| annotations(&text))?,
            debug: variable("DEBUG").is_some_and(|value| value == "true"),
            kubeconfig,
        };
        target.check()?;
        Ok(target)
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(problem) = self.node_role.as_deref().and_then(label_value_problem) {
            return Err(refused(format!(
                "{} must be a valid Kubernetes label value: {problem}",
                named("NODE_ROLE")
            )));
        }
        let prefix = named("OBJECT_NAME_PREFIX");
        if self.prefix.len() > LONGEST_PREFIX {
            return Err(refused(format!("{prefix} must be a maximum of {LONGEST_PREFIX} characters"))
                .with_hint("kubernetes.prefix in launch.yaml has the same limit"));
        }
        // A dash at the end is allowed, because more characters follow it in a name.
        let complete = self.prefix.strip_suffix('-').unwrap_or(&self.prefix);
        if !is_dns_label(complete) {
            return Err(refused(format!("{prefix} must be a valid DNS-1035 label: {DNS_LABEL}"))
                .with_hint("kubernetes.prefix in launch.yaml follows the same rule"));
        }
        Ok(())
    }
}

/// The error text of Kubernetes for an invalid label.
const DNS_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                         alphabetic character, and end with an alphanumeric character";

fn is_dns_label(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(known) && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-')
}

fn label_value_problem(text: &str) -> Option<&'static str> {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let known = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    if text.len() > 63 {
        Some("must be no more than 63 bytes")
    } else if text.chars().all(known) && text.starts_with(edge) && text.ends_with(edge) {
        None
    } else {
        Some(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
        )
    }
}

fn duration(text: &str) -> Result<Duration, Failure> {
    let duration: Result<GoDuration, _> = text.parse();
    let duration = duration.map_err(|error| {
        refused(format!("{} must be a valid Go duration string, e.g. 3m40s: {error}", named("START_TIMEOUT")))
    })?;
    let duration = duration.to_std().filter(|duration| !duration.is_zero());
    duration
        .ok_or_else(|| refused(format!("{} must be greater than zero, got {text}", named("START_TIMEOUT"))))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn annotations(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let pair = |item: String| match item.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => {
            Err(refused(format!("{} must be key=value,key=value, not {item:?}", named("CUSTOM_ANNOTATIONS"))))
        }
    };
    list(text).into_iter().map(pair).collect()
}

/// Names a variable as fabric-builder-k8s does in its messages.
fn named(variable: &str) -> String {
    format!("The {VARIABLES}{variable} environment variable")
}

fn refused(reason: String) -> Failure {
    Failure::new(ExitCode::Settings, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Role;

    const SUBJECT: Subject<'_> =
        Subject { package: "basic_1.0:00", chaincode_type: "k8s", role: Role::Client };

    fn target(variables: &[(&str, &str)], settings: &str) -> Result<Target, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let surroundings =
            Surroundings { variable: &variable, own_namespace: Some("peers"), host: Some("org1-peer0-0") };
        let settings = Settings::parse(settings.as_bytes()).unwrap();
        Target::new(surroundings, &settings, &SUBJECT).map_err(|failure| failure.to_string())
    }

    #[test]
    fn without_variables_and_settings_the_defaults_are_those_of_fabric_builder_k8s() {
        let target = target(&[("CORE_PEER_ID", "")], "").unwrap();
        assert_eq!(
            (target.namespace.as_str(), target.prefix.as_str(), target.service_account.as_str()),
            ("peers", "hlfcc", "default")
        );
        assert_eq!(
            (target.start_timeout, target.node_role, target.debug),
            (Duration::from_mins(3), None, false)
        );
    }

    #[test]
    fn an_empty_id_counts_only_where_the_settings_have_none() {
        let id = |value: &str, settings: &str| target(&[("CORE_PEER_ID", value)], settings).unwrap().peer_id;
        assert_eq!([id("", "peer_id: p"), id("q", "peer_id: p"), id("", "")], ["p", "q", ""]);
    }

    #[test]
    fn the_pod_of_the_peer_is_known_only_beside_the_chaincode() {
        let pod = |variables: &[(&str, &str)]| target(variables, "peer_id: p").unwrap().peer_pod;
        assert_eq!(pod(&[]).as_deref(), Some("org1-peer0-0"));
        assert_eq!(pod(&[("FABRIC_K8S_BUILDER_NAMESPACE", "other")]), None);
        assert_eq!(pod(&[("KUBECONFIG_PATH", "/config")]), None);
    }

    #[test]
    fn variables_count_before_settings_and_a_rule_for_the_namespace_before_both() {
        let settings = "peer_id: p\nkubernetes: {namespace: a, prefix: other, start_timeout: 1m}\n";
        let found = target(&[], settings).unwrap();
        assert_eq!(
            (found.namespace.as_str(), found.prefix.as_str(), found.peer_id.as_str()),
            ("a", "other", "p")
        );
        let variables = [
            ("CORE_PEER_ID", "peer0"),
            ("FABRIC_K8S_BUILDER_NAMESPACE", "b"),
            ("FABRIC_K8S_BUILDER_OBJECT_NAME_PREFIX", "hlf-"),
            ("FABRIC_K8S_BUILDER_START_TIMEOUT", "3m40s"),
            ("FABRIC_K8S_BUILDER_NAME_SERVERS", "10.0.0.1, 10.0.0.2"),
            ("FABRIC_K8S_BUILDER_CUSTOM_ANNOTATIONS", "a.b/c=d=e,f="),
            ("FABRIC_K8S_BUILDER_DEBUG", "true"),
        ];
        let found = target(&variables, settings).unwrap();
        assert_eq!(
            (found.namespace.as_str(), found.prefix.as_str(), found.peer_id.as_str()),
            ("b", "hlf-", "peer0")
        );
        assert_eq!(found.start_timeout, Duration::from_secs(220));
        assert_eq!(found.name_servers, ["10.0.0.1", "10.0.0.2"]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found.annotations, [pair("a.b/c", "d=e"), pair("f", "")]);
        let ruled = format!("{settings}chaincodes: [{{match: {{label: 'basic*'}}, namespace: c}}]");
        assert_eq!(target(&variables, &ruled).unwrap().namespace, "c");
    }

    #[test]
    fn wrong_variables_are_refused_in_the_words_of_fabric_builder_k8s() {
        assert_eq!(target(&[], "").unwrap_err(), "Expected CORE_PEER_ID environment variable");
        for (name, value, message) in [
            (
                "NODE_ROLE",
                "a b",
                "The FABRIC_K8S_BUILDER_NODE_ROLE environment variable must be a valid Kubernetes label value: a valid \
                 label must be",
            ),
            (
                "OBJECT_NAME_PREFIX",
                "a234567890123456789012345678901",
                "The FABRIC_K8S_BUILDER_OBJECT_NAME_PREFIX environment variable must be a maximum of 30 characters",
            ),
            (
                "OBJECT_NAME_PREFIX",
                "",
                "The FABRIC_K8S_BUILDER_OBJECT_NAME_PREFIX environment variable must be a valid DNS-1035 label: a \
                 DNS-1035 label must consist of",
            ),
            ("OBJECT_NAME_PREFIX", "1a", "must be a valid DNS-1035 label"),
            (
                "START_TIMEOUT",
                "3",
                "The FABRIC_K8S_BUILDER_START_TIMEOUT environment variable must be a valid Go duration string, e.g. \
                 3m40s: ",
            ),
            ("CUSTOM_ANNOTATIONS", "a", "must be key=value,key=value, not \"a\""),
        ] {
            let name = format!("{VARIABLES}{name}");
            let error = target(&[("CORE_PEER_ID", "p"), (&name, value)], "").unwrap_err();
            assert!(error.contains(message), "{name}: {error}");
        }
    }
}

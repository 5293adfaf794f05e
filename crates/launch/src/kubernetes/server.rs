//! Chaincode that the peer dials: a Secret, a Service and a Deployment, which the install of a package creates.

use std::fmt;

use ccs_files::Connection;
use serde_json::{Map, Value, json};

use super::overlay;
use super::pod::{CONTAINER, PORT, Reserved, WORKLOAD, of_the_operator, placed_and_secured};
use super::target::Target;
use crate::identity::{Identity, fnv_1a};
use crate::image::Image;
use crate::server::{self, Certificates, FOLDER};
use crate::settings::{Settings, Subject};
use crate::{ExitCode, Failure};

/// The field manager and owner of the objects.
pub const MANAGER: &str = "fabric-ccs";

/// The prefix of the objects' names.
const PREFIX: &str = "ccs";

/// The volume with the server's files.
const FILES: &str = "tls";

/// The group that may read them: the user of our chart.
const GROUP: u32 = 65532;

/// The annotation that changes with the certificates, so that a Deployment starts new pods for new certificates; without TLS, it
/// changes with the template.
pub const CHECKSUM: &str = "fabric-ccs/tls-checksum";

/// The annotation of the Deployment with the hash of its settings, which launch.json also contains. If the last change failed, the
/// two differ.
pub const SETTINGS: &str = "fabric-ccs/settings";

/// The input of a server's plan.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// Where and how the chaincode runs.
    pub target: &'a Target,
    /// The operator's rules.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// The package ID.
    pub package_id: &'a str,
    /// The MSP ID of the peer, if it is known.
    pub mspid: &'a str,
}

/// The objects of one server, and how the peer reaches it.
#[derive(Clone, PartialEq)]
pub struct Plan {
    /// The namespace of all objects.
    pub namespace: String,
    /// The name of Service and Deployment, with which that of the Secret begins.
    pub object: String,
    /// The Secret with the key of the server; none without TLS.
    pub secret: Option<Value>,
    /// The Service.
    pub service: Value,
    /// The Deployment.
    pub deployment: Value,
    /// The connection.json for the peer, which contains a key.
    pub connection: Connection,
}

impl fmt::Debug for Plan {
    /// Omits the Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("namespace", &self.namespace)
            .field("object", &self.object)
            .field("service", &self.service)
            .field("deployment", &self.deployment)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl<'a> Server<'a> {
    /// Checks the input of the names.
    pub fn check(&self) -> Result<(), Failure> {
        if self.target.peer_id.is_empty() {
            return Err(Failure::new(
                ExitCode::Settings,
                "CORE_PEER_ID is empty: each peer has its own chaincode, which is named after the peer",
            )
            .with_hint("set peer_id in launch.yaml"));
        }
        Ok(())
    }

    /// Returns the name of Service and Deployment.
    #[must_use]
    pub fn object(&self) -> String {
        self.identity().object()
    }

    /// Returns the names by which the peer may reach the server; it dials the first one.
    #[must_use]
    pub fn hosts(&self, domains: &[String]) -> Vec<String> {
        let (object, namespace) = (self.object(), &self.target.namespace);
        let mut hosts =
            vec![format!("{object}.{namespace}.svc"), format!("{object}.{namespace}"), object.clone()];
        hosts.extend(domains.iter().map(|domain| format!("{object}.{namespace}.svc.{domain}")));
        hosts
    }

    /// Makes the plan; `certificates` is [`None`] without TLS.
    pub fn plan(&self, subject: &Subject<'_>, certificates: Option<&Certificates>) -> Result<Plan, Failure> {
        let mut template = self.template(certificates);
        overlay::apply(&mut template, self.settings.overlays(subject), &self.reserved(certificates))?;
        if certificates.is_none() {
            // Without certificates, the template itself identifies the pods of this plan.
            let hash = fnv_1a(template.to_string().bytes());
            template["metadata"]["annotations"][CHECKSUM] = format!("{hash:016x}").into();
        }
        Ok(Plan {
            namespace: self.target.namespace.clone(),
            object: self.object(),
            secret: certificates.map(|certificates| self.secret(certificates)),
            service: self.service(),
            deployment: self.deployment(&template),
            connection: self.connection(certificates),
        })
    }

    /// The name does not include the address of the peer, because `build` does not know it.
    fn identity(&self) -> Identity<'a> {
        Identity {
            prefix: PREFIX,
            peer_id: &self.target.peer_id,
            peer_address: "",
            mspid: self.mspid,
            chaincode_id: self.package_id,
        }
    }

    fn secret_name(&self) -> String {
        format!("{}-tls", self.object())
    }

    fn labels(&self) -> Map<String, Value> {
        let (identity, object) = (self.identity(), self.object());
        let mut labels = Map::new();
        for (name, value) in [
            (WORKLOAD, object.as_str()),
            ("app", &object),
            ("chaincode", &identity.label_value()),
            ("app.kubernetes.io/name", "hyperledger-fabric"),
            ("app.kubernetes.io/component", "chaincode"),
            ("app.kubernetes.io/instance", &object),
            ("app.kubernetes.io/managed-by", MANAGER),
            ("fabric-ccs/package-hash", &identity.hash_value()),
        ] {
            labels.insert(name.to_owned(), value.into());
        }
        labels
    }

    fn annotations(&self) -> Map<String, Value> {
        let mut annotations = Map::new();
        for (name, value) in [
            ("fabric-ccs/package-id", self.package_id),
            ("fabric-ccs/peer-id", &self.target.peer_id),
            ("fabric-ccs/mspid", self.mspid),
        ] {
            annotations.insert(name.to_owned(), value.into());
        }
        annotations
    }

    fn annotations_of_the_pod(&self, certificates: Option<&Certificates>) -> Map<String, Value> {
        let mut annotations = self.annotations();
        if let Some(certificates) = certificates {
            annotations.insert(CHECKSUM.to_owned(), certificates.checksum.clone().into());
        }
        annotations
    }

    fn metadata(&self, name: &str, annotations: &Map<String, Value>) -> Value {
        json!({
            "name": name, "namespace": self.target.namespace, "labels": self.labels(), "annotations": annotations,
        })
    }

    fn secret(&self, certificates: &Certificates) -> Value {
        let content: Map<String, Value> = certificates
            .files()
            .into_iter()
            .map(|(name, content)| (name.to_owned(), content.into()))
            .collect();
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.metadata(&self.secret_name(), &self.annotations()),
            "type": "Opaque",
            "stringData": content,
        })
    }

    fn service(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self.metadata(&self.object(), &self.annotations()),
            "spec": {
                "selector": {WORKLOAD: self.object()},
                "ports": [{
                    "name": PORT, "port": self.image.port, "targetPort": self.image.port, "protocol": "TCP",
                    "appProtocol": "tcp",
                }],
            },
        })
    }

    fn deployment(&self, template: &Value) -> Value {
        let mut annotations = of_the_operator(self.target);
        annotations.append(&mut self.annotations());
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self.metadata(&self.object(), &annotations),
            "spec": {
                // A peer opens one stream to a chaincode, so a second pod would be unused.
                "replicas": 1,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "selector": {"matchLabels": {WORKLOAD: self.object()}},
                "template": template,
            },
        })
    }

    fn template(&self, certificates: Option<&Certificates>) -> Value {
        let mut annotations = of_the_operator(self.target);
        annotations.append(&mut self.annotations_of_the_pod(certificates));
        let port = self.image.port;
        let probe = json!({"port": PORT});
        let mut template = json!({
            "metadata": {"labels": self.labels(), "annotations": annotations},
            "spec": {
                "restartPolicy": "Always",
                "serviceAccountName": self.target.service_account,
                "containers": [{
                    "name": CONTAINER,
                    "image": self.image.reference(),
                    "env": self.environment(),
                    "ports": [{"name": PORT, "containerPort": port, "protocol": "TCP"}],
                    "startupProbe": {
                        "tcpSocket": probe, "periodSeconds": 1,
                        "failureThreshold": self.target.start_timeout.as_secs().max(1),
                    },
                    "readinessProbe": {"tcpSocket": probe, "periodSeconds": 10},
                    "livenessProbe": {"tcpSocket": probe, "periodSeconds": 20, "failureThreshold": 3},
                    "volumeMounts": [],
                }],
                "volumes": [],
            },
        });
        let spec = &mut template["spec"];
        if certificates.is_some() {
            let source = json!({"secretName": self.secret_name(), "defaultMode": 0o440});
            spec["volumes"] = json!([{"name": FILES, "secret": source}]);
            spec["containers"][0]["volumeMounts"] =
                json!([{"name": FILES, "mountPath": FOLDER, "readOnly": true}]);
            spec["securityContext"] = json!({"fsGroup": GROUP});
        }
        placed_and_secured(spec, self.target);
        template
    }

    /// Returns the variables of all shims.
    fn environment(&self) -> Value {
        let variables = server::environment(self.image, self.package_id);
        variables.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
    }

    fn reserved(&self, certificates: Option<&Certificates>) -> Reserved {
        Reserved {
            labels: self.labels(),
            annotations: self.annotations_of_the_pod(certificates),
            environment: self.environment(),
            volume: FILES,
            folder: FOLDER,
            port: Some(self.image.port),
        }
    }

    fn connection(&self, certificates: Option<&Certificates>) -> Connection {
        let host = self.hosts(&[]).into_iter().next().unwrap_or_default();
        server::connection(self.image, certificates, format!("{host}:{}", self.image.port))
    }
}

impl Plan {
    /// Returns the label selector for all pods.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{WORKLOAD}={}", self.object)
    }

    /// Returns the name of the Secret, if there is one.
    #[must_use]
    pub fn secret_name(&self) -> Option<&str> {
        self.secret.as_ref()?["metadata"]["name"].as_str()
    }

    /// Tells whether a pod belongs to this plan, and not to another build.
    #[must_use]
    pub fn is_ours(&self, pod: &Value) -> bool {
        let checksum = |metadata: &Value| metadata["annotations"][CHECKSUM].clone();
        checksum(&pod["metadata"]) == checksum(&self.deployment["spec"]["template"]["metadata"])
    }

    /// Returns the part of the Deployment that depends only on the settings, not on the certificates.
    #[must_use]
    pub fn settings_alone(&self) -> Value {
        let mut deployment = self.deployment.clone();
        if let Some(annotations) = deployment["spec"]["template"]["metadata"]["annotations"].as_object_mut() {
            annotations.remove(CHECKSUM);
        }
        deployment
    }
}

#[cfg(test)]
mod tests;

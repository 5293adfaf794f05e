//! Chaincode that waits for the peer to dial: a Secret, a Service and a Deployment, which the install of a package starts.

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

/// Who applies the objects and whose they are.
pub const MANAGER: &str = "fabric-ccs";

/// What the names of the objects begin with.
const PREFIX: &str = "ccs";

/// The volume with the server's files.
const FILES: &str = "tls";

/// The group that may read them: the user of our chart.
const GROUP: u32 = 65532;

/// The annotation that changes with the certificates, so that a Deployment starts new pods for new ones; without TLS, with the
/// template.
pub const CHECKSUM: &str = "fabric-ccs/tls-checksum";

/// The annotation of the Deployment with the hash of its settings, as launch.json has it: where the last change has failed, the two
/// differ.
pub const SETTINGS: &str = "fabric-ccs/settings";

/// What a server is planned from.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// Where and how.
    pub target: &'a Target,
    /// The operator's rules.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// The package ID.
    pub package_id: &'a str,
    /// The MSP ID of the peer, where it is known.
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
    /// What the peer reads: it holds a key.
    pub connection: Connection,
}

impl fmt::Debug for Plan {
    /// Leaves the Secret out.
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
    /// Checks what the names are made from.
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

    /// Returns the names under which the peer may reach the server, the one that it dials first.
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
            // Without certificates the pods of this plan are known by the template itself.
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

    /// The name leaves out the address of the peer, which `build` never learns.
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
                // A peer holds one stream to a chaincode, so a second pod would only wait.
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
    /// Returns the selector of labels that all pods have.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{WORKLOAD}={}", self.object)
    }

    /// Returns the name of the Secret, if there is one.
    #[must_use]
    pub fn secret_name(&self) -> Option<&str> {
        self.secret.as_ref()?["metadata"]["name"].as_str()
    }

    /// Tells whether a pod is one of this plan, and not one that another build has left.
    #[must_use]
    pub fn is_ours(&self, pod: &Value) -> bool {
        let checksum = |metadata: &Value| metadata["annotations"][CHECKSUM].clone();
        checksum(&pod["metadata"]) == checksum(&self.deployment["spec"]["template"]["metadata"])
    }

    /// Returns the Deployment as the settings make it, whatever the certificates are.
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

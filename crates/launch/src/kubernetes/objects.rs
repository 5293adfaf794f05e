//! The Secret and the Job of a chaincode that dials the peer, as JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::pod::{CONTAINER, Reserved, WORKLOAD, of_the_operator, placed_and_secured};
use super::target::Target;
use crate::identity::Identity;
use crate::settings::Security;
use crate::{Chaincode, Image};

/// The field manager and owner of the objects: fabric-builder-k8s, so that its users can keep their tools.
pub const MANAGER: &str = "fabric-builder-k8s";

/// The volume with the certificates, and its mount path.
const CERTIFICATES: &str = "certs";
const CERTIFICATES_PATH: &str = "/etc/hyperledger/fabric";

/// The common input of all objects of one launch.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) target: &'a Target,
    pub(super) image: &'a Image,
    pub(super) chaincode: &'a Chaincode,
    pub(super) identity: Identity<'a>,
}

impl Parts<'_> {
    /// Returns the labels that Secret, Job and pod have.
    pub(super) fn labels(&self) -> Map<String, Value> {
        let mut labels = Map::new();
        for (name, value) in [
            ("app.kubernetes.io/name", "hyperledger-fabric"),
            ("app.kubernetes.io/component", "chaincode"),
            ("app.kubernetes.io/created-by", MANAGER),
            ("app.kubernetes.io/managed-by", MANAGER),
            ("fabric-builder-k8s-cclabel", &self.identity.label_value()),
            ("fabric-builder-k8s-cchash", &self.identity.hash_value()),
        ] {
            labels.insert(name.to_owned(), value.into());
        }
        labels
    }

    /// Returns the annotations that Secret, Job and pod have.
    pub(super) fn annotations(&self) -> Map<String, Value> {
        let mut annotations = Map::new();
        for (name, value) in [
            ("fabric-builder-k8s-ccid", self.identity.chaincode_id),
            ("fabric-builder-k8s-mspid", self.identity.mspid),
            ("fabric-builder-k8s-peeraddress", self.identity.peer_address),
            ("fabric-builder-k8s-peerid", self.identity.peer_id),
        ] {
            annotations.insert(name.to_owned(), value.into());
        }
        annotations
    }

    fn metadata(&self, name: &str, annotations: &Map<String, Value>) -> Value {
        let mut labels = self.labels();
        labels.insert(WORKLOAD.to_owned(), self.identity.object().into());
        json!({"name": name, "namespace": self.target.namespace, "labels": labels, "annotations": annotations})
    }

    fn annotations_of_the_job(&self) -> Map<String, Value> {
        let mut annotations = of_the_operator(self.target);
        annotations.append(&mut self.annotations());
        annotations
    }

    /// Returns the Secret with the certificates of the peer. For a peer without TLS, the files are empty.
    pub(super) fn secret(&self) -> Value {
        let chaincode = self.chaincode;
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.metadata(&self.identity.object(), &self.annotations()),
            "type": "Opaque",
            "stringData": {
                "peer.crt": chaincode.root_cert,
                "client_pem.crt": chaincode.client_cert,
                "client_pem.key": chaincode.client_key,
                "client.crt": BASE64_STANDARD.encode(&chaincode.client_cert),
                "client.key": BASE64_STANDARD.encode(&chaincode.client_key),
            },
        })
    }

    /// Returns the Job around the template of a pod.
    pub(super) fn job(&self, name: &str, template: &Value) -> Value {
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": self.metadata(name, &self.annotations_of_the_job()),
            // The peer launches a chaincode again after it has ended, so the platform must not restart it.
            "spec": {"backoffLimit": 0, "ttlSecondsAfterFinished": 300, "template": template},
        })
    }

    /// Returns the fields that no overlay may change.
    pub(super) fn reserved(&self) -> Reserved {
        Reserved {
            labels: self.labels(),
            annotations: self.annotations(),
            environment: self.environment(),
            volume: CERTIFICATES,
            folder: CERTIFICATES_PATH,
            port: None,
        }
    }

    /// Returns the template of the pod before the operator's overlays.
    pub(super) fn template(&self) -> Value {
        let mut template = json!({
            "metadata": {"labels": self.labels(), "annotations": self.annotations_of_the_job()},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": self.target.service_account,
                "containers": [{
                    "name": CONTAINER,
                    "image": self.image.reference(),
                    "env": self.environment(),
                    "volumeMounts": [{"name": CERTIFICATES, "mountPath": CERTIFICATES_PATH, "readOnly": true}],
                }],
                "volumes": [{"name": CERTIFICATES, "secret": {"secretName": self.identity.object()}}],
            },
        });
        placed_and_secured(&mut template["spec"], self.target);
        template
    }

    /// Returns the variables of all shims, in the order of fabric-builder-k8s.
    pub(super) fn environment(&self) -> Value {
        // fabric-builder-k8s sets true even if the peer does not use TLS; the chaincode then cannot connect.
        let tls = self.chaincode.wants_tls() || self.target.security == Security::None;
        let file = |name: &str| format!("{CERTIFICATES_PATH}/{name}");
        let variables = [
            ("CORE_CHAINCODE_ID_NAME", self.chaincode.chaincode_id.clone()),
            ("CORE_PEER_ADDRESS", self.chaincode.peer_address.clone()),
            ("CORE_PEER_TLS_ENABLED", tls.to_string()),
            ("CORE_PEER_TLS_ROOTCERT_FILE", file("peer.crt")),
            ("CORE_TLS_CLIENT_KEY_PATH", file("client.key")),
            ("CORE_TLS_CLIENT_CERT_PATH", file("client.crt")),
            ("CORE_TLS_CLIENT_KEY_FILE", file("client_pem.key")),
            ("CORE_TLS_CLIENT_CERT_FILE", file("client_pem.crt")),
            ("CORE_PEER_LOCALMSPID", self.chaincode.mspid.clone()),
        ];
        variables.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
    }
}

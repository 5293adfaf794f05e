//! The documents of requests and results.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// Version that the server reports; some clients ask for at least 1.4.
const VERSION: &str = "1.5.21";

/// Body of `enroll` and `reenroll`.
#[derive(Debug, Deserialize)]
pub(crate) struct Enrollment {
    pub(crate) certificate_request: String,
    #[serde(default)]
    pub(crate) profile: Option<String>,
    #[serde(default)]
    pub(crate) hosts: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) attr_reqs: Option<Vec<AttributeRequest>>,
}

/// Attribute that a client wants in its certificate.
#[derive(Debug, Deserialize)]
pub(crate) struct AttributeRequest {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) optional: bool,
}

/// Body of `register`.
#[derive(Deserialize)]
pub(crate) struct Registration {
    pub(crate) id: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) secret: Option<String>,
    #[serde(default)]
    pub(crate) max_enrollments: Option<i64>,
    #[serde(default)]
    pub(crate) affiliation: Option<String>,
    #[serde(default)]
    pub(crate) attrs: Option<Vec<Attribute>>,
}

/// Attribute of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: String,
    /// Whether certificates hold it by default.
    #[serde(default)]
    pub(crate) ecert: bool,
}

/// Body of `revoke`.
#[derive(Debug, Deserialize)]
pub(crate) struct Revocation {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) serial: Option<String>,
    #[serde(default)]
    pub(crate) aki: Option<String>,
    #[serde(default)]
    pub(crate) gencrl: bool,
}

/// Name of a CA in a body; clients write the key in different ways.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CaName {
    #[serde(alias = "CAName")]
    pub(crate) caname: Option<String>,
}

/// Revoked certificate in a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Revoked {
    pub(crate) serial: String,
    #[serde(rename = "AKI")]
    pub(crate) aki: String,
}

/// Returns what `cainfo` says of a CA.
pub(crate) fn info(name: &str, chain: &str) -> Value {
    server_info(name, chain, VERSION)
}

/// Returns the result of an enrollment.
pub(crate) fn enrolled(name: &str, chain: &str, certificate: &str) -> Value {
    json!({ "Cert": STANDARD.encode(certificate), "ServerInfo": server_info(name, chain, "") })
}

fn server_info(name: &str, chain: &str, version: &str) -> Value {
    // The two keys are Idemix's.
    json!({
        "CAName": name,
        "CAChain": STANDARD.encode(chain),
        "IssuerPublicKey": "",
        "IssuerRevocationPublicKey": "",
        "Version": version,
    })
}

/// Returns the result of a revocation.
pub(crate) fn revoked(certificates: &[Revoked]) -> Value {
    json!({ "RevokedCerts": certificates, "CRL": "" })
}

/// Returns the body of an answer, written as Fabric CA does: a result ends with a line break.
pub(crate) fn body(result: &Result<Value, Refusal>) -> String {
    match result {
        Ok(result) => format!("{{\"result\":{result}\n,\"errors\":[],\"messages\":[],\"success\":true}}"),
        Err(refusal) => {
            let error = json!({ "code": refusal.numbers().1, "message": refusal.to_string() });
            format!("{{\"result\":\"\",\"errors\":[{error}\n],\"messages\":[],\"success\":false}}")
        }
    }
}

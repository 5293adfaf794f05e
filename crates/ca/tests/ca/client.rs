//! A CA in a folder of an organization, and clients with keys.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_ca::{Answer, Ca, CaOptions, Call};
use ccs_identity::{Organization, OrganizationPlan, Pair, Signer};
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

/// CA of the first organization of the test network.
pub(crate) struct Network {
    root: TempDir,
    pub(crate) ca: Ca,
}

/// Identity with a certificate.
pub(crate) struct Client {
    pub(crate) certificate: String,
    key: String,
}

impl Network {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let plan = OrganizationPlan::of_test_network(1, "localhost:7051".to_owned());
        Organization::open_or_make(&plan, root.path(), SystemTime::now()).unwrap();
        let ca = open(&root);
        Self { root, ca }
    }

    /// Starts the CA again from its state.
    pub(crate) fn restart(&mut self) {
        self.ca = open(&self.root);
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("ca.json")
    }

    /// Returns a user of the organization that the CA does not know.
    pub(crate) fn unknown_user(&self) -> Client {
        let msp = "peerOrganizations/org1.example.com/users/User1@org1.example.com/msp";
        let only_file = |folder: &str| {
            let mut files = fs::read_dir(self.root.path().join(msp).join(folder)).unwrap();
            fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap()
        };
        Client { certificate: only_file("signcerts"), key: only_file("keystore") }
    }

    pub(crate) fn organization(&self) -> Organization {
        let plan = OrganizationPlan::of_test_network(1, "localhost:7051".to_owned());
        Organization::open_or_make(&plan, self.root.path(), SystemTime::now()).unwrap().0
    }

    pub(crate) fn call(&self, method: &str, uri: &str, authorization: Option<&str>, body: &str) -> Answer {
        let call = Call { method, uri, authorization, body: body.as_bytes() };
        self.ca.answer(&call, SystemTime::now())
    }

    /// Enrolls an identity, with further keys of the body.
    pub(crate) fn enroll_with(&self, id: &str, secret: &str, more: Value) -> Result<Client, Answer> {
        let (key, request) = request(id);
        let answer = self.call("POST", "/api/v1/enroll", Some(&basic(id, secret)), &body(&request, more));
        client(answer, &key)
    }

    pub(crate) fn enroll(&self, id: &str, secret: &str) -> Result<Client, Answer> {
        self.enroll_with(id, secret, json!({}))
    }

    /// Makes a call with the token of a client.
    pub(crate) fn signed(&self, client: &Client, uri: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.call("POST", uri, Some(&client.token("POST", uri, &body)), &body)
    }

    /// Registers an identity by the registrar. Returns its secret.
    pub(crate) fn register(&self, registrar: &Client, body: &Value) -> String {
        let answer = self.signed(registrar, "/api/v1/register", body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        result(&answer)["secret"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub(crate) fn signer(&self) -> Signer {
        Signer::from_pem("Org1MSP".parse().unwrap(), self.certificate.as_bytes(), self.key.as_bytes())
            .unwrap()
    }

    pub(crate) fn token(&self, method: &str, uri: &str, body: &str) -> String {
        let certificate = STANDARD.encode(&self.certificate);
        let message = format!("{method}.{}.{}.{certificate}", STANDARD.encode(uri), STANDARD.encode(body));
        format!("{certificate}.{}", STANDARD.encode(self.signer().sign(message.as_bytes()).unwrap()))
    }

    pub(crate) fn parsed(&self) -> ccs_certificates::Certificate {
        let der = pem_to_der(&self.certificate);
        ccs_certificates::Certificate::from_der(&der).unwrap()
    }

    /// Enrolls again.
    pub(crate) fn reenroll(&self, network: &Network, id: &str) -> Result<Self, Answer> {
        let (key, request) = request(id);
        let body = body(&request, json!({}));
        let token = self.token("POST", "/reenroll?ca=ca-org1", &body);
        client(network.call("POST", "/reenroll?ca=ca-org1", Some(&token), &body), &key)
    }
}

fn open(root: &TempDir) -> Ca {
    let folder = root.path().join("peerOrganizations/org1.example.com/ca");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let options = CaOptions {
        name: "ca-org1".to_owned(),
        pair: Pair { certificate: read("ca.org1.example.com-cert.pem"), key: read("priv_sk") },
        msp_id: "Org1MSP".parse().unwrap(),
        registrar: ("admin".to_owned(), "adminpw".to_owned()),
        state: Some(root.path().join("ca.json")),
    };
    Ca::open(options).unwrap()
}

fn client(answer: Answer, key: &KeyPair) -> Result<Client, Answer> {
    if answer.status != 201 {
        return Err(answer);
    }
    let certificate = STANDARD.decode(result(&answer)["Cert"].as_str().unwrap()).unwrap();
    Ok(Client { certificate: String::from_utf8(certificate).unwrap(), key: key.serialize_pem() })
}

/// Returns a key and a certificate request as the command line of Fabric CA makes it.
pub(crate) fn request(id: &str) -> (KeyPair, String) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, value) in [
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "North Carolina"),
        (DnType::OrganizationName, "Hyperledger"),
        (DnType::OrganizationalUnitName, "Fabric"),
        (DnType::CommonName, id),
    ] {
        params.distinguished_name.push(kind, value);
    }
    let key = KeyPair::generate().unwrap();
    let request = params.serialize_request(&key).unwrap().pem().unwrap();
    (key, request)
}

pub(crate) fn body(request: &str, more: Value) -> String {
    let mut body = json!({ "certificate_request": request, "caname": "ca-org1" });
    let Value::Object(more) = more else { panic!("more keys are an object") };
    body.as_object_mut().unwrap().extend(more);
    body.to_string()
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

pub(crate) fn result(answer: &Answer) -> Value {
    serde_json::from_str::<Value>(&answer.body).unwrap()["result"].clone()
}

/// Returns status, code and text of a refusal.
pub(crate) fn refusal(answer: &Answer) -> (u16, u64, String) {
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&document["success"], &document["result"]), (&json!(false), &json!("")));
    let error = &document["errors"][0];
    (answer.status, error["code"].as_u64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

fn pem_to_der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}

/// Returns a certificate of itself for this machine.
pub(crate) fn certificate() -> Pair {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let key = KeyPair::generate().unwrap();
    Pair { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

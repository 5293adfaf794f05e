//! The calls of clients.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ccs_identity::{Certificate, Msp, MspId, MspSettings, Pair};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use x509_cert::der::Decode as _;

use crate::document::{self, CaName, Enrollment, Registration, Revocation};
use crate::issuer::{Issuer, IssuerError, Order, number};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::request::Request;
use crate::token::{self, Signed};

/// What a CA consists of.
pub struct CaOptions {
    /// Name by which clients choose the CA, such as `ca-org1`.
    pub name: String,
    /// Certificate and key.
    pub pair: Pair,
    /// ID of the organization's MSP.
    pub msp_id: MspId,
    /// Name and secret of the registrar, which registers the other identities.
    pub registrar: (String, String),
    /// File that keeps identities and certificates; without one, they are lost when the process ends.
    pub state: Option<PathBuf>,
}

/// CA that answers calls.
pub struct Ca {
    name: String,
    issuer: Issuer,
    msp: Arc<Msp>,
    registry: Mutex<Registry>,
    state: Option<PathBuf>,
}

/// Call of a client, whose body has been read.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path with the query, as the client wrote it.
    pub uri: &'a str,
    /// Content of the header `Authorization`.
    pub authorization: Option<&'a str>,
    /// Body.
    pub body: &'a [u8],
}

/// Answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON document.
    pub body: String,
    /// Content of the header `Location`.
    pub location: Option<String>,
}

/// Result of a call that succeeds.
struct Done {
    status: u16,
    result: Value,
    location: Option<String>,
}

impl Done {
    fn new(status: u16, result: Value) -> Self {
        Self { status, result, location: None }
    }
}

impl Ca {
    /// Reads the certificate, the key and the state.
    pub fn open(options: CaOptions) -> Result<Self, IssuerError> {
        let issuer = Issuer::read(&options.pair)?;
        let wrong = |error: String| IssuerError::Certificate(error);
        let root = Certificate::from_pem(options.pair.certificate.as_bytes())
            .map_err(|error| wrong(error.to_string()))?;
        let msp =
            Msp::new(MspSettings::new(options.msp_id, root)).map_err(|error| wrong(error.to_string()))?;
        let registry = match &options.state {
            Some(file) => read_state(file)?,
            None => None,
        };
        let (name, secret) = &options.registrar;
        let registry = registry.map_or_else(|| Registry::new(name, secret), Ok);
        let registry = registry.map_err(|refusal| IssuerError::State(refusal.to_string()))?;
        Ok(Self {
            name: options.name,
            issuer,
            msp: Arc::new(msp),
            registry: Mutex::new(registry),
            state: options.state,
        })
    }

    /// Answers a call.
    #[must_use]
    pub fn answer(&self, call: &Call<'_>, now: SystemTime) -> Answer {
        let (status, location, result) = match self.call(call, now) {
            Ok(Done { status, result, location }) => (status, location, Ok(result)),
            Err(refusal) => (refusal.numbers().0, None, Err(refusal)),
        };
        Answer { status, body: document::body(&result), location }
    }

    fn call(&self, call: &Call<'_>, now: SystemTime) -> Result<Done, Refusal> {
        let (path, query) = call.uri.split_once('?').unwrap_or((call.uri, ""));
        let name = path.strip_prefix("/api/v1/").or_else(|| path.strip_prefix('/')).unwrap_or(path);
        match (name, call.method) {
            ("cainfo", "GET" | "POST") | ("enroll" | "reenroll" | "register" | "revoke", "POST") => {}
            ("cainfo" | "enroll" | "reenroll" | "register" | "revoke", method) => {
                return Err(Refusal::Method(method.to_owned()));
            }
            _ => return Err(Refusal::Path(path.chars().take(64).collect())),
        }
        self.require_name(query, call.body)?;
        match name {
            "enroll" => self.enroll(call, now),
            "reenroll" => self.reenroll(call, now),
            "register" => self.register(call, now),
            "revoke" => self.revoke(call, now),
            _ => Ok(Done::new(200, document::info(&self.name, self.issuer.pem()))),
        }
    }

    /// Checks that the client means this CA.
    fn require_name(&self, query: &str, body: &[u8]) -> Result<(), Refusal> {
        let in_query = query.split('&').find_map(|pair| pair.strip_prefix("ca="));
        let in_body = serde_json::from_slice::<CaName>(body).unwrap_or_default().caname;
        for name in in_query.into_iter().chain(in_body.as_deref()) {
            if !name.is_empty() && name != self.name {
                return Err(Refusal::UnknownCa(name.chars().take(64).collect()));
            }
        }
        Ok(())
    }

    fn enroll(&self, call: &Call<'_>, now: SystemTime) -> Result<Done, Refusal> {
        let (id, secret) = token::basic(call.authorization)?;
        let check = |registry: &Registry| registry.check_secret(&id, &secret);
        self.change(check, |registry, ()| {
            registry.count_enrollment(&id);
            self.certificate(registry, &id, call, now)
        })
    }

    fn reenroll(&self, call: &Call<'_>, now: SystemTime) -> Result<Done, Refusal> {
        let serial = self.authenticate(call, now)?;
        self.change(owner(&serial), |registry, id| self.certificate(registry, &id, call, now))
    }

    /// Issues a certificate to an identity.
    fn certificate(
        &self,
        registry: &mut Registry,
        id: &str,
        call: &Call<'_>,
        now: SystemTime,
    ) -> Result<Done, Refusal> {
        let wanted: Enrollment = body(call.body)?;
        let request = Request::read(&wanted.certificate_request, id)?;
        let is_tls = match wanted.profile.as_deref() {
            None | Some("") => false,
            Some("tls") => true,
            Some(profile) => {
                let profile: String = profile.chars().take(64).collect();
                return Err(Refusal::Signing(format!("unknown profile '{profile}'")));
            }
        };
        let identity = registry.identity(id)?;
        let attributes = identity.attributes(wanted.attr_reqs.as_deref())?;
        let order = Order {
            request: &request,
            units: identity.units(),
            // A TLS certificate holds attributes on request only.
            attributes: attributes.filter(|_| !is_tls || wanted.attr_reqs.is_some()),
            is_tls,
            hosts: wanted.hosts.as_deref().unwrap_or_default(),
        };
        let issued = self.issuer.issue(&order, now);
        let issued = issued.map_err(|error| Refusal::Signing(error.to_string()))?;
        registry.record(id, issued.serial, issued.aki);
        Ok(Done::new(201, document::enrolled(&self.name, self.issuer.pem(), &issued.pem)))
    }

    fn register(&self, call: &Call<'_>, now: SystemTime) -> Result<Done, Refusal> {
        let serial = self.authenticate(call, now)?;
        let new: Registration = body(call.body)?;
        let location = format!("/api/v1/identities/{}", in_path(&new.id));
        self.change(owner(&serial), |registry, caller| {
            let secret = registry.register(&caller, new)?;
            Ok(Done { location: Some(location), ..Done::new(201, json!({ "secret": secret })) })
        })
    }

    fn revoke(&self, call: &Call<'_>, now: SystemTime) -> Result<Done, Refusal> {
        let serial = self.authenticate(call, now)?;
        let wanted: Revocation = body(call.body)?;
        self.change(owner(&serial), |registry, caller| {
            let revoked = registry.revoke(&caller, &wanted)?;
            Ok(Done::new(200, document::revoked(&revoked)))
        })
    }

    /// Returns the serial number of the valid certificate that has signed a call.
    fn authenticate(&self, call: &Call<'_>, now: SystemTime) -> Result<String, Refusal> {
        let signed = Signed { method: call.method, uri: call.uri, body: call.body };
        let certificate = token::certificate(call.authorization, &signed, &self.msp)?;
        if certificate.is_expired(now) {
            return Err(Refusal::Authentication);
        }
        let parsed =
            x509_cert::Certificate::from_der(certificate.der()).map_err(|_| Refusal::Authentication)?;
        Ok(number(parsed.tbs_certificate().serial_number().as_bytes()))
    }

    /// Checks the caller, and then changes the state, which is saved before the client hears of the change. A failure changes nothing.
    fn change<T>(
        &self,
        check: impl FnOnce(&Registry) -> Result<T, Refusal>,
        act: impl FnOnce(&mut Registry, T) -> Result<Done, Refusal>,
    ) -> Result<Done, Refusal> {
        let mut current = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the copy, which a caller without a proof is not worth.
        let caller = check(&current)?;
        let mut next = current.clone();
        let done = act(&mut next, caller)?;
        if let Some(file) = &self.state {
            let failed = |error: String| Refusal::State(error);
            let text = serde_json::to_vec(&next).map_err(|error| failed(error.to_string()))?;
            ccs_disk::write_file(file, &text, 0o600, ccs_disk::Existing::Replace)
                .map_err(|error| failed(error.to_string()))?;
        }
        *current = next;
        Ok(done)
    }
}

/// Prints neither the key nor the secret.
impl fmt::Debug for CaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaOptions")
            .field("name", &self.name)
            .field("msp_id", &self.msp_id)
            .field("registrar", &self.registrar.0)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Prints neither the header with the proof nor the body, which may contain secrets.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// Prints no keys and no secrets.
impl fmt::Debug for Ca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ca").field("name", &self.name).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Returns the check that a certificate may be used, which returns its owner.
fn owner(serial: &str) -> impl FnOnce(&Registry) -> Result<String, Refusal> {
    |registry| registry.owner(serial).map(str::to_owned)
}

fn read_state(file: &PathBuf) -> Result<Option<Registry>, IssuerError> {
    let failed = |error: String| IssuerError::State(format!("cannot read {}: {error}", file.display()));
    match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| failed(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Body(error.to_string()))
}

/// Writes a name as a part of a path.
fn in_path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

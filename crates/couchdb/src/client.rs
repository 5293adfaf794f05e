//! Sends a request to CouchDB and reads the answer.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;

use crate::error::CouchError;
use crate::server::Server;

/// Time limit for an answer, as on a peer (`core.yaml`, `ledger.state.couchDBConfig.requestTimeout`).
const TIMEOUT: Duration = Duration::from_secs(35);
/// Maximum length of an answer in bytes.
const LONGEST: usize = 256 << 20;

/// HTTP client that reuses its connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    server: Server,
    pool: Pool<HttpsConnector<HttpConnector>, String>,
}

/// Request for a resource, with a description of the action for errors.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) resource: &'a [&'a str],
    pub(crate) body: Option<Value>,
    pub(crate) action: String,
}

/// Status and JSON body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(server: Server) -> Result<Self, CouchError> {
        let tls = tls(&server)?;
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self { server, pool: Pool::builder(TokioExecutor::new()).build(connector) })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Sends a request. The caller interprets the status.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, CouchError> {
        let unexpected = |reason: String| self.unexpected(&call.action, reason);
        let request = self.request(&call).map_err(|error| unexpected(error.to_string()))?;
        let exchange = async {
            let response =
                self.pool.request(request).await.map_err(|error| self.unreachable(root_cause(&error)))?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            Ok((status, body.map_err(|error| self.unreachable(error.to_string()))?.to_bytes()))
        };
        let (status, body) = tokio::time::timeout(TIMEOUT, exchange)
            .await
            .map_err(|_| self.unreachable(format!("no answer within {} s", TIMEOUT.as_secs())))??;
        let body = serde_json::from_slice(&body)
            .map_err(|error| unexpected(format!("its answer, with status {status}, is not JSON: {error}")))?;
        Ok(Answer { status, body })
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<String>, http::Error> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(self.server.resource(call.resource))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = self.server.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(call.body.as_ref().map(Value::to_string).unwrap_or_default())
    }

    pub(crate) fn refused(&self, action: String, answer: &Answer) -> CouchError {
        let text = |key: &str| answer.body[key].as_str().unwrap_or("(no text)").to_owned();
        CouchError::Refused {
            server: self.server.to_string(),
            action,
            status: answer.status,
            error: text("error"),
            reason: text("reason"),
        }
    }

    pub(crate) fn unexpected(&self, action: &str, reason: String) -> CouchError {
        CouchError::Unexpected { server: self.server.to_string(), action: action.to_owned(), reason }
    }

    fn unreachable(&self, reason: String) -> CouchError {
        CouchError::Unreachable { server: self.server.to_string(), reason }
    }
}

/// Trusts the certificates of the system, which are read only when needed.
fn tls(server: &Server) -> Result<ClientConfig, CouchError> {
    let unreachable = |reason: String| CouchError::Unreachable { server: server.to_string(), reason };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unreachable(error.to_string()))?;
    let config = if server.is_encrypted() {
        config
            .with_native_roots()
            .map_err(|error| unreachable(format!("no trusted certificates: {error}")))?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    Ok(config.with_no_client_auth())
}

/// Returns the innermost cause; the outer errors only wrap it.
fn root_cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

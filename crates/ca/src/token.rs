//! How callers prove who they are: a name with a secret, or a token that a registered certificate has signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_identity::{Certificate, Msp};

use crate::refusal::Refusal;

/// The longest header that is read.
const LONGEST: usize = 16 << 10;

/// Part of a call that a token signs.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// Path with the query, as the client wrote it.
    pub(crate) uri: &'a str,
    pub(crate) body: &'a [u8],
}

/// Returns the name and the secret of basic authentication.
pub(crate) fn basic(header: Option<&str>) -> Result<(String, String), Refusal> {
    let header = bounded(header)?;
    let encoded = header.strip_prefix("Basic ").ok_or(Refusal::Authentication)?;
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| Refusal::Authentication)?;
    let text = String::from_utf8(decoded).map_err(|_| Refusal::Authentication)?;
    let (name, secret) = text.split_once(':').ok_or(Refusal::Authentication)?;
    Ok((name.to_owned(), secret.to_owned()))
}

/// Returns the certificate that has signed a call, if the CA's MSP accepts it.
pub(crate) fn certificate(
    header: Option<&str>,
    signed: &Signed<'_>,
    msp: &Msp,
) -> Result<Certificate, Refusal> {
    let (encoded, signature) = bounded(header)?.split_once('.').ok_or(Refusal::Authentication)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::Authentication)?;
    let pem = STANDARD.decode(encoded).map_err(|_| Refusal::Authentication)?;
    let certificate = Certificate::from_pem(&pem).map_err(|_| Refusal::Authentication)?;
    let identity = msp.identify(certificate.clone()).map_err(|_| Refusal::Authentication)?;
    let message = message(signed, encoded);
    identity.verify(message.as_bytes(), &signature).map_err(|_| Refusal::Authentication)?;
    Ok(certificate)
}

/// Returns the text that a token's signature is over.
fn message(signed: &Signed<'_>, certificate: &str) -> String {
    let (uri, body) = (STANDARD.encode(signed.uri), STANDARD.encode(signed.body));
    format!("{}.{uri}.{body}.{certificate}", signed.method)
}

fn bounded(header: Option<&str>) -> Result<&str, Refusal> {
    match header {
        None | Some("") => Err(Refusal::NoHeader),
        Some(header) if header.len() > LONGEST => Err(Refusal::Authentication),
        Some(header) => Ok(header),
    }
}

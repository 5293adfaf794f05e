//! The peer to which a command connects, and the identity that signs: from options, from the peer command's variables, or from
//! the folder that `ccs dev` and Fabric's test network write.

mod argument;
mod failure;
mod identity;
mod organization;
mod output;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ccs_builder::ExitCode;
use ccs_client::{Endpoint, Gateway, Tls};
use ccs_identity::Signer;

use crate::cli::{Client, Network};
use crate::failure::Failure;
use organization::Organization;
pub(crate) use organization::msp_of;

pub(crate) use argument::{bytes, transient};
pub(crate) use output::{Bytes, answer};

/// The default address of a peer.
const ENDPOINT: &str = "localhost:7051";

/// The environment of a command.
struct Surroundings<'a> {
    /// The working folder.
    folder: &'a Path,
    /// Returns a variable that is set and not empty.
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Surroundings<'static> {
    /// The working folder and the variables of this process.
    fn here() -> Self {
        let variable = &|name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self { folder: Path::new(""), variable }
    }
}

/// The peer and the identity that options, variables and folders name.
pub(crate) struct Found {
    /// The address of the peer.
    pub(crate) address: String,
    /// The TLS settings; [`None`] for plaintext.
    pub(crate) tls: Option<Tls>,
}

impl Found {
    /// Reads what the options, the variables and the folder `organizations` name, in this order.
    fn read(
        options: &Client,
        address: Option<&str>,
        around: &Surroundings<'_>,
        organization: Option<&Organization>,
    ) -> Result<Self, Failure> {
        let text = |name: &str| (around.variable)(name).map(|value| value.to_string_lossy().into_owned());
        let address = address.map(str::to_owned).or_else(|| text("CORE_PEER_ADDRESS"));
        let address = address.or_else(|| organization.and_then(|organization| organization.endpoint.clone()));
        let address = address.unwrap_or_else(|| ENDPOINT.to_owned());
        // The peer command accepts two values for no TLS. Without the variable, its default is plaintext, and ours is TLS.
        let is_off = options.tls_ca.is_none()
            && text("CORE_PEER_TLS_ENABLED")
                .is_some_and(|value| value == "0" || value.eq_ignore_ascii_case("false"));
        let tls = if options.no_tls || is_off {
            None
        } else {
            Some(Tls { ca: tls_ca(options, around, organization)?, server_name: options.server_name.clone() })
        };
        Ok(Self { address, tls })
    }

    /// Returns the address and the TLS settings as the client takes them.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        Endpoint::new(&self.address, self.tls.clone())
            .map_err(|error| Failure::new(&error).hint(error.hint()).with_number(crate::failure::USAGE))
    }
}

/// Connects with the options.
pub(crate) async fn connect(options: &Network) -> Result<Gateway, Failure> {
    let around = Surroundings::here();
    let organization = Organization::find(around.folder, options.client.msp.as_ref());
    let signer = identity::signer(&options.client, &around, organization.as_ref())?;
    let found = Found::read(&options.client, options.endpoint.as_deref(), &around, organization.as_ref())?;
    Ok(Gateway::connect(&found.endpoint()?, Arc::new(signer), options.timeout).await?)
}

/// Finds the peer, and the identity if something names one.
pub(crate) fn find(options: &Client, address: Option<&str>) -> Result<(Found, Option<Signer>), Failure> {
    let around = Surroundings::here();
    let organization = Organization::find(around.folder, options.msp.as_ref());
    let found = Found::read(options, address, &around, organization.as_ref())?;
    let is_named = identity::is_named(options, &around, organization.as_ref());
    let signer = is_named.then(|| identity::signer(options, &around, organization.as_ref())).transpose()?;
    Ok((found, signer))
}

fn tls_ca(
    options: &Client,
    around: &Surroundings<'_>,
    organization: Option<&Organization>,
) -> Result<Vec<u8>, Failure> {
    let variable = (around.variable)("CORE_PEER_TLS_ROOTCERT_FILE").map(PathBuf::from);
    let path = options.tls_ca.clone().or(variable);
    let path = path.or_else(|| organization.and_then(|organization| organization.tls_ca.clone()));
    let Some(path) = path else {
        let hint = "pass the PEM file of the CA that issued it (--tls-ca), or connect in plaintext (--no-tls); `ccs dev` writes \
                    everything into the folder where it starts";
        let message = "the CA of the peer's TLS certificate is unknown";
        return Err(Failure::new(message).hint(hint.to_owned()).with_code(ExitCode::Tls));
    };
    read(&path)
}

/// Reads the file of an option or variable.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", path.display())).with_code(ExitCode::InputOutput)
    })
}

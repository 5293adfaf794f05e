//! The peer that a command talks to, and the identity that signs: of options, of the peer command's variables, or of the
//! folder that `ccs dev` and Fabric's test network write.

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

use crate::cli::Network;
use crate::failure::Failure;
use organization::Organization;

pub(crate) use argument::{bytes, transient};
pub(crate) use output::{Bytes, answer};

/// Where a peer listens unless something says otherwise.
const ENDPOINT: &str = "localhost:7051";

/// What a command finds around it.
struct Surroundings<'a> {
    /// The working folder.
    folder: &'a Path,
    /// Returns a variable that is set and not empty.
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// Connects as the options say.
pub(crate) async fn connect(options: &Network) -> Result<Gateway, Failure> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let around = Surroundings { folder: Path::new(""), variable: &variable };
    let organization = Organization::find(around.folder, options.msp.as_ref());
    let signer = identity::signer(options, &around, organization.as_ref())?;
    let endpoint = endpoint(options, &around, organization.as_ref())?;
    Ok(Gateway::connect(&endpoint, Arc::new(signer), options.timeout).await?)
}

fn endpoint(
    options: &Network,
    around: &Surroundings<'_>,
    organization: Option<&Organization>,
) -> Result<Endpoint, Failure> {
    let text = |name: &str| (around.variable)(name).map(|value| value.to_string_lossy().into_owned());
    let address = options.endpoint.clone().or_else(|| text("CORE_PEER_ADDRESS"));
    let address = address.or_else(|| organization.and_then(|organization| organization.endpoint.clone()));
    let address = address.unwrap_or_else(|| ENDPOINT.to_owned());
    // The peer command knows two ways to say no; without the variable its default is no, and ours is TLS.
    let is_off = options.tls_ca.is_none()
        && text("CORE_PEER_TLS_ENABLED")
            .is_some_and(|value| value == "0" || value.eq_ignore_ascii_case("false"));
    let tls = if options.no_tls || is_off {
        None
    } else {
        Some(Tls { ca: tls_ca(options, around, organization)?, server_name: options.server_name.clone() })
    };
    Endpoint::new(&address, tls)
        .map_err(|error| Failure::new(&error).hint(error.hint()).with_number(crate::failure::USAGE))
}

fn tls_ca(
    options: &Network,
    around: &Surroundings<'_>,
    organization: Option<&Organization>,
) -> Result<Vec<u8>, Failure> {
    let variable = (around.variable)("CORE_PEER_TLS_ROOTCERT_FILE").map(PathBuf::from);
    let path = options.tls_ca.clone().or(variable);
    let path = path.or_else(|| organization.and_then(|organization| organization.tls_ca.clone()));
    let Some(path) = path else {
        let hint = "give the PEM file of the CA that issued it (--tls-ca), or connect in plaintext (--no-tls); `ccs dev` writes \
                    everything into the folder where it starts";
        let message = "nothing says which CA issued the peer's TLS certificate";
        return Err(Failure::new(message).hint(hint.to_owned()).with_code(ExitCode::Tls));
    };
    read(&path)
}

/// Reads a file that an option or variable names.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", path.display())).with_code(ExitCode::InputOutput)
    })
}

//! The identity of the client.

use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_identity::{MspId, Signer, SignerError, UserName};

use super::organization::{self, Organization};
use super::{Surroundings, read};
use crate::cli::Client;
use crate::failure::Failure;

/// Returns whether the options, the variables or the organization name an identity.
pub(super) fn is_named(
    options: &Client,
    around: &Surroundings<'_>,
    organization: Option<&Organization>,
) -> bool {
    options.cert.is_some()
        || options.identity.is_some()
        || options.user.is_some()
        || (around.variable)("CORE_PEER_MSPCONFIGPATH").is_some()
        || organization.is_some()
}

/// Reads the identity from the options, the variables or the organization, in this order.
pub(super) fn signer(
    options: &Client,
    around: &Surroundings<'_>,
    organization: Option<&Organization>,
) -> Result<Signer, Failure> {
    let variable = || (around.variable)("CORE_PEER_LOCALMSPID");
    let msp = |known: Option<MspId>| match (&options.msp, known) {
        (Some(msp), _) => Ok(msp.clone()),
        (None, Some(msp)) => Ok(msp),
        (None, None) => of_variable(variable().ok_or_else(no_msp)?.to_string_lossy().as_ref()),
    };
    if let (Some(certificate), Some(key)) = (&options.cert, &options.key) {
        let signer = Signer::from_pem(msp(None)?, &read(certificate)?, &read(key)?);
        return signer.map_err(|error| unusable(certificate, &error));
    }
    if let Some(folder) = &options.identity {
        let folder = msp_folder(folder);
        let msp = msp(organization::msp_of(&folder))?;
        return Signer::read(&msp, &folder).map_err(|error| unusable(&folder, &error));
    }
    if let Some(name) = &options.user {
        let found = organization.and_then(|found| Some((found.msp.clone(), found.user(name.as_str())?)));
        let (known, folder) = found.ok_or_else(|| unknown(name, options, organization))?;
        return Signer::read(&msp(known)?, &folder).map_err(|error| unusable(&folder, &error));
    }
    if let Some(folder) = (around.variable)("CORE_PEER_MSPCONFIGPATH").map(PathBuf::from) {
        let known = if variable().is_some() { None } else { organization::msp_of(&folder) };
        return Signer::read(&msp(known)?, &folder).map_err(|error| unusable(&folder, &error));
    }
    let Some(Organization { msp: known, user, .. }) = organization else { return Err(nobody(options)) };
    Signer::read(&msp(known.clone())?, user).map_err(|error| unusable(user, &error))
}

/// Replaces the folder of a user by its MSP folder.
fn msp_folder(folder: &Path) -> PathBuf {
    let inner = folder.join("msp");
    if !folder.join("signcerts").exists() && inner.join("signcerts").exists() {
        inner
    } else {
        folder.to_owned()
    }
}

fn of_variable(text: &str) -> Result<MspId, Failure> {
    text.parse().map_err(|error| {
        Failure::new(format!("CORE_PEER_LOCALMSPID: {error}")).with_number(crate::failure::USAGE)
    })
}

fn no_msp() -> Failure {
    Failure::new("the MSP of the identity is unknown")
        .hint("pass its ID, for example --msp Org1MSP".to_owned())
        .with_code(ExitCode::Tls)
}

fn nobody(options: &Client) -> Failure {
    let message = match &options.msp {
        None => "there is no identity to sign with: none is named, and organizations/peerOrganizations has no User1".to_owned(),
        Some(msp) => format!("there is no identity of {msp} to sign with: none is named, and organizations/peerOrganizations has none"),
    };
    let hint =
        "start a peer with `ccs dev` in this folder, or name an MSP folder: --identity DIR --msp MSP-ID";
    Failure::new(message).hint(hint.to_owned()).with_code(ExitCode::Tls)
}

fn unknown(name: &UserName, options: &Client, organization: Option<&Organization>) -> Failure {
    let chosen = options.msp.as_ref().map(|msp| format!(" --org {msp}")).unwrap_or_default();
    let folder = organization.map_or(Path::new("organizations/peerOrganizations"), |found| &found.users);
    Failure::new(format!("there is no user {name} in {}", folder.display()))
        .hint(format!("add the user: ccs user add {name}{chosen}; `ccs user list{chosen}` shows the users"))
        .with_code(ExitCode::Tls)
}

fn unusable(path: &Path, error: &SignerError) -> Failure {
    match error {
        // It names the file.
        SignerError::Folder(error) => Failure::new(error).hint(error.hint()),
        error => Failure::new(format!("{}: {error}", path.display())),
    }
    .with_code(ExitCode::Tls)
}

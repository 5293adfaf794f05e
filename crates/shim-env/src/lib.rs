//! The variables that each shim reads from its environment: to run as a chaincode server, to connect to a peer, or
//! both.
//!
//! [`variables`] returns the variables of a server in one language, [`connecting`] those of a chaincode that dials the
//! peer, and [`either_role`] those of a chaincode that may do either. A [`Server`] holds the values for a server, and
//! [`Plan`] derives it from the package and the TLS folder. [`write()`] formats variables for their reader.
//!
//! ```
//! use ccs_files::Connection;
//! use ccs_shim_env::{Format, Language, Place, Plan};
//!
//! let connection = Connection { address: "basic.example.com:9999".to_owned(), ..Connection::default() };
//! let id = format!("basic_1.0:{}", "5f".repeat(32)).parse()?;
//! let server = Plan::make(&connection, None, &Place::default())?.for_package(id);
//! let variables = ccs_shim_env::variables(Language::Node, &server)?;
//! let text = ccs_shim_env::write(Format::Dotenv, &variables)?;
//! assert!(text.contains("CORE_CHAINCODE_ADDRESS=0.0.0.0:9999\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod format;
mod server;

use std::path::{Path, PathBuf};

use ccs_files::shim::{self, ALL, FileVariable, JAVA, NODE, SAMPLES, Shim};
use serde::Serialize;

pub use error::Error;
pub use format::{Format, write};
pub use server::{Place, Plan, Server, ServerTls};

/// The languages with a shim that can run as a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Go, with the variables of Fabric's samples, because its shim reads none.
    Go,
    /// Node.js, by `fabric-chaincode-node server` or an image of Fabric's samples.
    Node,
    /// Java.
    Java,
    /// Rust, with the variables of the sample asset-transfer.
    Rust,
    /// All of these, for an image in an unknown language.
    All,
}

/// A variable and its value.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// The settings of a chaincode that connects to a peer.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The ID with which it registers.
    pub id: &'a str,
    /// The address on which the peer accepts chaincode, host:port.
    pub peer: &'a str,
    /// The MSP ID of the peer.
    pub msp: &'a str,
    /// The folder of the chaincode's TLS files, if the peer requires TLS.
    pub tls: Option<&'a Path>,
}

/// The variables of a chaincode that connects over TLS, with their files (`fabric-chaincode-go` v2.3.0
/// `shim/internal/config.go`, `fabric-shim` 2.5.8 `lib/chaincode.js`, `fabric-chaincode-shim` 2.5.8
/// `shim/ChaincodeBase.java`). Go prefers the PEM files; Node.js and Java read their base64 forms.
const CLIENT_TLS: [FileVariable; 5] = [
    ("CORE_PEER_TLS_ROOTCERT_FILE", "ca.pem"),
    ("CORE_TLS_CLIENT_CERT_FILE", "client.pem"),
    ("CORE_TLS_CLIENT_KEY_FILE", "client.key"),
    ("CORE_TLS_CLIENT_CERT_PATH", "client.pem.b64"),
    ("CORE_TLS_CLIENT_KEY_PATH", "client.key.b64"),
];

/// Returns every variable that the official shims read to connect to a peer.
///
/// The Go shim takes the peer's address only from the flag `-peer.address` (`fabric-chaincode-go` v2.3.0
/// `shim/shim.go`). `fabric-chaincode-node start` takes its option `peer.address` from the variable with two
/// underscores, because yargs reads variables with the prefix `CORE_` (`fabric-shim` 2.5.8 `cli.js`,
/// `lib/cmds/startCommand.js`).
#[must_use]
pub fn connecting(client: &Client<'_>) -> Vec<Variable> {
    let tls = if client.tls.is_some() { "true" } else { "false" };
    let mut variables = list([
        ("CORE_CHAINCODE_ID_NAME", client.id),
        ("CORE_PEER_ADDRESS", client.peer),
        ("CORE_PEER__ADDRESS", client.peer),
        ("CORE_PEER_LOCALMSPID", client.msp),
        ("CORE_PEER_TLS_ENABLED", tls),
    ]);
    if let Some(folder) = client.tls {
        variables.extend(in_folder(&CLIENT_TLS, folder));
    }
    variables
}

/// Returns every variable with which a chaincode in any language either connects as `client` or serves at `listen`.
///
/// A shim reads only the variables of the role that its program chose. The exception is Java: its server reads the ID
/// and the TLS files of a client, so these files must also be suitable for a server.
#[must_use]
pub fn either_role(client: &Client<'_>, listen: &str) -> Vec<Variable> {
    let mut variables = connecting(client);
    for shim in [&SAMPLES, &NODE] {
        variables.extend(list([(shim.id, client.id), (shim.address, listen)]));
        if let Some((name, values)) = shim.switch {
            variables.extend(list([(name, values[usize::from(client.tls.is_some())])]));
        }
        if let Some(folder) = client.tls {
            variables.extend(in_folder(shim.tls, folder));
            variables.extend(in_folder(shim.client_ca.as_slice(), folder));
        }
    }
    for also in SAMPLES.also.iter().chain(NODE.also) {
        let (name, value) = also.variable(client.id, listen, client.tls.is_some());
        if variables.iter().all(|known| known.name != name) {
            variables.extend(list([(name, value)]));
        }
    }
    variables
}

fn list<const N: usize>(variables: [(&'static str, &str); N]) -> Vec<Variable> {
    variables.map(|(name, value)| Variable { name, value: value.to_owned() }).into()
}

/// Expands the files to paths in a folder on this machine.
fn in_folder(variables: &[FileVariable], folder: &Path) -> Vec<Variable> {
    let path = |file: &str| folder.join(file).to_string_lossy().into_owned();
    variables.iter().map(|&(name, file)| Variable { name, value: path(file) }).collect()
}

fn shims(language: Language) -> &'static [&'static Shim] {
    match language {
        Language::Go | Language::Rust => &[&SAMPLES],
        Language::Node => &[&NODE],
        Language::Java => &[&JAVA],
        Language::All => &ALL,
    }
}

/// Returns every variable that the language's shim, Fabric's samples and their images read to run as this server.
pub fn variables(language: Language, server: &Server) -> Result<Vec<Variable>, Error> {
    let folder = server.tls.as_ref().map(folder_of_chaincode).transpose()?;
    let tls = server.tls.as_ref().zip(folder.as_deref());
    let tls = tls.map(|(tls, folder)| shim::ServerTls { folder, ask_for_client: tls.ask_for_client });
    let variables = shim::server(shims(language), &server.package_id.to_string(), &server.listen, tls);
    Ok(variables.into_iter().map(|(name, value)| Variable { name, value }).collect())
}

/// Returns the files of the server's folder that the variables refer to; all of them must exist.
pub fn files(language: Language, server: &Server) -> Result<Vec<PathBuf>, Error> {
    let Some(tls) = &server.tls else { return Ok(Vec::new()) };
    let mut files: Vec<PathBuf> = Vec::new();
    for shim in shims(language) {
        let client_ca = shim.client_ca.filter(|_| tls.ask_for_client);
        for (_, file) in shim.tls.iter().copied().chain(client_ca) {
            let path = tls.folder.join(file);
            if !files.contains(&path) {
                files.push(path);
            }
        }
    }
    match files.iter().find(|file| !file.is_file()) {
        None => Ok(files),
        Some(missing) => Err(Error::NoFile(missing.clone())),
    }
}

/// Returns the folder in which the chaincode finds its files, without a slash at the end.
fn folder_of_chaincode(tls: &ServerTls) -> Result<String, Error> {
    let folder = tls.mounted_at.to_str().ok_or_else(|| Error::NotUtf8(tls.mounted_at.clone()))?;
    Ok(folder.trim_end_matches('/').to_owned())
}

/// Returns notices for the user of this shim.
#[must_use]
pub fn notices(language: Language, server: &Server) -> Vec<String> {
    let asked = server.tls.as_ref().is_some_and(|tls| tls.ask_for_client);
    let mut notices = Vec::new();
    if matches!(language, Language::Go | Language::All) {
        notices
            .push("the Go shim reads no variables: main must read these, as in Fabric's samples".to_owned());
    }
    if matches!(language, Language::Java | Language::All) && asked {
        let why = "the Java shim has no variable to require client certificates: it also serves clients without one";
        notices.push(why.to_owned());
    }
    notices
}

//! Contracts that run as servers: the package with which a peer dials one, and its process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::programs::{self, Language, Variable};
use crate::processes::{self, Running, free_address, listening};
use crate::workspace;

/// The time limit for a call of `ccs`.
const CALL: Duration = Duration::from_mins(1);

/// The security of the peer's connection to the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Plaintext,
    /// Only the contract has a certificate.
    Tls,
    /// The peer has a certificate as well.
    MutualTls,
    /// Mutual TLS, with only this name in the contract's certificate, which is not the host that the peer dials.
    MutualTlsUnder(&'static str),
}

/// A package, and the settings of its contract.
pub(crate) struct Server {
    pub(crate) package: PathBuf,
    /// The package ID.
    pub(crate) id: String,
    language: Language,
    address: String,
    variables: Vec<Variable>,
}

impl Server {
    /// Creates certificates and the package with `ccs`, like a user.
    pub(crate) fn make(folder: &Path, language: Language, label: &str, link: Link) -> Result<Self> {
        let (tls, package) = (folder.join(format!("tls-{label}")), folder.join(format!("{label}.tgz")));
        let (tls, package_text) = (tls.to_string_lossy(), package.to_string_lossy());
        let address = free_address()?;
        let host = if let Link::MutualTlsUnder(name) = link { name } else { "127.0.0.1" };
        if link != Link::Plaintext {
            call(&["tls", "init", &tls])?;
            call(&["tls", "issue", &tls, "--server", label, "--host", host])?;
        }
        if matches!(link, Link::MutualTls | Link::MutualTlsUnder(_)) {
            call(&["tls", "issue", &tls, "--client", "peer"])?;
        }
        let secured: &[&str] = if link == Link::Plaintext { &[] } else { &["--tls", &tls] };
        let named: &[&str] = if let Link::MutualTlsUnder(name) = link { &["--domain", name] } else { &[] };
        let make = ["package", &package_text, "--label", label, "--address", &address];
        call(&[&make, secured, named].concat())?;
        let environment = ["env", &package_text, "--lang", language.name(), "--json"];
        let document = call(&[&environment, secured].concat())?;
        let document: serde_json::Value = serde_json::from_str(&document).context("cannot read ccs env")?;
        let variables = document["variables"].as_array().context("ccs env printed no variables")?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let read = |variable: &serde_json::Value| Some((text(&variable["name"])?, text(&variable["value"])?));
        let mut variables: Vec<_> = variables.iter().filter_map(read).collect();
        if language == Language::Java && link != Link::Plaintext {
            // The Java shim has no variable for this; the contract reads this one.
            variables.push(("CHAINCODE_CLIENT_CA_CERT".to_owned(), format!("{tls}/ca.pem")));
        }
        let id = text(&document["package_id"]).context("ccs env printed no ID")?;
        Ok(Self { package, id, language, address, variables })
    }

    /// Starts the contract, and waits until it listens.
    pub(crate) fn start(&self, log: &Path) -> Result<Running> {
        let running = contract(self.language, &self.variables, &[], log)?;
        listening(&self.address)?;
        Ok(running)
    }
}

/// Starts a contract that restarts whenever it exits.
pub(super) fn contract(
    language: Language,
    variables: &[Variable],
    arguments: &[String],
    log: &Path,
) -> Result<Running> {
    let mut command = programs::in_folder("./keep-running");
    command.args(language.words().0).args(arguments);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    Running::start(&mut command, log)
}

/// Returns a command of `ccs`.
pub(crate) fn ccs(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::target_folder().join("debug/ccs"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command of `ccs` and returns its output.
fn call(arguments: &[&str]) -> Result<String> {
    Ok(processes::succeed(&mut ccs(arguments), CALL)?.stdout)
}

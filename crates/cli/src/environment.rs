//! What the shims read from the environment: to run as a chaincode server, to connect to a peer, or to do either.
//!
//! The tables are here. [`variables`] lists what a server of one language reads; [`server`] finds out what goes into it, from
//! the package and the TLS folder. [`connecting`] lists what a chaincode reads that dials the peer, and [`either_role`] what
//! a chaincode reads that may do both. [`mod@format`] writes the variables down.

pub(crate) mod format;
pub(crate) mod server;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::Language;
use crate::failure::Failure;
use server::{Server, ServerTls};

/// A variable and its value.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Variable {
    /// The name.
    pub(crate) name: &'static str,
    /// The value.
    pub(crate) value: String,
}

/// Names the file of the server's folder that a variable of a shim takes.
type TlsVariable = (&'static str, &'static str);

/// What a shim reads.
struct Shim {
    id: &'static str,
    address: &'static str,
    /// The switch, and its values for plaintext and TLS.
    switch: Option<(&'static str, [&'static str; 2])>,
    tls: &'static [TlsVariable],
    /// What makes the server ask for client certificates, if there is such a thing.
    client_ca: Option<TlsVariable>,
}

/// The variables of Fabric's samples (`fabric-samples/asset-transfer-basic/chaincode-external/assetTransfer.go`). The Go
/// shim itself reads none in server mode (`fabric-chaincode-go` v2.3.0 `shim/chaincodeserver.go`).
const SAMPLES: Shim = Shim {
    id: "CHAINCODE_ID",
    address: "CHAINCODE_SERVER_ADDRESS",
    switch: Some(("CHAINCODE_TLS_DISABLED", ["true", "false"])),
    tls: &[("CHAINCODE_TLS_KEY", "server.key"), ("CHAINCODE_TLS_CERT", "server.pem")],
    client_ca: Some(("CHAINCODE_CLIENT_CA_CERT", "ca.pem")),
};

/// `fabric-shim` 2.5.8 `lib/cmds/serverCommand.js`, whose options come from variables with the prefix `CORE_`.
const NODE: Shim = Shim {
    id: "CORE_CHAINCODE_ID",
    address: "CORE_CHAINCODE_ADDRESS",
    switch: None,
    tls: &[("CORE_CHAINCODE_TLS_KEY_FILE", "server.key"), ("CORE_CHAINCODE_TLS_CERT_FILE", "server.pem")],
    client_ca: Some(("CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE", "ca.pem")),
};

/// `fabric-chaincode-shim` 2.5.8 `shim/ChaincodeBase.java`. The server takes the `_FILE`s, and yet the shim does not start
/// without the `_PATH`s, and reads them (base64) and the root certificate for each peer that connects.
const JAVA: Shim = Shim {
    id: "CORE_CHAINCODE_ID_NAME",
    address: "CHAINCODE_SERVER_ADDRESS",
    switch: Some(("CORE_PEER_TLS_ENABLED", ["false", "true"])),
    tls: &[
        ("CORE_TLS_CLIENT_KEY_FILE", "server.key"),
        ("CORE_TLS_CLIENT_CERT_FILE", "server.pem"),
        ("CORE_TLS_CLIENT_KEY_PATH", "server.key.b64"),
        ("CORE_TLS_CLIENT_CERT_PATH", "server.pem.b64"),
        ("CORE_PEER_TLS_ROOTCERT_FILE", "ca.pem"),
    ],
    client_ca: None,
};

/// Other names for the ID and the address in programs that were written after older samples: `CHAINCODE_CCID` and
/// `CHAINCODE_ADDRESS` in Go (`fabric-samples` 2.0 `chaincode/fabcar/external/fabcar.go`).
const OLDER_SAMPLES: [&str; 2] = ["CHAINCODE_CCID", "CHAINCODE_ADDRESS"];

/// What a chaincode needs to connect to a peer.
pub(crate) struct Client<'a> {
    /// What it registers as.
    pub(crate) id: &'a str,
    /// Where the peer listens for chaincode, host:port.
    pub(crate) peer: &'a str,
    /// The MSP ID of the peer.
    pub(crate) msp: &'a str,
    /// The folder of its TLS files, if the peer requires TLS.
    pub(crate) tls: Option<&'a Path>,
}

/// The files of a chaincode that connects over TLS (`fabric-chaincode-go` v2.3.0 `shim/internal/config.go`, `fabric-shim`
/// 2.5.8 `lib/chaincode.js`, `fabric-chaincode-shim` 2.5.8 `shim/ChaincodeBase.java`). Go prefers the PEM files; Node.js and
/// Java read base64 of them.
const CLIENT_TLS: [TlsVariable; 5] = [
    ("CORE_PEER_TLS_ROOTCERT_FILE", "ca.pem"),
    ("CORE_TLS_CLIENT_CERT_FILE", "client.pem"),
    ("CORE_TLS_CLIENT_KEY_FILE", "client.key"),
    ("CORE_TLS_CLIENT_CERT_PATH", "client.pem.b64"),
    ("CORE_TLS_CLIENT_KEY_PATH", "client.key.b64"),
];

/// Lists every variable that the official shims read to connect to a peer.
///
/// The Go shim takes the peer's address from the flag `-peer.address` alone (`fabric-chaincode-go` v2.3.0 `shim/shim.go`).
/// `fabric-chaincode-node start` takes its option `peer.address` from the variable with two underscores, since yargs reads
/// variables with the prefix `CORE_` (`fabric-shim` 2.5.8 `cli.js`, `lib/cmds/startCommand.js`).
pub(crate) fn connecting(client: &Client<'_>) -> Vec<Variable> {
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

/// Lists every variable by which a chaincode in any language either connects as `client` or serves at `listen`.
///
/// A shim reads the variables of the role that its program chose, and no others. Java's is the exception: its server reads
/// the ID and the files of a client, so the files of a client have to do for a server, too.
pub(crate) fn either_role(client: &Client<'_>, listen: &str) -> Vec<Variable> {
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
    variables.extend(list([(OLDER_SAMPLES[0], client.id), (OLDER_SAMPLES[1], listen)]));
    variables
}

fn list<const N: usize>(variables: [(&'static str, &str); N]) -> Vec<Variable> {
    variables.map(|(name, value)| Variable { name, value: value.to_owned() }).into()
}

/// Names files of a folder on this machine.
fn in_folder(variables: &[TlsVariable], folder: &Path) -> Vec<Variable> {
    let path = |file: &str| folder.join(file).to_string_lossy().into_owned();
    variables.iter().map(|&(name, file)| Variable { name, value: path(file) }).collect()
}

fn shim(language: Language) -> &'static Shim {
    match language {
        Language::Go | Language::Rust => &SAMPLES,
        Language::Node => &NODE,
        Language::Java => &JAVA,
    }
}

/// Gives every variable that the language's shim reads to run as this server.
pub(crate) fn variables(language: Language, server: &Server) -> Result<Vec<Variable>, Failure> {
    let shim = shim(language);
    let mut variables = vec![
        Variable { name: shim.id, value: server.package_id.to_string() },
        Variable { name: shim.address, value: server.listen.clone() },
    ];
    if let Some((name, values)) = shim.switch {
        let value = values[usize::from(server.tls.is_some())];
        variables.push(Variable { name, value: value.to_owned() });
    }
    if let Some(tls) = &server.tls {
        let client_ca = shim.client_ca.filter(|_| tls.ask_for_client);
        for (name, file) in shim.tls.iter().copied().chain(client_ca) {
            variables.push(Variable { name, value: seen_by_chaincode(tls, file)? });
        }
    }
    Ok(variables)
}

/// Gives the files of the server's folder that the variables name.
pub(crate) fn files(language: Language, tls: &ServerTls) -> Vec<PathBuf> {
    let shim = shim(language);
    let client_ca = shim.client_ca.filter(|_| tls.ask_for_client);
    shim.tls.iter().copied().chain(client_ca).map(|(_, file)| tls.folder.join(file)).collect()
}

fn seen_by_chaincode(tls: &ServerTls, file: &str) -> Result<String, Failure> {
    tls.mounted_at.join(file).into_os_string().into_string().map_err(|path| {
        Failure::new(format!("{} is not UTF-8", path.display()))
            .hint("say where the chaincode finds the files with --mounted-at DIR".to_owned())
    })
}

/// Says what a user of this shim should know.
pub(crate) fn notices(language: Language, server: &Server) -> Vec<String> {
    let asked = server.tls.as_ref().is_some_and(|tls| tls.ask_for_client);
    let mut notices = Vec::new();
    if language == Language::Go {
        notices
            .push("the Go shim reads no variables: main must read these, as Fabric's samples do".to_owned());
    }
    if language == Language::Java && asked {
        let why =
            "no variable makes the Java shim ask for client certificates: it also serves clients without one";
        notices.push(why.to_owned());
    }
    notices
}

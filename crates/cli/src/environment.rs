//! What the shims read from the environment to run as a chaincode server.
//!
//! [`variables`] is the table; [`server`] finds out what goes into it, from the package and the TLS folder; [`mod@format`]
//! writes it down.

pub(crate) mod format;
pub(crate) mod server;

use std::path::PathBuf;

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

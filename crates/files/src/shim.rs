//! The variables with which programs on the shims run as a server, in one table for all their launchers.
//!
//! The files are those of a server in a folder of `ccs tls`; [`FILES`] lists them.

/// A variable of a shim, and the file in the server's folder that is its value.
pub type FileVariable = (&'static str, &'static str);

/// The files of a server: its certificate and key, both also in base64 for Java, and the CA of its clients.
pub const FILES: [&str; 5] = ["server.pem", "server.key", "server.pem.b64", "server.key.b64", "ca.pem"];

/// The variables of a shim.
#[derive(Debug)]
pub struct Shim {
    /// The variable of the package ID.
    pub id: &'static str,
    /// The variable of the address to listen on.
    pub address: &'static str,
    /// The variable that enables TLS, with its values for plaintext and TLS.
    pub switch: Option<(&'static str, [&'static str; 2])>,
    /// The variables for TLS.
    pub tls: &'static [FileVariable],
    /// The variable that makes the server require client certificates, if the shim has one.
    pub client_ca: Option<FileVariable>,
    /// Variables that programs and images in this language read instead of those of the shim.
    pub also: &'static [Also],
}

/// Another variable for a value that a server needs.
#[derive(Clone, Copy, Debug)]
pub enum Also {
    /// The package ID.
    Id(&'static str),
    /// The address to listen on.
    Address(&'static str),
    /// Whether TLS is enabled: the name, and the values for plaintext and TLS.
    Switch(&'static str, [&'static str; 2]),
}

impl Also {
    /// Returns the name and the value of the variable.
    #[must_use]
    pub fn variable<'a>(&self, id: &'a str, listen: &'a str, has_tls: bool) -> (&'static str, &'a str) {
        match *self {
            Self::Id(name) => (name, id),
            Self::Address(name) => (name, listen),
            Self::Switch(name, values) => (name, values[usize::from(has_tls)]),
        }
    }
}

/// The variables of Fabric's samples (`fabric-samples/asset-transfer-basic/chaincode-external/assetTransfer.go`). The
/// Go shim itself reads none in server mode (`fabric-chaincode-go` v2.3.0 `shim/chaincodeserver.go`).
pub const SAMPLES: Shim = Shim {
    id: "CHAINCODE_ID",
    address: "CHAINCODE_SERVER_ADDRESS",
    switch: Some(("CHAINCODE_TLS_DISABLED", ["true", "false"])),
    tls: &[("CHAINCODE_TLS_KEY", "server.key"), ("CHAINCODE_TLS_CERT", "server.pem")],
    client_ca: Some(("CHAINCODE_CLIENT_CA_CERT", "ca.pem")),
    // Programs based on older samples (`fabric-samples` 2.0 `chaincode/fabcar/external/fabcar.go`).
    also: &[Also::Id("CHAINCODE_CCID"), Also::Address("CHAINCODE_ADDRESS")],
};

/// `fabric-shim` 2.5.8 `lib/cmds/serverCommand.js`, whose options come from variables with the prefix `CORE_`.
pub const NODE: Shim = Shim {
    id: "CORE_CHAINCODE_ID",
    address: "CORE_CHAINCODE_ADDRESS",
    switch: None,
    tls: &[("CORE_CHAINCODE_TLS_KEY_FILE", "server.key"), ("CORE_CHAINCODE_TLS_CERT_FILE", "server.pem")],
    client_ca: Some(("CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE", "ca.pem")),
    // The sample images start the server with `--chaincode-address=$CHAINCODE_SERVER_ADDRESS --chaincode-id=$CHAINCODE_ID`, and
    // with TLS if CORE_PEER_TLS_ENABLED is true (`fabric-samples` `asset-transfer-basic/chaincode-typescript`: package.json,
    // docker/docker-entrypoint.sh).
    also: &[
        Also::Id("CHAINCODE_ID"),
        Also::Address("CHAINCODE_SERVER_ADDRESS"),
        Also::Switch("CORE_PEER_TLS_ENABLED", ["false", "true"]),
    ],
};

/// `fabric-chaincode-shim` 2.5.8 `shim/ChaincodeBase.java`. The server uses the `_FILE`s, but the shim does not start
/// without the `_PATH`s, and reads them (base64) and the root certificate for each peer that connects.
pub const JAVA: Shim = Shim {
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
    also: &[],
};

/// All shims.
pub const ALL: [&Shim; 3] = [&SAMPLES, &NODE, &JAVA];

/// The TLS settings of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerTls<'a> {
    /// The folder in which the chaincode finds its files.
    pub folder: &'a str,
    /// Whether it requires a client certificate of the peer.
    pub ask_for_client: bool,
}

/// Returns every variable with which a chaincode in any language serves at `listen`; each name occurs once.
#[must_use]
pub fn server_of_any_language(
    id: &str,
    listen: &str,
    tls: Option<ServerTls<'_>>,
) -> Vec<(&'static str, String)> {
    server(&ALL, id, listen, tls)
}

/// Returns every variable with which a chaincode on one of the shims serves at `listen`; each name occurs once.
#[must_use]
pub fn server(
    shims: &[&Shim],
    id: &str,
    listen: &str,
    tls: Option<ServerTls<'_>>,
) -> Vec<(&'static str, String)> {
    let mut variables: Vec<(&'static str, String)> = Vec::new();
    let mut add = |name: &'static str, value: String| {
        // Shims share some names, with the same values.
        if variables.iter().all(|(known, _)| *known != name) {
            variables.push((name, value));
        }
    };
    for shim in shims {
        add(shim.id, id.to_owned());
        add(shim.address, listen.to_owned());
        if let Some((name, values)) = shim.switch {
            add(name, values[usize::from(tls.is_some())].to_owned());
        }
        if let Some(tls) = tls {
            let client_ca = shim.client_ca.filter(|_| tls.ask_for_client);
            for (name, file) in shim.tls.iter().copied().chain(client_ca) {
                add(name, format!("{}/{file}", tls.folder));
            }
        }
    }
    for also in shims.iter().flat_map(|shim| shim.also) {
        let (name, value) = also.variable(id, listen, tls.is_some());
        add(name, value.to_owned());
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_has_one_value_and_names_a_file_of_a_server() {
        let tls = ServerTls { folder: "/tls", ask_for_client: true };
        let variables = server_of_any_language("basic:00", "0.0.0.0:9999", Some(tls));
        for (at, (name, value)) in variables.iter().enumerate() {
            assert!(variables[..at].iter().all(|(earlier, _)| earlier != name), "{name}");
            if let Some(file) = value.strip_prefix("/tls/") {
                assert!(FILES.contains(&file), "{name} names {file}");
            }
        }
        let value =
            |wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(value("CHAINCODE_CLIENT_CA_CERT"), Some("/tls/ca.pem"));
        assert_eq!(value("CORE_PEER_TLS_ENABLED"), Some("true"));
    }

    #[test]
    fn a_server_asks_for_no_client_unless_it_is_told_to() {
        let tls = ServerTls { folder: "/tls", ask_for_client: false };
        let named = |tls| -> Vec<&str> {
            let variables = server_of_any_language("basic:00", "0.0.0.0:9999", tls);
            variables.into_iter().map(|(name, _)| name).collect()
        };
        assert!(!named(Some(tls)).contains(&"CHAINCODE_CLIENT_CA_CERT"));
        assert!(!named(None).contains(&"CHAINCODE_TLS_KEY"));
    }
}

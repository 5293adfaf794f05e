//! Recognizes other files of a Fabric network that a user passes in place of a package, and names the command for each.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ccs_files::json::{self, Json, Kind};
use ccs_report::shell::quote;
use serde_json::Value;

/// The maximum number of bytes to read of a file; those that are recognized are smaller.
const MOST: u64 = 1 << 20;

/// A file that is not a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherFile {
    /// The connection.json of a package.
    Connection,
    /// The metadata.json of a package.
    Metadata,
    /// The image.json of a package.
    Image,
    /// The binary.json of a package.
    Binary,
    /// The chaincode.json that a peer passes to `run`.
    RunMetadata,
    /// The definition of a CouchDB index.
    Index,
    /// The collections of a chaincode definition.
    Collections,
    /// The connection profile of an application.
    Profile,
    /// The package.json of a Node.js project.
    NodeProject,
    /// The go.mod of a Go module.
    GoModule,
    /// The core.yaml of a peer, or a ConfigMap that holds it.
    CoreYaml,
    /// The settings of the launcher.
    LaunchSettings,
    /// A template of a Helm chart.
    HelmTemplate,
    /// A Kubernetes manifest.
    Manifest,
    /// A file for Docker Compose.
    Compose,
    /// The configtx.yaml of a channel.
    ChannelConfiguration,
    /// The crypto-config.yaml of cryptogen.
    CryptoConfiguration,
    /// PEM text with a private key.
    PrivateKey,
    /// PEM text with certificates.
    Certificates,
    /// A program.
    Program,
    /// A zip archive, such as a jar.
    Zip,
    /// A tar archive without gzip.
    Tar,
}

impl OtherFile {
    /// Recognizes the file at a path by its content; [`None`] if it may be anything.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        let mut content = Vec::new();
        File::open(path).ok()?.take(MOST).read_to_end(&mut content).ok()?;
        let is_connection = path.file_name().is_some_and(|name| name == "connection.json");
        Self::of(&content).or_else(|| is_connection.then_some(Self::Connection))
    }

    fn of(content: &[u8]) -> Option<Self> {
        if content.starts_with(b"\x7fELF") {
            return Some(Self::Program);
        }
        if content.starts_with(b"PK\x03\x04") {
            return Some(Self::Zip);
        }
        if content.get(257..262) == Some(b"ustar") {
            return Some(Self::Tar);
        }
        if let Ok(json) = json::parse(content) {
            return of_json(json);
        }
        of_text(std::str::from_utf8(content).ok()?)
    }

    /// Returns the name of the file, with an article.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "the connection.json of a package",
            Self::Metadata => "the metadata.json of a package",
            Self::Image => "the image.json of a package",
            Self::Binary => "the binary.json of a package",
            Self::RunMetadata => "the chaincode.json that a peer passes to run",
            Self::Index => "the definition of a CouchDB index",
            Self::Collections => "a file of private data collections",
            Self::Profile => "the connection profile of an application",
            Self::NodeProject => "the package.json of a Node.js project",
            Self::GoModule => "the go.mod of a Go module",
            Self::CoreYaml => "the core.yaml of a peer",
            Self::LaunchSettings => "the launch.yaml of a builder",
            Self::HelmTemplate => "a template of a Helm chart",
            Self::Manifest => "a Kubernetes manifest",
            Self::Compose => "a Docker Compose file",
            Self::ChannelConfiguration => "the configtx.yaml of a channel",
            Self::CryptoConfiguration => "the configuration of cryptogen",
            Self::PrivateKey => "a private key",
            Self::Certificates => "a file of certificates",
            Self::Program => "a program",
            Self::Zip => "a zip archive",
            Self::Tar => "a tar archive without gzip",
        }
    }

    /// Returns the command that reads such a file.
    #[must_use]
    pub fn command(self, path: &Path) -> String {
        let file = quote(&path.to_string_lossy());
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = quote(&parent.to_string_lossy());
        match self {
            Self::Connection => format!("ccs package OUT.tgz --label LABEL --connection {file}"),
            Self::Metadata | Self::Binary => format!("ccs lint {folder}"),
            Self::Image => {
                format!("ccs lint {folder}, or ccs package OUT.tgz --label LABEL --image NAME@DIGEST")
            }
            Self::RunMetadata => "ccs explain FILE, with the log of the peer".to_owned(),
            Self::Index => {
                "ccs package OUT.tgz --label LABEL --address HOST:PORT --meta-inf META-INF, with the file in \
                 META-INF/statedb/couchdb/indexes"
                    .to_owned()
            }
            Self::Collections => {
                format!(
                    "ccs dev --collections {file}, or peer lifecycle chaincode approveformyorg --collections-config {file}"
                )
            }
            Self::Profile => {
                "ccs probe --gateway HOST:PORT, with the endpoint of a peer in the profile".to_owned()
            }
            Self::NodeProject => format!("ccs package OUT.tgz --label LABEL --source {folder} --lang node"),
            Self::GoModule => format!("ccs package OUT.tgz --label LABEL --source {folder} --lang go"),
            Self::CoreYaml => format!("ccs doctor --core {file}"),
            Self::LaunchSettings => format!("ccs launch check --settings {file}"),
            Self::HelmTemplate => format!("helm lint, or helm template --show-only {file}"),
            Self::Manifest => format!("kubectl apply --dry-run=server --filename {file}"),
            Self::Compose => format!("docker compose --file {file} config"),
            Self::ChannelConfiguration => {
                format!("configtxgen --configPath {folder} --printOrg ORGANIZATION")
            }
            Self::CryptoConfiguration => format!("cryptogen generate --config {file}"),
            Self::PrivateKey => format!("openssl pkey -in {file} -noout -check"),
            Self::Certificates => format!("ccs tls show {file}"),
            Self::Program => format!("ccs package OUT.tgz --label LABEL --binary {file}"),
            Self::Zip => {
                "ccs package OUT.tgz --label LABEL --source DIR --lang java, with the folder of the source"
                    .to_owned()
            }
            Self::Tar => {
                format!("gzip {file}, then ccs lint {}", quote(&format!("{}.gz", path.to_string_lossy())))
            }
        }
    }
}

fn of_json(json: Json<'_>) -> Option<OtherFile> {
    let has = |value: Json<'_>, keys: &[&str]| {
        keys.iter().all(|key| value.members().any(|(name, _)| name.eq_ignore_ascii_case(key)))
    };
    if json.kind() == Kind::Array {
        let first = json.elements().next()?;
        return has(first, &["name", "policy"]).then_some(OtherFile::Collections);
    }
    let any = |keys: &[&str]| keys.iter().any(|key| has(json, &[key]));
    let is_program = |(name, value): (String, Json<'_>)| name.contains('/') && has(value, &["file"]);
    if has(json, &["chaincode_id", "peer_address"]) {
        Some(OtherFile::RunMetadata)
    } else if any(&ccs_files::connection::KEYS) {
        Some(OtherFile::Connection)
    } else if has(json, &["type", "label"]) {
        Some(OtherFile::Metadata)
    } else if has(json, &["index"]) {
        Some(OtherFile::Index)
    } else if has(json, &["name", "digest"]) {
        Some(OtherFile::Image)
    } else if has(json, &["file"]) || json.members().any(is_program) {
        Some(OtherFile::Binary)
    } else if any(&["organizations"]) && any(&["peers", "orderers", "client", "channels"]) {
        Some(OtherFile::Profile)
    } else if has(json, &["name"]) && any(&["version", "dependencies", "scripts"]) {
        Some(OtherFile::NodeProject)
    } else {
        None
    }
}

fn of_text(text: &str) -> Option<OtherFile> {
    if text.contains("-----BEGIN ") && !text.contains(": |") {
        let is_json = text.trim_start().starts_with('{');
        return match text {
            _ if is_json && text.contains("root_cert") => Some(OtherFile::Connection),
            text if text.contains("PRIVATE KEY-----") => Some(OtherFile::PrivateKey),
            text if text.contains("BEGIN CERTIFICATE-----") => Some(OtherFile::Certificates),
            _ => None,
        };
    }
    // JSON with a mistake: the checks of connection.json say where it is.
    if text.trim_start().starts_with('{')
        && ["\"address\"", "\"tls_required\""].iter().any(|key| text.contains(key))
    {
        return Some(OtherFile::Connection);
    }
    if text.lines().any(|line| line.starts_with("module ")) {
        return Some(OtherFile::GoModule);
    }
    let Ok(documents) = serde_saphyr::from_multiple::<Value>(text) else {
        return text.contains("{{").then_some(OtherFile::HelmTemplate);
    };
    documents.iter().find_map(of_yaml)
}

fn of_yaml(document: &Value) -> Option<OtherFile> {
    let object = document.as_object()?;
    let has = |keys: &[&str]| object.keys().any(|key| keys.iter().any(|name| name.eq_ignore_ascii_case(key)));
    if has(&["apiVersion"]) && has(&["kind"]) {
        let is_core = document["data"]["core.yaml"].is_string();
        return Some(if is_core { OtherFile::CoreYaml } else { OtherFile::Manifest });
    }
    if has(&["services"]) {
        Some(OtherFile::Compose)
    } else if has(&["PeerOrgs", "OrdererOrgs"]) {
        Some(OtherFile::CryptoConfiguration)
    } else if has(&["Profiles"]) {
        Some(OtherFile::ChannelConfiguration)
    } else if has(&["organizations"]) && has(&["peers", "orderers", "client"]) {
        Some(OtherFile::Profile)
    } else if has(&["peer", "vm", "chaincode", "ledger", "externalBuilders"]) {
        Some(OtherFile::CoreYaml)
    } else if has(&["platform", "languages", "process", "docker", "kubernetes"]) {
        Some(OtherFile::LaunchSettings)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_file_is_recognized_by_its_content() {
        for (content, expected) in [
            (r#"{"address":"a:1"}"#, OtherFile::Connection),
            (
                "{\"address\":\"a:1\",\n\"root_cert\":\"-----BEGIN CERTIFICATE-----\nM\n-----END CERTIFICATE-----\"}",
                OtherFile::Connection,
            ),
            (r#"{"address":"a:1",}"#, OtherFile::Connection),
            (r#"{"type":"ccaas","label":"a"}"#, OtherFile::Metadata),
            (r#"{"name":"a","digest":"sha256:0"}"#, OtherFile::Image),
            (r#"{"linux/amd64":{"file":"a"}}"#, OtherFile::Binary),
            (r#"{"chaincode_id":"a:0","peer_address":"p:7052","client_cert":""}"#, OtherFile::RunMetadata),
            (r#"{"index":{"fields":["a"]}}"#, OtherFile::Index),
            (r#"[{"name":"c1","policy":"OR('Org1MSP.member')"}]"#, OtherFile::Collections),
            (r#"{"name":"n","organizations":{},"peers":{}}"#, OtherFile::Profile),
            (r#"{"name":"basic","version":"1.0.0","scripts":{}}"#, OtherFile::NodeProject),
            ("module example.com/basic\n\ngo 1.25\n", OtherFile::GoModule),
            ("vm:\n  endpoint: ''\nchaincode: {}\n", OtherFile::CoreYaml),
            ("apiVersion: v1\nkind: ConfigMap\ndata:\n  core.yaml: 'vm: {}'\n", OtherFile::CoreYaml),
            ("apiVersion: v1\nkind: Service\n", OtherFile::Manifest),
            ("platform: docker\n", OtherFile::LaunchSettings),
            ("services: {peer: {}}\n", OtherFile::Compose),
            ("kind: {{ .Values.kind }}\n{{- end }}\n", OtherFile::HelmTemplate),
            ("PeerOrgs: []\n", OtherFile::CryptoConfiguration),
            ("Organizations: []\nProfiles: {}\n", OtherFile::ChannelConfiguration),
            ("name: n\norganizations: {}\npeers: {}\n", OtherFile::Profile),
            ("-----BEGIN CERTIFICATE-----\nM\n", OtherFile::Certificates),
            ("-----BEGIN EC PRIVATE KEY-----\nM\n", OtherFile::PrivateKey),
            ("\x7fELF", OtherFile::Program),
            ("PK\x03\x04", OtherFile::Zip),
        ] {
            assert_eq!(OtherFile::of(content.as_bytes()), Some(expected), "{content}");
            assert!(!expected.command(Path::new("a b/x")).is_empty());
        }
        for other in ["", "{}", "[]", "no", "a: 1\n", "\"x\""] {
            assert_eq!(OtherFile::of(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_content_is_survived(content: Vec<u8>, text in "[\\[\\]{}:a\"\n -]{0,40}") {
            let _ = (OtherFile::of(&content), OtherFile::of(text.as_bytes()));
        }
    }
}

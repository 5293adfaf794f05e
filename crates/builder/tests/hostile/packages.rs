//! Packages designed to exhaust the builder's time or memory, each with the expected message.
//!
//! The test in this folder asserts the messages; `cargo bench -p ccs-builder --bench hostile` measures time
//! and memory.

use std::collections::BTreeMap;

use super::der::{certificate, element, extension, pem, policy, repeated, rsa_key, unknown_extension};

/// Files of a package, by their paths in the folder that a peer creates: `src/...` and `metadata/...`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A package, and the expected result of `build`.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) files: Files,
    pub(crate) configuration: Option<String>,
    pub(crate) exit: i32,
    /// A part of the expected output on stderr.
    pub(crate) message: &'static str,
}

const MIB: usize = 1 << 20;
const METADATA: &str = r#"{"type":"ccaas","label":"hostile"}"#;
const PLAIN: &str = r#"{"address":"a:1"}"#;

/// Makes all of them.
pub(crate) fn all() -> Vec<Package> {
    [documents(), templates(), configurations(), bundles(), keys(), indexes()].into_iter().flatten().collect()
}

fn package(name: &'static str, connection: impl Into<Vec<u8>>, exit: i32, message: &'static str) -> Package {
    let files = [
        ("metadata/metadata.json".to_owned(), METADATA.as_bytes().to_vec()),
        ("src/connection.json".to_owned(), connection.into()),
    ];
    Package { name, files: files.into(), configuration: None, exit, message }
}

/// Formats a JSON string, for text without quotes and backslashes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\n', "\\n"))
}

/// Makes a connection.json with TLS.
fn with_roots(roots: &str) -> String {
    format!(r#"{{"address":"a:1","tls_required":true,"root_cert":{}}}"#, quoted(roots))
}

fn numbered(count: usize, member: impl Fn(usize) -> String) -> String {
    (0..count).map(member).collect::<Vec<_>>().join(",")
}

fn documents() -> Vec<Package> {
    let keys = |count, size| numbered(count, |at| format!("\"{at:0size$}\":0"));
    let deep = |depth: usize, fill: usize| {
        format!("{}{}{}", "[".repeat(depth), numbered(fill, |_| "{}".to_owned()), "]".repeat(depth))
    };
    let mut metadata = package("metadata-keys", PLAIN, 0, "built:");
    let many = format!(r#"{{"type":"ccaas","label":"hostile",{}}}"#, keys(90_000, 5));
    metadata.files.insert("metadata/metadata.json".to_owned(), many.into_bytes());
    vec![
        metadata,
        package("many-keys", format!("{{{}}}", keys(100_000, 5)), 11, "more than 1000 keys"),
        package("long-keys", format!("{{\"address\":\"a:1\",{}}}", keys(999, 1_000)), 0, "959 more warnings"),
        package("one-key", format!("{{{}}}", vec!["\"x\":0"; 170_000].join(",")), 11, "more than 1000 keys"),
        package("deep-value", format!("{{\"address\":\"a:1\",\"x\":{}}}", deep(9_990, 300_000)), 0, "built:"),
        package("too-deep", format!("{{\"x\":{}}}", "[".repeat(MIB - 8)), 11, "10000 nested arrays"),
        package("too-large", "x".repeat(20 * MIB), 11, "larger than 1048576 bytes"),
        package("lines", "\n".repeat(MIB), 11, "line 1048577, column 1"),
        package("long-address", format!(r#"{{"address":"{}:1"}}"#, "[".repeat(MIB - 20)), 13, "brackets"),
        package(
            "long-escapes",
            format!(r#"{{"address":"a:1","domain":"{}"}}"#, "<".repeat(MIB / 2)),
            11,
            "its rendered form has",
        ),
    ]
}

fn templates() -> Vec<Package> {
    let address = |name, template: String, exit, message| {
        package(name, format!(r#"{{"address":{}}}"#, quoted(&template)), exit, message)
    };
    let loops = |body: &str| format!("{{{{range 199000}}}}{{{{end}}}}{body}");
    let everywhere = format!(
        r#"{{"tls_required":true,"address":"{0}a:1","domain":"{0}","dial_timeout":"{0}10s","root_cert":"{0}","client_key":"{0}","client_cert":"{0}"}}"#,
        loops("")
    );
    let names = "n".repeat(MIB / 4);
    vec![
        address(
            "many-actions",
            "{{1}}".repeat(200_000),
            12,
            "parts of the template above the limit of 10000",
        ),
        address("many-definitions", "{{define `a`}}{{end}}".repeat(45_000), 12, "parts of the template"),
        address(
            "blank-definitions",
            format!(
                "{{{{define `a`}}}}{}{{{{1}}}}{{{{end}}}}{}",
                " ".repeat(MIB / 2),
                "{{define `a`}}{{end}}".repeat(4_900)
            ),
            13,
            "the address is empty",
        ),
        address(
            "open-brackets",
            format!("{{{{printf `{}` 1}}}}", "%[d".repeat(340_000)),
            12,
            "bytes of output",
        ),
        address(
            "long-names",
            format!(
                "{{{{$a{names} := 1}}}}{{{{$b{names} := 1}}}}{{{{range 199000}}}}{{{{$a{names}}}}}{{{{end}}}}"
            ),
            12,
            "steps above the limit",
        ),
        address(
            "long-call",
            format!(
                "{{{{define `{names}`}}}}{{{{end}}}}{{{{range 199000}}}}{{{{template `{names}`}}}}{{{{end}}}}"
            ),
            12,
            "steps above the limit",
        ),
        address(
            "long-floats",
            "{{range 199000}}{{$x := printf `%.999999f` 1.5}}{{end}}".to_owned(),
            12,
            "steps above",
        ),
        address("long-digits", format!("{{{{0.{}}}}}", "9".repeat(MIB / 2)), 13, "has no port"),
        address(
            "long-output",
            "{{range 199000}}{{printf `%99999d` 1}}{{end}}".to_owned(),
            12,
            "bytes of output",
        ),
        address("long-escape", format!("{{{{html `{}`}}}}", "<".repeat(MIB / 2)), 12, "bytes of output"),
        package("every-field-at-the-limit", everywhere, 14, "root_cert is missing"),
    ]
}

fn configurations() -> Vec<Package> {
    let fields = ["domain", "root_cert", "client_key", "client_cert"]
        .map(|field| format!(r#""{field}":"{{{{.k}}}}""#));
    let connection = format!(r#"{{"tls_required":true,"address":"a{{{{len .}}}}:1",{}}}"#, fields.join(","));
    let configured = |name, configuration: String, exit, message| Package {
        configuration: Some(configuration),
        ..package(name, connection.clone(), exit, message)
    };
    vec![
        configured(
            "configured-keys",
            format!("{{{}}}", numbered(12_000, |at| format!("\"{at}\":0"))),
            17,
            "more than 10000 values",
        ),
        configured(
            "configured-objects",
            format!(r#"{{"k":[{}]}}"#, numbered(4_990, |_| r#"{"a":{}}"#.to_owned())),
            14,
            "root_cert cannot be used",
        ),
        configured("configured-depth", format!("{{\"k\":{}", "[".repeat(100_000)), 17, "10000 nested arrays"),
    ]
}

fn bundles() -> Vec<Package> {
    const ROOT: &str = include_str!("../../../certificates/tests/fixtures/pem/p521.crt");
    let block = |der: &[u8]| pem("CERTIFICATE", der);
    let names = extension(&[0x55, 0x1d, 17], &repeated(0x30, &[0x82, 0], 350_000));
    let policies: Vec<u8> = (0_u32..50_000).flat_map(policy).collect();
    let policies = extension(&[0x55, 0x1d, 32], &element(0x30, &policies));
    let unknown: Vec<u8> = (0_u32..50_000).flat_map(unknown_extension).collect();
    let units = repeated(0x30, &[0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 11, 12, 0], 60_000);
    let roots = |name, pem: String, exit, message| package(name, with_roots(&pem), exit, message);
    vec![
        roots("many-roots", ROOT.repeat(MIB / (ROOT.len() + 20)), 0, "built:"),
        roots(
            "empty-blocks",
            "-----BEGIN A-----\n-----END A-----\n".repeat(28_000),
            14,
            "it holds no certificate",
        ),
        roots("only-ends", "\n-----END A-----".repeat(60_000), 14, "there is no PEM block"),
        roots(
            "only-begins",
            format!("{}\n-----END A-----\n", "-----BEGIN A-----\n".repeat(50_000)),
            14,
            "it holds no certificate",
        ),
        roots(
            "headers",
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", ":\n".repeat(300_000)),
            14,
            "header lines",
        ),
        roots("many-names", block(&certificate(&[], &names, 2)), 0, "built:"),
        roots("many-policies", block(&certificate(&[], &policies, 2)), 0, "built:"),
        roots("many-extensions", block(&certificate(&[], &unknown, 2)), 0, "built:"),
        roots("many-units", block(&certificate(&units, &[], 2)), 0, "built:"),
        roots("huge-modulus", block(&certificate(&[], &[], 700_000)), 0, "built:"),
    ]
}

fn keys() -> Vec<Package> {
    const RSA: &str = include_str!("../../../certificates/tests/fixtures/pem/rsa.crt");
    let pair = |name, key: String, message| {
        let connection = format!(
            r#"{{"address":"a:1","tls_required":true,"client_auth_required":true,"root_cert":{0},"client_cert":{0},"client_key":{1}}}"#,
            quoted(RSA),
            quoted(&key)
        );
        package(name, connection, 14, message)
    };
    let rsa = |name, key: &[u8], message| pair(name, pem("RSA PRIVATE KEY", key), message);
    vec![
        rsa("long-rsa-key", &rsa_key(4_096, 4_096, 0), "is not a valid PKCS #1"),
        rsa("long-coefficient", &rsa_key(4_096, 600_000, 0), "is not a valid PKCS #1"),
        rsa("longer-rsa-key", &rsa_key(60_000, 1_000, 0), "is not a valid PKCS #1"),
        rsa("many-primes", &rsa_key(4_096, 4_096, 50_000), "client_cert and client_key cannot be used"),
        pair("many-blocks", "-----BEGIN A-----\n-----END A-----\n".repeat(28_000), "no private key"),
    ]
}

fn indexes() -> Vec<Package> {
    let folder = "src/META-INF/statedb/couchdb/indexes";
    let with = |name, files: Vec<(String, Vec<u8>)>, exit, message| {
        let mut package = package(name, PLAIN, exit, message);
        package.files.extend(files);
        package
    };
    let many = |count: usize, path: &dyn Fn(usize) -> String, content: &[u8]| {
        (0..count).map(|at| (path(at), content.to_vec())).collect::<Vec<_>>()
    };
    let index = br#"{"index":{"fields":["a"]}}"#;
    let in_folder = |at: usize| format!("{folder}/{at}.json");
    let long_fields = format!(r#"{{"index":{{"fields":[{}]}}}}"#, numbered(200_000, |_| "\"a\"".to_owned()));
    let objects =
        format!(r#"{{"index":{{"fields":[{}]}}}}"#, numbered(70_000, |_| r#"{"a":"asc"}"#.to_owned()));
    let keys = format!("{{{}}}", numbered(100_000, |at| format!("\"{at}\":0")));
    let one = |content: String| vec![(in_folder(0), content.into_bytes())];
    vec![
        with("many-indexes", many(900, &in_folder, index), 0, "900 indexes"),
        with("too-many-indexes", many(2_000, &in_folder, index), 15, "more than 1000 files and folders"),
        with("long-index", one(long_fields), 0, "1 index"),
        with("index-of-objects", one(objects), 0, "1 index"),
        with("index-of-keys", one(keys), 15, "is not one of an index definition"),
        with("large-index", one("x".repeat(2 * MIB)), 15, "larger than 1048576 bytes"),
        with(
            "large-files",
            many(17, &|at| format!("src/META-INF/{at}"), &vec![b'x'; MIB]),
            15,
            "more than 16777216 bytes",
        ),
        with(
            "files-at-the-limit",
            many(15, &|at| format!("src/META-INF/{at}"), &vec![b'x'; MIB]),
            0,
            "built:",
        ),
        with(
            "long-paths",
            many(400, &|at| format!("src/META-INF/{}/{at:0200}", vec!["d".repeat(200); 15].join("/")), b""),
            0,
            "more warnings",
        ),
        with(
            "deep-folders",
            vec![(format!("src/META-INF/{}x", "d/".repeat(1_500)), Vec::new())],
            15,
            "more than 100 levels deep",
        ),
    ]
}

//! The CA of a cluster, its certificates, and the tokens of its users.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The address of API server and kubelet.
pub const ADDRESS: &str = "10.88.0.1";

/// The administrator, in tokens and kubeconfigs.
pub const ADMINISTRATOR: &str = "admin";

/// The users: the name of the kubeconfig, the user, and the groups.
const USERS: [(&str, &str, &str); 5] = [
    (ADMINISTRATOR, "admin", "system:masters"),
    ("controllers", "system:kube-controller-manager", ""),
    ("scheduler", "system:kube-scheduler", ""),
    ("proxy", "system:kube-proxy", ""),
    ("node", "system:node:node1", "system:nodes"),
];

/// Writes all keys into a folder.
pub(crate) fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let key = KeyPair::generate()?;
    let mut parameters = named("test-ca", "");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = parameters.self_signed(&key)?;
    fs::write(folder.join("ca.crt"), certificate.pem())?;
    let issuer = Issuer::new(parameters, key);
    let server = ExtendedKeyUsagePurpose::ServerAuth;
    // 10.96.0.1 is the Service of the API server.
    let hosts = ["kubernetes.default.svc", "kubernetes.default", "kubernetes", "10.96.0.1", ADDRESS];
    issue(folder, &issuer, "apiserver", named("kube-apiserver", ""), (&hosts, server.clone()))?;
    let node = named("system:node:node1", "system:nodes");
    issue(folder, &issuer, "kubelet-server", node, (&["node1", ADDRESS], server))?;
    let client = named("kube-apiserver", "system:masters");
    issue(folder, &issuer, "to-kubelet", client, (&[], ExtendedKeyUsagePurpose::ClientAuth))?;
    let accounts = KeyPair::generate()?;
    secret(&folder.join("accounts.key"), &accounts.serialize_pem())?;
    fs::write(folder.join("accounts.pub"), accounts.public_key_pem())?;
    let mut tokens = String::new();
    for (name, user, groups) in USERS {
        let token = format!("{name}-{}", token()?);
        let _ = writeln!(tokens, "{token},{user},{name},{groups}");
        let config = kubeconfig(&folder.join("ca.crt"), &token);
        secret(&folder.join(format!("{name}.kubeconfig")), &config)?;
    }
    secret(&folder.join("tokens.csv"), &tokens)
}

/// Returns the kubeconfig of a user with a token.
#[must_use]
pub fn kubeconfig(ca: &Path, token: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n\
         clusters: [{{name: test, cluster: {{server: \"https://{ADDRESS}:6443\", certificate-authority: \"{}\"}}}}]\n\
         users: [{{name: test, user: {{token: \"{token}\"}}}}]\n",
        ca.display()
    )
}

/// Returns a random secret.
fn token() -> Result<String> {
    // A fresh key is random enough, and needs no further library.
    let mut token = hex::encode(KeyPair::generate()?.public_key_raw());
    token.truncate(40);
    Ok(token)
}

fn named(common_name: &str, organization: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    if !organization.is_empty() {
        parameters.distinguished_name.push(DnType::OrganizationName, organization);
    }
    parameters
}

fn issue(
    folder: &Path,
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    mut parameters: CertificateParams,
    (hosts, usage): (&[&str], ExtendedKeyUsagePurpose),
) -> Result<()> {
    let key = KeyPair::generate()?;
    let with_hosts = CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>())?;
    parameters.subject_alt_names = with_hosts.subject_alt_names;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![usage];
    let certificate = parameters.signed_by(&key, issuer)?;
    fs::write(folder.join(format!("{name}.crt")), certificate.pem())?;
    secret(&folder.join(format!("{name}.key")), &key.serialize_pem())
}

fn secret(path: &Path, text: &str) -> Result<()> {
    let file = fs::File::options().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

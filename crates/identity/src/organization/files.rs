//! The files of an organization's folder, in the layout of cryptogen (Fabric 3.1 `cmd/cryptogen`).

use super::OrganizationPlan;
use super::material::{Material, Member};
use super::profile::{self, ProfileSettings};

/// File of the folder.
pub(super) struct NewFile {
    /// Path relative to the folder.
    pub(super) path: String,
    pub(super) content: String,
    /// Whether the file contains a private key.
    pub(super) is_secret: bool,
}

fn public(path: String, content: &str) -> NewFile {
    NewFile { path, content: content.to_owned(), is_secret: false }
}

fn secret(path: String, content: &str) -> NewFile {
    NewFile { path, content: content.to_owned(), is_secret: true }
}

/// Returns the files of an organization.
pub(super) fn files(plan: &OrganizationPlan, material: &Material) -> Vec<NewFile> {
    let domain = &plan.domain;
    let mut files = vec![
        public(format!("ca/ca.{domain}-cert.pem"), &material.ca.certificate),
        secret("ca/priv_sk".to_owned(), &material.ca.key),
        public(format!("tlsca/tlsca.{domain}-cert.pem"), &material.tls_ca.certificate),
        secret("tlsca/priv_sk".to_owned(), &material.tls_ca.key),
    ];
    files.extend(msp(plan, material, "msp"));
    files.extend(member(plan, material, &material.peer, "peers", "server"));
    files.extend(member(plan, material, &material.admin, "users", "client"));
    files.extend(member(plan, material, &material.user, "users", "client"));
    let tls_ca = &material.tls_ca.certificate;
    let settings = ProfileSettings { is_tls: true, channels: Vec::new() };
    files.extend(profiles(plan, tls_ca, &settings));
    files
}

/// Returns the connection profiles.
pub(super) fn profiles(plan: &OrganizationPlan, tls_ca: &str, settings: &ProfileSettings) -> [NewFile; 2] {
    let label = plan.domain.first_label();
    [
        public(format!("connection-{label}.json"), &profile::json(plan, tls_ca, settings)),
        public(format!("connection-{label}.yaml"), &profile::yaml(plan, tls_ca, settings)),
    ]
}

/// Returns the folders that stay empty, since administrators are recognized by their organizational unit.
pub(super) fn empty_folders(plan: &OrganizationPlan) -> [String; 4] {
    let OrganizationPlan { domain, .. } = plan;
    [
        "msp/admincerts".to_owned(),
        format!("peers/{}/msp/admincerts", plan.peer_name()),
        format!("users/Admin@{domain}/msp/admincerts"),
        format!("users/User1@{domain}/msp/admincerts"),
    ]
}

/// Returns the files that every MSP folder of the organization contains.
fn msp(plan: &OrganizationPlan, material: &Material, folder: &str) -> [NewFile; 3] {
    let domain = &plan.domain;
    [
        public(format!("{folder}/cacerts/ca.{domain}-cert.pem"), &material.ca.certificate),
        public(format!("{folder}/tlscacerts/tlsca.{domain}-cert.pem"), &material.tls_ca.certificate),
        public(format!("{folder}/config.yaml"), &config(&format!("cacerts/ca.{domain}-cert.pem"))),
    ]
}

fn member(
    plan: &OrganizationPlan,
    material: &Material,
    member: &Member,
    kind: &str,
    tls: &str,
) -> Vec<NewFile> {
    let name = &member.name;
    let folder = format!("{kind}/{name}");
    let mut files = Vec::from(msp(plan, material, &format!("{folder}/msp")));
    files.extend([
        public(format!("{folder}/msp/signcerts/{name}-cert.pem"), &member.identity.certificate),
        // Clients of Fabric CA use this name: applications look for either.
        public(format!("{folder}/msp/signcerts/cert.pem"), &member.identity.certificate),
        secret(format!("{folder}/msp/keystore/priv_sk"), &member.identity.key),
        public(format!("{folder}/tls/ca.crt"), &material.tls_ca.certificate),
        public(format!("{folder}/tls/{tls}.crt"), &member.tls.certificate),
        secret(format!("{folder}/tls/{tls}.key"), &member.tls.key),
    ]);
    files
}

/// Returns the content of config.yaml in an MSP folder.
fn config(certifier: &str) -> String {
    let roles = [("Client", "client"), ("Peer", "peer"), ("Admin", "admin"), ("Orderer", "orderer")];
    let units = roles.map(|(key, unit)| {
        format!(
            "  {key}OUIdentifier:\n    Certificate: {certifier}\n    OrganizationalUnitIdentifier: {unit}\n"
        )
    });
    format!("NodeOUs:\n  Enable: true\n{}", units.concat())
}

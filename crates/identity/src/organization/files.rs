//! The files of an organization's folder, in the layout of cryptogen (Fabric 3.1 `cmd/cryptogen`).

use super::blueprint::Blueprint;
use super::material::{Authorities, Material, Member};
use super::names::Domain;

/// File of the folder.
pub(super) struct NewFile {
    /// Path relative to the folder.
    pub(super) path: String,
    pub(super) content: String,
    /// Whether the file contains a private key.
    pub(super) is_secret: bool,
}

pub(super) fn public(path: String, content: &str) -> NewFile {
    NewFile { path, content: content.to_owned(), is_secret: false }
}

fn secret(path: String, content: &str) -> NewFile {
    NewFile { path, content: content.to_owned(), is_secret: true }
}

/// Returns the files of the CAs, the node and the administrator.
pub(super) fn files(plan: &Blueprint, material: &Material) -> Vec<NewFile> {
    let (domain, authorities) = (&plan.domain, &material.authorities);
    let (ca, tls_ca) = (authorities.identities.pair(), authorities.tls.pair());
    let mut files = vec![
        public(format!("ca/ca.{domain}-cert.pem"), &ca.certificate),
        secret("ca/priv_sk".to_owned(), &ca.key),
        public(format!("tlsca/tlsca.{domain}-cert.pem"), &tls_ca.certificate),
        secret("tlsca/priv_sk".to_owned(), &tls_ca.key),
    ];
    files.extend(msp(domain, authorities, "msp"));
    let node = format!("{}/{}", plan.kind.nodes(), plan.node);
    files.extend(member(domain, authorities, &material.node, &node, "server"));
    files.extend(user(domain, authorities, &material.admin));
    files
}

/// Returns the files of a user.
pub(super) fn user(domain: &Domain, authorities: &Authorities, user: &Member) -> Vec<NewFile> {
    member(domain, authorities, user, &format!("users/{}", user.name), "client")
}

/// Returns the folders that stay empty, since administrators are recognized by their organizational unit.
pub(super) fn empty_folders(plan: &Blueprint, users: &[&str]) -> Vec<String> {
    let of_users = users.iter().map(|name| format!("users/{}/msp/admincerts", plan.user_name(name)));
    let of_node = format!("{}/{}/msp/admincerts", plan.kind.nodes(), plan.node);
    ["msp/admincerts".to_owned(), of_node].into_iter().chain(of_users).collect()
}

/// Returns the files that every MSP folder of the organization contains.
fn msp(domain: &Domain, authorities: &Authorities, folder: &str) -> [NewFile; 3] {
    [
        public(format!("{folder}/cacerts/ca.{domain}-cert.pem"), authorities.identities.certificate()),
        public(format!("{folder}/tlscacerts/tlsca.{domain}-cert.pem"), authorities.tls.certificate()),
        public(format!("{folder}/config.yaml"), &config(&format!("cacerts/ca.{domain}-cert.pem"))),
    ]
}

fn member(
    domain: &Domain,
    authorities: &Authorities,
    member: &Member,
    folder: &str,
    tls: &str,
) -> Vec<NewFile> {
    let name = &member.name;
    let mut files = Vec::from(msp(domain, authorities, &format!("{folder}/msp")));
    files.extend([
        public(format!("{folder}/msp/signcerts/{name}-cert.pem"), &member.identity.certificate),
        // Clients of Fabric CA use this name: applications look for either.
        public(format!("{folder}/msp/signcerts/cert.pem"), &member.identity.certificate),
        secret(format!("{folder}/msp/keystore/priv_sk"), &member.identity.key),
        public(format!("{folder}/tls/ca.crt"), authorities.tls.certificate()),
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

//! MSP folders.

use std::fs;
use std::path::Path;

use ccs_identity::{Msp, Role, Signer};
use rcgen::{PKCS_ECDSA_P256_SHA256, SerialNumber};
use tempfile::TempDir;

use crate::network::{Authority, id, params};

const CONFIG: &str = "NodeOUs:
  Enable: true
  ClientOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: client
  PeerOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: peer
  AdminOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: admin
  OrdererOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: orderer
";

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn folder(ca: &Authority) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "cacerts/ca.pem", &ca.pem);
    folder
}

fn refused(folder: &TempDir) -> String {
    let error = Msp::read(id("Org1MSP"), folder.path()).unwrap_err();
    error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
}

#[test]
fn every_part_of_a_folder_is_read() {
    let ca = Authority::root("ca");
    let other = Authority::root("other");
    let inner = other.intermediate("inner");
    let folder = folder(&ca);
    write(folder.path(), "cacerts/other.pem", &other.pem);
    let mut revoked = params("revoked", &["client"]);
    revoked.serial_number = Some(SerialNumber::from(17));
    let revoked = ca.issue_with(revoked, &PKCS_ECDSA_P256_SHA256).certificate();
    let chief = ca.issue("chief", &["client"]);
    write(folder.path(), "intermediatecerts/inner.pem", &inner.pem);
    write(folder.path(), "admincerts/chief.pem", &chief.pem);
    write(folder.path(), "admincerts/.gitkeep", "");
    write(folder.path(), "crls/list.pem", &ca.revocation_list(17).pem().unwrap());
    write(folder.path(), "tlscacerts/tlsca.pem", &Authority::root("tlsca").pem);
    write(folder.path(), "config.yaml", CONFIG);
    let msp = Msp::read(id("Org1MSP"), folder.path()).unwrap();
    assert_eq!(msp.settings().tls_roots[0].subject(), "CN=tlsca");
    assert!(msp.identify(chief.certificate()).unwrap().has_role(Role::Admin));
    assert!(msp.identify(ca.issue("peer", &["peer"]).certificate()).unwrap().has_role(Role::Peer));
    let error = msp.identify(revoked).unwrap_err().to_string();
    assert_eq!(error, "certificate 'OU=client,CN=revoked' is revoked");
    let error = msp.identify(inner.issue("peer", &["peer"]).certificate()).unwrap_err().to_string();
    assert!(
        error.contains("was not issued by the CA that the MSP requires for organizational unit"),
        "{error}"
    );
}

#[test]
fn node_units_count_when_they_are_enabled() {
    let ca = Authority::root("ca");
    let folder = folder(&ca);
    write(folder.path(), "config.yaml", &CONFIG.replace("true", "false"));
    let msp = Msp::read(id("Org1MSP"), folder.path()).unwrap();
    assert!(!msp.identify(ca.issue("peer", &["peer"]).certificate()).unwrap().has_role(Role::Peer));
}

#[test]
fn a_folder_that_is_no_msp_says_why() {
    let ca = Authority::root("ca");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(refused(&empty), "there is no CA certificate in FOLDER/cacerts");

    let broken = folder(&ca);
    write(
        broken.path(),
        "admincerts/a.pem",
        "-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n",
    );
    let error = refused(&broken);
    assert!(error.starts_with("FOLDER/admincerts/a.pem: the certificate cannot be read: "), "{error}");

    let config = folder(&ca);
    write(config.path(), "config.yaml", "NodeOUs: [1");
    let error = refused(&config);
    assert!(error.starts_with("FOLDER/config.yaml: "), "{error}");

    let missing = folder(&ca);
    write(missing.path(), "config.yaml", &CONFIG.replace("ca.pem", "other.pem"));
    let error = refused(&missing);
    assert!(error.starts_with("cannot read FOLDER/cacerts/other.pem: "), "{error}");

    let leaf = folder(&ca);
    write(leaf.path(), "cacerts/z.pem", &ca.issue("someone", &[]).pem);
    assert_eq!(
        refused(&leaf),
        "FOLDER is not a valid MSP folder: certificate 'CN=someone' is not a CA certificate: its basic constraints do not include CA"
    );
}

#[test]
fn a_signer_takes_the_key_that_belongs_to_its_certificate() {
    let ca = Authority::root("ca");
    let folder = folder(&ca);
    let (one, other) = (ca.issue("one", &[]), ca.issue("other", &[]));
    let read = || Signer::read(&id("Org1MSP"), folder.path());
    let text = |error: ccs_identity::SignerError| {
        error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
    };
    assert_eq!(text(read().unwrap_err()), "there is no certificate in FOLDER/signcerts");
    write(folder.path(), "signcerts/one.pem", &one.pem);
    assert_eq!(text(read().unwrap_err()), "there is no key in FOLDER/keystore");
    write(folder.path(), "keystore/a_sk", &other.key.serialize_pem());
    assert_eq!(text(read().unwrap_err()), "the key does not belong to certificate 'CN=one'");
    write(folder.path(), "keystore/b_sk", &one.key.serialize_pem());
    let signer = read().unwrap();
    let identity = Msp::read(id("Org1MSP"), folder.path()).unwrap().identify(one.certificate()).unwrap();
    assert_eq!(identity.verify(b"message", &signer.sign(b"message").unwrap()), Ok(()));
    assert_eq!(identity.creator(), signer.creator());
}

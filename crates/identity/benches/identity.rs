//! The cost of a proposal: validating the creator, verifying its signature, and signing the endorsement.

#![expect(clippy::unwrap_used, reason = "a benchmark may stop")]

use std::hint::black_box;
use std::sync::Arc;

use ccs_identity::{Certificate, Msp, MspManager, MspSettings, NodeUnits, SignaturePolicy, Signer};
use criterion::{Criterion, criterion_group, criterion_main};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SignatureAlgorithm,
};

const CURVES: [(&str, &SignatureAlgorithm); 2] =
    [("P-256", &PKCS_ECDSA_P256_SHA256), ("P-384", &PKCS_ECDSA_P384_SHA384)];

/// Creates an organization and one of its clients.
fn organization(algorithm: &'static SignatureAlgorithm) -> (Arc<Msp>, Signer) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate_for(algorithm).unwrap();
    let root = Certificate::from_pem(ca.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
    let issuer = Issuer::new(ca, key);
    let mut client = CertificateParams::default();
    client.distinguished_name.push(DnType::OrganizationalUnitName, "client");
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = client.signed_by(&key, &issuer).unwrap().pem();
    let mut settings = MspSettings::new("Org1MSP".parse().unwrap(), root);
    settings.node_units = Some(NodeUnits::usual(None));
    let key = key.serialize_pem();
    let signer = Signer::from_pem(settings.id.clone(), certificate.as_bytes(), key.as_bytes()).unwrap();
    (Arc::new(Msp::new(settings).unwrap()), signer)
}

fn signatures(criterion: &mut Criterion) {
    let message = vec![7; 2048];
    for (curve, algorithm) in CURVES {
        let (msp, signer) = organization(algorithm);
        let identity = msp.identify(signer.certificate().clone()).unwrap();
        let signature = signer.sign(&message).unwrap();
        criterion.bench_function(&format!("sign 2 KiB, {curve}"), |bench| {
            bench.iter(|| signer.sign(black_box(&message)).unwrap());
        });
        criterion.bench_function(&format!("verify 2 KiB, {curve}"), |bench| {
            bench.iter(|| identity.verify(black_box(&message), black_box(&signature)).unwrap());
        });
    }
}

fn creators(criterion: &mut Criterion) {
    let (msp, signer) = organization(&PKCS_ECDSA_P256_SHA256);
    criterion.bench_function("creator seen for the first time", |bench| {
        bench.iter(|| MspManager::new(vec![Arc::clone(&msp)]).identify(black_box(signer.creator())).unwrap());
    });
    let manager = MspManager::new(vec![msp]);
    let identity = manager.identify(signer.creator()).unwrap();
    manager.verify_once(&identity, b"message", &signer.sign(b"message").unwrap()).unwrap();
    criterion.bench_function("creator that has signed before", |bench| {
        bench.iter(|| manager.identify(black_box(signer.creator())).unwrap());
    });
}

fn policies(criterion: &mut Criterion) {
    let (msp, signer) = organization(&PKCS_ECDSA_P256_SHA256);
    let identity = msp.identify(signer.certificate().clone()).unwrap();
    let policy: SignaturePolicy = "OutOf(1, 'Org2MSP.peer', 'Org1MSP.client')".parse().unwrap();
    criterion.bench_function("evaluate a policy", |bench| {
        bench.iter(|| assert!(policy.is_satisfied_by([black_box(&identity)])));
    });
}

criterion_group!(benches, signatures, creators, policies);
criterion_main!(benches);

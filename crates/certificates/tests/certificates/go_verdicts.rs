//! Replays Go's decisions about the fixtures (`conformance/go-tls` writes both) and agrees in every case.

use crate::fixtures::{Differences, pem_encode, pem_file, table};
use ccs_certificates::{Certificate, UncheckedKey, host_matches, read_bundle, read_key_pair};

#[test]
fn every_bundle_is_accepted_as_go_accepts_it() {
    let mut differences = Differences::default();
    for case in table("bundles.json") {
        let file = case.text("file");
        let ours = read_bundle(&pem_file(file));
        let count = ours.as_ref().map_or(0, |bundle| bundle.certificates.len());
        differences.compare(file, case.number("count"), count);
        differences.compare(file, case.flag("accepted"), ours.is_ok());
    }
    differences.assert_none(100);
}

#[test]
fn every_pair_is_accepted_as_go_accepts_it() {
    let mut differences = Differences::default();
    for case in table("pairs.json") {
        let (certificate, key) = (case.text("certificate"), case.text("key"));
        let ours = read_key_pair(&pem_file(certificate), &pem_file(key));
        differences.compare(&format!("{certificate} with {key}"), case.flag("accepted"), ours.is_ok());
    }
    differences.assert_none(300);
}

#[test]
fn every_odd_certificate_is_accepted_as_go_accepts_it() {
    let mut differences = Differences::default();
    for case in table("certificates.json") {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", case.text("der"));
        let name = format!("{} ({})", case.text("name"), case.text("error"));
        differences.compare(&name, case.flag("accepted"), read_bundle(pem.as_bytes()).is_ok());
    }
    differences.assert_none(1000);
}

#[test]
fn every_host_matches_as_go_matches_it() {
    let mut differences = Differences::default();
    for case in table("hosts.json") {
        let bundle = read_bundle(&pem_file(case.text("file"))).unwrap();
        let name = format!("{} for {:?}", case.text("file"), case.text("host"));
        let ours = host_matches(&bundle.certificates[0], case.text("host"));
        differences.compare(&name, case.flag("matches"), ours);
    }
    differences.assert_none(100);
}

#[test]
fn every_changed_bundle_is_accepted_as_go_accepts_it() {
    replay_mutations(|_, is_key| !is_key, 50_000);
}

#[test]
fn every_changed_rsa_key_is_accepted_as_go_accepts_it() {
    replay_mutations(|file, is_key| is_key && file.starts_with("rsa."), 15_000);
}

#[test]
fn every_changed_curve_key_is_accepted_as_go_accepts_it() {
    replay_mutations(|file, is_key| is_key && !file.starts_with("rsa.") && !is_on_p224(file), 5_000);
}

fn is_on_p224(file: &str) -> bool {
    file.starts_with("p224.")
}

/// The numbers of a P-224 key are not checked: this crate accepts all keys that Go accepts, and more.
#[test]
fn every_changed_p224_key_that_go_takes_is_taken_with_a_warning() {
    let (mut compared, mut taken_by_go) = (0, 0);
    for case in table("mutations.json").into_iter().filter(|case| is_on_p224(case.text("file"))) {
        let (original, label) = crate::fixtures::first_block(&pem_file(case.text("file")));
        for (place, verdict) in case.text("verdicts").bytes().enumerate() {
            let changed = crate::fixtures::mutate(&original, case.text("operation"), place);
            let ours = read_key_pair(&pem_file(case.text("beside")), &pem_encode(&label, &changed));
            compared += 1;
            if verdict == b'1' {
                let unchecked = ours.map(|pair| pair.unchecked);
                assert_eq!(unchecked, Ok(Some(UncheckedKey::P224)), "{} at {place}", case.text("operation"));
                taken_by_go += 1;
            }
        }
    }
    assert!(compared > 500 && taken_by_go > 0, "{taken_by_go} of {compared}");
}

/// Repeats the mutations of the chosen files, one for each digit of the recorded decisions.
fn replay_mutations(chosen: impl Fn(&str, bool) -> bool, at_least: usize) {
    let mut differences = Differences::default();
    for case in table("mutations.json")
        .into_iter()
        .filter(|case| chosen(case.text("file"), !case.text("beside").is_empty()))
    {
        let text = pem_file(case.text("file"));
        let beside = match case.text("beside") {
            "" => None,
            certificate => Some(pem_file(certificate)),
        };
        let (original, label) = match case.text("target") {
            "der" => crate::fixtures::first_block(&text),
            _ => (text, String::new()),
        };
        for (place, verdict) in case.text("verdicts").bytes().enumerate() {
            let changed = crate::fixtures::mutate(&original, case.text("operation"), place);
            let pem = if label.is_empty() { changed } else { pem_encode(&label, &changed) };
            let ours = match &beside {
                Some(certificate) => usize::from(read_key_pair(certificate, &pem).is_ok()),
                None => read_bundle(&pem).map_or(0, |bundle| bundle.certificates.len()),
            };
            let name = format!("{} {} at {place}", case.text("file"), case.text("operation"));
            differences.compare(&name, usize::from(verdict - b'0'), ours);
        }
    }
    differences.assert_none(at_least);
}

#[test]
fn certificates_show_what_a_person_asks() {
    let bundle = read_bundle(&pem_file("wildcard.crt")).unwrap();
    let certificate: &Certificate = &bundle.certificates[0];
    let names: Vec<_> = certificate.subject_alternative_names().iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "DNS:*.org1.example.com",
            "DNS:Plain.Example.COM",
            "DNS:trailing.example.com.",
            "DNS:not a name",
            "email:operator@example.com",
            "IP:127.0.0.1",
            "IP:fd00::7",
            "URI:spiffe://org1.example.com/peer0",
        ]
    );
    assert_eq!(
        certificate.subject(),
        "CN=peer0.org1.example.com,OU=peer,O=org1.example.com,L=San Francisco,ST=California,C=US"
    );
    assert_eq!(certificate.common_name(), Some("peer0.org1.example.com"));
    assert!(certificate.issuer().starts_with("CN=ca.org1.example.com,O="));
    assert_eq!(certificate.serial_hex(), "04");
    assert_eq!(certificate.key_algorithm().to_string(), "ECDSA P-256");
    let usages: Vec<_> = certificate.extended_key_usages().iter().map(ToString::to_string).collect();
    assert_eq!(usages, ["client authentication", "server authentication"]);
    assert!(!certificate.is_ca());
    assert!(read_bundle(&pem_file("authority.crt")).unwrap().certificates[0].is_ca());
    let rsa = read_bundle(&pem_file("rsa.crt")).unwrap();
    assert_eq!(rsa.certificates[0].key_algorithm().to_string(), "RSA 2048");
}

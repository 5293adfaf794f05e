//! Hostile input never causes a panic, and valid blocks are always found.

use std::time::{Duration, SystemTime};

use crate::fixtures::{pem_encode, pem_file};
use ccs_certificates::{
    BundleError, Certificate, KeyPairError, UncheckedKey, Validity, read_bundle, read_key_pair,
};
use proptest::prelude::*;

const CERTIFICATES: [&str; 5] = ["authority.crt", "p256.crt", "rsa.crt", "p521.crt", "ed25519.crt"];

/// Text between blocks that Go ignores, independent of the text that follows.
fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("words that openssl prints\n".to_owned()),
        Just("-----BEGIN CERTIFICATE----\nAAAA\n\n".to_owned()),
        Just("-----BEGIN CERTIFICATE-----\nAAA*\n-----END CERTIFICATE-----\n".to_owned()),
        Just("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\r\n".to_owned()),
        "[ a-z0-9.=\r\n]{0,60}\n",
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_bundle(&bytes);
        let _ = read_key_pair(&bytes, &bytes);
        let _ = Certificate::from_der(&bytes);
        let _ = read_bundle(&pem_encode("CERTIFICATE", &bytes));
        let _ = read_key_pair(&pem_file("p256.crt"), &pem_encode("PRIVATE KEY", &bytes));
    }

    #[test]
    fn changed_certificates_never_panic(
        file in prop::sample::select(&CERTIFICATES[..]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (mut der, _) = crate::fixtures::first_block(&pem_file(file));
        for (place, value) in changes {
            let place = place.index(der.len());
            der[place] = value;
        }
        if let Ok(certificate) = Certificate::from_der(&der) {
            let _ = format!("{certificate:?} {:?}", certificate.subject_alternative_names());
        }
    }

    #[test]
    fn certificates_among_noise_are_all_found(
        parts in proptest::collection::vec((prop::sample::select(&CERTIFICATES[..]), noise()), 1..8),
        crlf in any::<bool>(),
    ) {
        let mut text = String::new();
        for (file, noise) in &parts {
            text += noise;
            text += std::str::from_utf8(&pem_file(file)).unwrap();
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        prop_assert_eq!(read_bundle(text.as_bytes()).unwrap().certificates.len(), parts.len());
    }
}

fn bundle_error(file: &str) -> BundleError {
    read_bundle(&pem_file(file)).unwrap_err()
}

fn pair_error(certificate: &str, key: &str) -> KeyPairError {
    read_key_pair(&pem_file(certificate), &pem_file(key)).unwrap_err()
}

#[test]
fn a_useless_bundle_says_what_it_holds() {
    let expected = "there is no PEM block in it: the value is the path of a file";
    assert_eq!(bundle_error("words.crt").to_string(), expected);
    assert_eq!(bundle_error("p256.sec1.key").to_string(), "it holds no certificate, only EC PRIVATE KEY");
    assert!(bundle_error("p256.sec1.key").hint().unwrap().starts_with("this is a private key"));
    assert_eq!(
        bundle_error("garbage-only.crt").to_string(),
        "none of its 2 certificates can be used; the first: the certificate is malformed"
    );
    assert_eq!(
        bundle_error("trailing-data.crt").to_string(),
        "none of its 1 certificates can be used; the first: 2 bytes follow the certificate in its block"
    );
    let bundle = read_bundle(&pem_file("garbage-first.crt")).unwrap();
    assert_eq!(bundle.skipped[0].to_string(), "PEM block 1 is ignored: the certificate is malformed");
}

#[test]
fn a_useless_pair_says_why() {
    let cases = [
        ("p256.sec1.key", "p256.crt", "client certificate and client key are swapped"),
        ("empty.crt", "p256.sec1.key", "there is no PEM block in the client certificate"),
        ("p256.crt", "empty.crt", "there is no PEM block in the client key"),
        ("p256.crt", "p256.crt", "the client key holds no private key, only CERTIFICATE"),
        ("p256.crt", "other.sec1.key", "the client key does not belong to the client certificate"),
        (
            "rsa.crt",
            "p256.sec1.key",
            "the client key (ECDSA P-256) and the client certificate (RSA 2048) have different algorithms",
        ),
        (
            "p256.crt",
            "encrypted.key",
            "the client key cannot be used: the private key is encrypted with a passphrase",
        ),
        (
            "p256.crt",
            "legacy-encrypted.key",
            "the client key cannot be used: the private key is encrypted with a passphrase",
        ),
        (
            "p256.crt",
            "garbage.key",
            "the client key cannot be used: the private key is not a valid PKCS #1, PKCS #8 or SEC 1 key",
        ),
        (
            "p256.crt",
            "x25519.pkcs8.key",
            "the client key cannot be used: the private key's algorithm 1.3.101.110 is not RSA, ECDSA or Ed25519",
        ),
    ];
    for (certificate, key, message) in cases {
        let error = pair_error(certificate, key);
        assert_eq!(error.to_string(), message, "{certificate} with {key}");
        assert!(error.hint().is_some(), "{certificate} with {key}");
    }
}

#[test]
fn messages_stay_short_and_printable_whatever_the_labels() {
    let label = "\u{1b}[31m".repeat(200);
    let text = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n").repeat(50);
    let message = read_bundle(text.as_bytes()).unwrap_err().to_string();
    assert!(message.chars().count() < 150, "{message}");
    assert!(!message.chars().any(char::is_control), "{message}");
}

#[test]
fn a_pair_never_shows_key_material() {
    let pair = read_key_pair(&pem_file("chain.crt"), &pem_file("p256.pkcs8.key")).unwrap();
    assert_eq!(pair.chain.len(), 2);
    let shown = format!("{pair:?}");
    assert!(shown.contains("CN=peer0.org1.example.com"), "{shown}");
    assert!(!shown.to_lowercase().contains("private"), "{shown}");
}

#[test]
fn validity_has_both_ends_inside() {
    let certificate = read_bundle(&pem_file("p256.crt")).unwrap().certificates.remove(0);
    let (from, until) = (certificate.not_before(), certificate.not_after());
    assert_eq!(from, SystemTime::UNIX_EPOCH + Duration::from_hours(473_352));
    assert_eq!(until, SystemTime::UNIX_EPOCH + Duration::from_secs(2_524_607_999));
    let second = Duration::from_secs(1);
    assert_eq!(certificate.validity(from - second), Validity::NotYetValid { from });
    assert_eq!(certificate.validity(from), Validity::Valid { days_left: 9496 });
    assert_eq!(certificate.validity(until), Validity::Valid { days_left: 0 });
    assert_eq!(certificate.validity(until + second), Validity::Expired { since: until });
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let used = length.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
    let header = match content.len() {
        short @ 0..0x80 => vec![tag, u8::try_from(short).unwrap()],
        _ => [&[tag, 0x80 | u8::try_from(used.len()).unwrap()], &used[..]].concat(),
    };
    [&header, content].concat()
}

#[test]
fn keys_that_are_not_checked_are_taken_and_told() {
    let pair = |certificate: &str, key: &str| read_key_pair(&pem_file(certificate), &pem_file(key)).unwrap();
    assert_eq!(pair("p256.crt", "p256.sec1.key").unchecked, None);
    assert_eq!(pair("rsa.crt", "rsa.pkcs1.key").unchecked, None);
    for key in ["p224.sec1.key", "p224.pkcs8.key"] {
        assert_eq!(pair("p224.crt", key).unchecked, Some(UncheckedKey::P224));
    }
    let certificate = |file| read_bundle(&pem_file(file)).unwrap().certificates.remove(0).unchecked_key();
    assert_eq!((certificate("p224.crt"), certificate("p256.crt")), (Some(UncheckedKey::P224), None));
    assert_eq!(
        pair_error("p256.crt", "p224.sec1.key").to_string(),
        "the client key (ECDSA P-224) and the client certificate (ECDSA P-256) have different algorithms"
    );
}

/// A key of three primes has the modulus of the certificate; its other numbers are arbitrary.
#[test]
fn an_rsa_key_of_three_primes_is_taken_with_a_warning() {
    let (rsa, _) = crate::fixtures::first_block(&pem_file("rsa.pkcs1.key"));
    // The header of the sequence, the version, and the header of the modulus with its sign byte precede its 256 bytes.
    let modulus = &rsa[7..7 + 4 + 257];
    let prime = [2, 1, 3];
    let other = der(0x30, &der(0x30, &[prime, [2, 1, 1], [2, 1, 1]].concat()));
    let exponent = [2, 3, 1, 0, 1];
    let fields =
        [&[2, 1, 1], modulus, &exponent, &prime, &prime, &[2, 1, 5], &prime, &prime, &prime, &other].concat();
    let key = pem_encode("RSA PRIVATE KEY", &der(0x30, &fields));
    let pair = read_key_pair(&pem_file("rsa.crt"), &key).unwrap();
    assert_eq!(pair.unchecked, Some(UncheckedKey::MultiPrimeRsa));
}

/// Without a limit, this key would take minutes of long division.
#[test]
fn a_key_of_millions_of_digits_is_refused_at_once() {
    let number = |length| der(2, &vec![0x7f; length]);
    let (version, exponent, private) = ([2, 1, 0], [2, 1, 3], [2, 1, 5]);
    let half = number(2_000_000);
    let fields = [&version[..], &number(4_000_000), &exponent, &private, &half, &half].concat();
    let key = pem_encode("RSA PRIVATE KEY", &der(0x30, &fields));
    let error = read_key_pair(&pem_file("rsa.crt"), &key).unwrap_err();
    assert!(matches!(error, KeyPairError::UnusableKey(_)), "{error}");
}

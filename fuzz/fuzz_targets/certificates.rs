//! Parsing PEM, certificates, keys and revocation lists never panics, with or without PEM, and the results can be
//! formatted.
#![no_main]

use ccs_certificates::{Certificate, read_bundle, read_key_pair, revocation_list_authority};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = revocation_list_authority(bytes);
    if let Ok(certificate) = Certificate::from_der(bytes) {
        show(&certificate);
        assert!(
            bytes.windows(certificate.subject_der().len()).any(|window| window == certificate.subject_der())
        );
    }
    if let Ok(bundle) = read_bundle(bytes) {
        bundle.certificates.iter().for_each(show);
    }
    let (first, second) = bytes.split_at(bytes.len() / 2);
    match read_key_pair(first, second) {
        Ok(pair) => pair.chain.iter().for_each(show),
        Err(error) => {
            assert!(error.to_string().len() < 1_000, "a message of {} bytes", error.to_string().len());
        }
    }
});

fn show(certificate: &Certificate) {
    let names = certificate.subject_alternative_names();
    let _ = format!("{certificate:?} {names:?} {:?}", certificate.organizational_units().collect::<Vec<_>>());
}

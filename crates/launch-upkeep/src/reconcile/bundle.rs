//! The CAs that both sides trust during a renewal of certificates.
//!
//! The first CA of a bundle is that of the last attempted renewal; the last one issued the certificate that the peer presents.

use std::time::SystemTime;

use ccs_certificates::{Validity, read_bundle};
use serde_json::Value;

/// The end of a certificate in a bundle.
const END: &str = "-----END CERTIFICATE-----";

/// Returns the CAs that the next renewal must trust in addition to its own, without expired ones, so that failed renewals do not
/// make the bundle longer each time.
pub(super) fn kept(bundle: &str, runs_last_tried: bool, now: SystemTime) -> String {
    let mut certificates: Vec<&str> = Vec::new();
    for certificate in bundle.split_inclusive(END).map(str::trim).filter(|text| text.ends_with(END)) {
        if !certificates.contains(&certificate) && !has_expired(certificate, now) {
            certificates.push(certificate);
        }
    }
    let kept: Vec<&str> = match certificates.as_slice() {
        // The last attempt may not have reached the cluster; then the one before it is in use.
        [first, second, .., last] if runs_last_tried => vec![first, second, last],
        [_, rest @ ..] if !runs_last_tried && !rest.is_empty() => rest.to_vec(),
        all => all.to_vec(),
    };
    kept.iter().flat_map(|certificate| [*certificate, "\n"]).collect()
}

fn has_expired(certificate: &str, now: SystemTime) -> bool {
    read_bundle(certificate.as_bytes()).is_ok_and(|bundle| {
        bundle.certificates.iter().all(|found| matches!(found.validity(now), Validity::Expired { .. }))
    })
}

/// Tells whether every pod of a Deployment has its latest template.
pub(super) fn runs_last_tried(deployment: Option<&Value>) -> bool {
    let Some(deployment) = deployment else { return false };
    let (status, generation) = (&deployment["status"], &deployment["metadata"]["generation"]);
    let replicas = status["replicas"].as_i64().unwrap_or_default();
    status["observedGeneration"] == *generation
        && replicas > 0
        && status["updatedReplicas"].as_i64() == Some(replicas)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ccs_launch_site::certificates;
    use serde_json::json;

    use super::*;

    fn cas<const N: usize>() -> [String; N] {
        std::array::from_fn(|_| certificates::make("ccs-a", &["ccs-a".to_owned()]).unwrap().0.ca)
    }

    #[test]
    fn renewals_that_fail_do_not_make_the_bundle_longer() {
        let now = SystemTime::now();
        let [old, new] = cas();
        for runs_last_tried in [true, false] {
            assert_eq!(kept(&old, runs_last_tried, now), old);
            assert_eq!(kept(&format!("{old}{old}"), runs_last_tried, now), old);
        }
        assert_eq!(kept(&format!("{new}{old}"), true, now), format!("{new}{old}"), "the new one runs");
        assert_eq!(kept(&format!("{new}{old}"), false, now), old, "the old one runs");
        for runs_last_tried in [true, false] {
            let mut bundle = old.clone();
            for ca in cas::<6>() {
                bundle = format!("{ca}{}", kept(&bundle, runs_last_tried, now));
                assert!(bundle.matches(END).count() <= 4, "{bundle}");
                assert!(bundle.starts_with(&ca) && bundle.ends_with(&old), "{bundle}");
            }
        }
    }

    #[test]
    fn what_has_expired_is_not_trusted_any_more() {
        let [old] = cas();
        let later = SystemTime::now() + Duration::from_hours(24 * 3651);
        assert_eq!(kept(&old, true, later), "");
        assert_eq!(kept("no certificate", true, later), "");
    }

    #[test]
    fn the_last_that_was_tried_runs_when_no_pod_is_older() {
        let deployment = |observed: i64, replicas: i64, updated: i64| {
            json!({
                "metadata": {"generation": 3},
                "status": {"observedGeneration": observed, "replicas": replicas, "updatedReplicas": updated},
            })
        };
        assert!(runs_last_tried(Some(&deployment(3, 1, 1))));
        for other in [deployment(2, 1, 1), deployment(3, 2, 1), deployment(3, 0, 0)] {
            assert!(!runs_last_tried(Some(&other)), "{other}");
        }
        assert!(!runs_last_tried(None));
    }
}

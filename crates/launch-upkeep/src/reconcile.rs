//! Keeps chaincode that an install has started as the settings specify it, with valid certificates.

mod bundle;
mod container;
mod deployment;
mod files;

use ccs_launch::Failure;
use ccs_launch::image::{Image, Tls};
use ccs_launch::record::{DOCKER, KUBERNETES, Record};
use ccs_launch_site::certificates::VALIDITY;
use ccs_launch_site::image_file;
use ccs_launch_site::service::Service;
use serde::Serialize;

use crate::builds::Build;
use crate::moment::seconds;
use crate::platforms::Platforms;
use crate::site::Site;

/// Certificates are renewed when less than this part of their validity is left.
const PART: i64 = 10;

/// The object that contains the certificates on Kubernetes; without it they are lost.
const SECRET: &str = "Secret";

/// The observed and the desired state of a chaincode.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The record of the build.
    pub record: &'a Record,
    /// The hash of the current settings.
    pub settings: &'a str,
    /// The hash of the last applied settings, if it is known; after a failure, it differs from that of the build.
    pub applied: Option<&'a str>,
    /// Its missing objects.
    pub lost: &'a [&'static str],
    /// Whether it has certificates.
    pub has_tls: bool,
    /// The hash of the certificates in the Deployment, if it has one.
    pub checksum: Option<&'a str>,
    /// Whether the peer reads the connection.json of the build.
    pub is_released: bool,
    /// Whether the operator requests a renewal.
    pub renew: bool,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// The necessary work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    Nothing,
    /// Apply the settings, and keep the certificates.
    Apply,
    /// Apply the settings, with new certificates.
    Renew,
}

/// The result for a chaincode. Its shape is in `docs/json.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The package ID.
    pub package_id: String,
    /// The platform.
    pub platform: &'static str,
    /// The namespace; empty on Docker.
    pub namespace: String,
    /// The name of its objects, or of its container.
    pub workload: String,
    /// `applied` or `renewed`.
    pub change: &'static str,
    /// Why.
    pub reasons: Vec<String>,
    /// When its certificates expire, as RFC 3339.
    pub certificates_end: Option<String>,
}

/// Brings chaincode to the state that its build and the settings specify.
#[derive(Clone, Copy)]
pub struct Reconciler<'a> {
    /// The peer.
    pub site: &'a Site,
    /// The platforms of its chaincode.
    pub platforms: &'a Platforms,
    /// Whether to renew certificates that are still valid.
    pub renew: bool,
    /// Whether to dial the chaincode from here, as the peer will.
    pub dials: bool,
    /// Tells whether the command must stop.
    pub is_stopped: &'a dyn Fn() -> bool,
    /// Receives each progress line.
    pub say: &'a dyn Fn(&str),
}

impl Reconciler<'_> {
    /// Does the necessary work for a build with a record; returns the result, if there was work.
    pub fn build(&self, build: &Build, record: &Record) -> Result<Option<Change>, Failure> {
        let mspid = self.site.mspid();
        let image = Image::parse_with_tags(&image_file::read(&build.folder)?)?;
        let image = self.site.settings.images.admit(image)?;
        let service = Service {
            package_id: &build.package_id,
            chaincode_type: &build.chaincode_type,
            image: &image,
            mspid: &mspid,
            settings: &self.site.settings,
        };
        match record.platform.as_str() {
            KUBERNETES => deployment::reconcile(self, &service, (build, record)),
            DOCKER => container::reconcile(self, &service, (build, record)),
            _ => Ok(None),
        }
    }
}

/// Tells whether a chaincode has certificates.
fn has_tls(service: &Service<'_>) -> bool {
    service.image.tls != Tls::None
}

/// Decides the necessary work, with its reason.
#[must_use]
pub fn decide(seen: &Seen<'_>) -> (Work, Vec<String>) {
    let Seen { record, has_tls, .. } = *seen;
    let gone = |lost: &&str| format!("the {lost} was missing");
    let (secret, others): (Vec<_>, Vec<_>) = seen.lost.iter().partition(|lost| **lost == SECRET);
    let mut renew: Vec<String> = secret.iter().map(gone).collect();
    if has_tls {
        if seen.renew {
            renew.push("a renewal was requested".to_owned());
        }
        if let Some(end) = record.certificates_end.as_deref().filter(|end| is_due(end, seen.now)) {
            renew.push(format!("the certificates expire on {end}"));
        }
        let others = record.checksum.as_deref().zip(seen.checksum).is_some_and(|(kept, live)| kept != live);
        if others {
            renew.push("the Deployment has other certificates than the build has recorded".to_owned());
        }
        if !seen.is_released {
            renew.push("the connection.json that the peer reads differs from that of the build".to_owned());
        }
    }
    let mut apply: Vec<String> = others.iter().map(gone).collect();
    if record.settings != seen.settings {
        apply.push("the settings have changed".to_owned());
    } else if seen.applied.is_some_and(|applied| applied != record.settings) {
        apply.push("the Deployment has other settings than the build has recorded".to_owned());
    }
    if !has_tls && !seen.is_released {
        apply.push("the connection.json that the peer reads differs from that of the build".to_owned());
    }
    let work = match (renew.is_empty(), apply.is_empty()) {
        (false, _) => Work::Renew,
        (true, false) => Work::Apply,
        (true, true) => Work::Nothing,
    };
    renew.extend(apply);
    (work, renew)
}

/// Tells whether certificates must be renewed; true also if their expiry cannot be read.
fn is_due(end: &str, now: i64) -> bool {
    seconds(end).is_none_or(|end| end.saturating_sub(now) < VALIDITY.whole_seconds() / PART)
}

/// Tells whether certificates have expired; false if their expiry cannot be read.
fn has_ended(end: &str, now: i64) -> bool {
    seconds(end).is_some_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_796_011_200;

    fn record() -> Record {
        serde_json::from_value(json!({
            "platform": "kubernetes", "namespace": "hlf", "object": "ccs-a", "image": "i", "port": 1, "tls": "mutual",
            "settings": "00", "certificates_end": "2036-11-27T00:00:00Z", "checksum": "ab",
        }))
        .unwrap()
    }

    /// Decides after a change to a state without problems.
    fn decided(change: impl FnOnce(&mut Record, &mut Seen<'_>)) -> (Work, String) {
        let mut changed = record();
        let other = record();
        let mut seen = Seen {
            record: &other,
            settings: "00",
            applied: Some("00"),
            lost: &[],
            has_tls: true,
            checksum: Some("ab"),
            is_released: true,
            renew: false,
            now: NOW,
        };
        change(&mut changed, &mut seen);
        let (work, reasons) = decide(&Seen { record: &changed, ..seen });
        (work, reasons.join("; "))
    }

    #[test]
    fn where_all_is_well_nothing_is_done() {
        assert_eq!(decided(|_, _| {}), (Work::Nothing, String::new()));
    }

    #[test]
    fn what_is_gone_or_changed_is_applied() {
        let gone = decided(|_, seen| seen.lost = &["Deployment", "Service"]);
        assert_eq!(gone, (Work::Apply, "the Deployment was missing; the Service was missing".to_owned()));
        let changed = decided(|_, seen| seen.settings = "11");
        assert_eq!(changed, (Work::Apply, "the settings have changed".to_owned()));
        let reverted = decided(|_, seen| seen.applied = Some("11"));
        let reason = "the Deployment has other settings than the build has recorded";
        assert_eq!(reverted, (Work::Apply, reason.to_owned()));
        // An older build has not recorded them, and a missing Deployment has none.
        assert_eq!(decided(|_, seen| seen.applied = None).0, Work::Nothing);
    }

    #[test]
    fn a_lost_secret_and_an_end_that_is_near_ask_for_new_certificates() {
        let lost = decided(|_, seen| seen.lost = &["Deployment", SECRET]);
        assert_eq!(lost, (Work::Renew, "the Secret was missing; the Deployment was missing".to_owned()));
        for (end, work) in [
            ("2027-11-30T04:00:00Z", Work::Nothing),
            ("2027-11-29T00:00:00Z", Work::Renew),
            ("2020-01-01T00:00:00Z", Work::Renew),
            ("soon", Work::Renew),
        ] {
            let ends = decided(|record, _| record.certificates_end = Some(end.to_owned()));
            assert_eq!(ends.0, work, "{end}");
        }
        assert_eq!(decided(|_, seen| seen.renew = true).1, "a renewal was requested");
        let other = decided(|_, seen| seen.is_released = false);
        assert_eq!(other.0, Work::Renew);
        let others = decided(|_, seen| seen.checksum = Some("cd"));
        let reason = "the Deployment has other certificates than the build has recorded";
        assert_eq!(others, (Work::Renew, reason.to_owned()));
        // An older build has not recorded a hash, and a missing Deployment has none.
        assert_eq!(decided(|record, _| record.checksum = None).0, Work::Nothing);
        assert_eq!(decided(|_, seen| seen.checksum = None).0, Work::Nothing);
    }

    #[test]
    fn certificates_end_at_their_end() {
        let ended = ["2026-11-30T03:59:59Z", "2026-11-30T04:00:00Z", "2026-11-30T04:00:01Z", "soon"];
        assert_eq!(ended.map(|end| has_ended(end, NOW)), [true, true, false, false]);
    }

    #[test]
    fn without_tls_there_is_nothing_to_renew() {
        let plain = decided(|record, seen| {
            record.certificates_end = None;
            (seen.has_tls, seen.renew) = (false, true);
        });
        assert_eq!(plain, (Work::Nothing, String::new()));
    }
}

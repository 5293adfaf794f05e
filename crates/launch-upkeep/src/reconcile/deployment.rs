//! Carries out the work for chaincode on Kubernetes that the peer dials.

use std::time::{Duration, SystemTime};

use ccs_files::Connection;
use ccs_launch::kubernetes::{CHECKSUM, SETTINGS, ServerPlan, Target};
use ccs_launch::record::{KUBERNETES, Record};
use ccs_launch::server::Certificates;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_kubernetes::{Caller, Live, Start, Upkeep, start};
use ccs_launch_site::service::{Planned, Service};

use super::bundle;
use super::files::Files;
use super::{Change, Reconciler, SECRET, Seen, Work, decide, has_ended, has_tls};
use crate::builds::Build;
use crate::moment::now;

/// How long one chaincode may take to become ready and to be dialed.
const LIMIT: Duration = Duration::from_mins(10);

/// The placeholder for unchanged certificates in a new template.
const KEPT: &str = "kept";

/// One build, and the state of its chaincode.
struct Case<'a> {
    of: &'a Reconciler<'a>,
    upkeep: &'a Upkeep,
    service: &'a Service<'a>,
    target: Target,
    record: &'a Record,
    files: Files<'a>,
    live: Live,
    /// The current connection.json of the peer.
    connection: Option<Connection>,
}

/// Does the necessary work for a build; returns the result, if there was work.
pub(super) fn reconcile(
    of: &Reconciler<'_>,
    service: &Service<'_>,
    (build, record): (&Build, &Record),
) -> Result<Option<Change>, Failure> {
    let target = of.site.target(&service.subject())?;
    let files = Files::of(build);
    let connection = files.connection();
    let has_tls = has_tls(service);
    let kept = has_tls.then(|| kept(connection.as_ref(), KEPT));
    let Planned { plan, record: wanted } = service.plan_with(&target, kept.as_ref(), None)?;
    is_same(record, &plan)?;
    let upkeep = of.platforms.cluster()?;
    let live = upkeep.look(&plan.namespace, &plan.object, plan.secret_name())?;
    live.warnings.iter().for_each(|warning| (of.say)(warning));
    let (work, reasons) = decide(&Seen {
        record,
        settings: &wanted.settings,
        applied: applied(&live),
        lost: &lost(&live),
        has_tls,
        checksum: checksum(&live),
        is_released: files.is_released(),
        renew: of.renew,
        now: now(),
    });
    if work != Work::Nothing {
        files.prepare()?;
    }
    let case = Case { of, upkeep, service, target, record, files, live, connection };
    let (change, certificates_end) = match work {
        Work::Nothing => return Ok(None),
        Work::Apply => ("applied", case.apply()?),
        Work::Renew => ("renewed", case.renew()?),
    };
    Ok(Some(Change {
        package_id: build.package_id.clone(),
        platform: KUBERNETES,
        namespace: plan.namespace,
        workload: plan.object,
        change,
        reasons,
        certificates_end,
    }))
}

/// Returns the hash of the certificates for which the pods were started.
fn checksum(live: &Live) -> Option<&str> {
    let deployment = live.deployment.as_ref()?;
    deployment["spec"]["template"]["metadata"]["annotations"][CHECKSUM].as_str()
}

/// Returns the hash of the last applied settings.
fn applied(live: &Live) -> Option<&str> {
    live.deployment.as_ref()?["metadata"]["annotations"][SETTINGS].as_str()
}

/// Returns the missing objects; an object that the account may not get does not count as missing.
fn lost(live: &Live) -> Vec<&'static str> {
    let lost = [
        ("Deployment", live.deployment.is_none()),
        ("Service", live.service == Some(false)),
        (SECRET, live.secret == Some(false)),
    ];
    lost.into_iter().filter_map(|(name, is_lost)| is_lost.then_some(name)).collect()
}

impl Case<'_> {
    /// Applies Service and Deployment, with the existing certificates.
    fn apply(&self) -> Result<Option<String>, Failure> {
        let has_tls = has_tls(self.service);
        // The annotation of the running pods; another one would start new pods.
        let recorded = self.record.checksum.as_deref();
        let checksum = checksum(&self.live).or(recorded).unwrap_or(KEPT);
        let kept = has_tls.then(|| kept(self.connection.as_ref(), checksum));
        let end = self.record.certificates_end.clone();
        let Planned { mut plan, record } =
            self.service.plan_with(&self.target, kept.as_ref(), end.clone())?;
        plan.secret = None;
        self.start(&plan, || {
            if !has_tls {
                self.files.write_connection(&plan.connection)?;
            }
            self.files.write_record(&record)
        })?;
        Ok(end)
    }

    /// Replaces CA, certificates and keys so that both sides always trust each other: the peer trusts both CAs before the chaincode has a
    /// new certificate, and the chaincode trusts both before the peer has a new one.
    fn renew(&self) -> Result<Option<String>, Failure> {
        let Some((certificates, end)) = self.service.certificates(&self.target)? else { return Ok(None) };
        let plan_with = |certificates: &Certificates| {
            self.service.plan_with(&self.target, Some(certificates), Some(end.clone()))
        };
        let Planned { plan: last, record } = plan_with(&certificates)?;
        // The chaincode already rejects the expired certificate of the peer, so no working connection can break.
        let has_ended = self.record.certificates_end.as_deref().is_some_and(|end| has_ended(end, now()));
        let old = self.connection.as_ref().filter(|old| !has_ended && !old.root_cert.is_empty());
        let first = match old {
            Some(old) => {
                let runs_last_tried = bundle::runs_last_tried(self.live.deployment.as_ref());
                let trusted = bundle::kept(&old.root_cert, runs_last_tried, SystemTime::now());
                let between = plan_with(&both(&certificates, old, &trusted))?.plan;
                self.files.write_connection(&between.connection)?;
                between
            }
            None => last.clone(),
        };
        self.start(&first, || {
            self.files.write_connection(&last.connection)?;
            self.files.write_record(&record)
        })?;
        // The running chaincode trusts the old CA until it restarts; the key of that CA no longer exists.
        if let Some(secret) = last.secret.as_ref().filter(|_| old.is_some()) {
            self.upkeep.apply_secret(&last.namespace, secret)?;
        }
        Ok(Some(end))
    }

    fn start(&self, plan: &ServerPlan, keep: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        let Reconciler { dials, is_stopped, say, .. } = *self.of;
        let caller = Caller::Command(is_stopped);
        start(&Start { plan, target: &self.target, limit: LIMIT, dials, caller, say }, keep)
    }
}

/// Prevents a second instance of the chaincode that the build has recorded.
fn is_same(record: &Record, plan: &ServerPlan) -> Result<(), Failure> {
    if (&record.namespace, &record.object) == (&plan.namespace, &plan.object) {
        return Ok(());
    }
    let reason = format!(
        "the build has started {}/{}, but these settings would start {}/{}",
        record.namespace, record.object, plan.namespace, plan.object
    );
    Err(Failure::new(ExitCode::Settings, reason).with_hint(
        "use the builder's launch.yaml and variables: CORE_PEER_ID, FABRIC_K8S_BUILDER_NAMESPACE, and CORE_PEER_LOCALMSPID if the \
         peer propagates it",
    ))
}

/// Returns the unchanged certificates; only the Secret contains those of the chaincode.
fn kept(connection: Option<&Connection>, checksum: &str) -> Certificates {
    let connection = connection.cloned().unwrap_or_default();
    Certificates {
        ca: connection.root_cert,
        server: (String::new(), String::new()),
        client: (connection.client_cert, connection.client_key),
        checksum: checksum.to_owned(),
    }
}

/// Returns new certificates of the chaincode for the time in which the peer still presents its old one and both sides trust both CAs.
fn both(new: &Certificates, old: &Connection, trusted: &str) -> Certificates {
    let end = if new.ca.ends_with('\n') { "" } else { "\n" };
    Certificates {
        ca: format!("{}{end}{}", new.ca, trusted),
        server: new.server.clone(),
        client: (old.client_cert.clone(), old.client_key.clone()),
        checksum: new.checksum.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_may_not_be_looked_at_is_not_taken_for_gone() {
        let blind = Live { deployment: Some(Value::Null), ..Live::default() };
        assert!(lost(&blind).is_empty());
        assert_eq!(checksum(&blind), None);
        let annotations = json!({CHECKSUM: "ab"});
        let deployment = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
        assert_eq!(checksum(&Live { deployment: Some(deployment), ..Live::default() }), Some("ab"));
        let gone = Live { service: Some(false), ..Live::default() };
        assert_eq!(lost(&gone), ["Deployment", "Service"]);
    }

    #[test]
    fn between_two_cas_both_sides_trust_both_and_the_peer_shows_its_old_certificate() {
        let new = Certificates {
            ca: "NEW\n".to_owned(),
            server: ("S".to_owned(), "K".to_owned()),
            client: ("C".to_owned(), "CK".to_owned()),
            checksum: "new".to_owned(),
        };
        let old =
            Connection { client_cert: "OC".to_owned(), client_key: "OK".to_owned(), ..Connection::default() };
        let between = both(&new, &old, "OLD\n");
        assert_eq!((between.ca.as_str(), between.checksum.as_str()), ("NEW\nOLD\n", "new"));
        assert_eq!(between.server, new.server);
        assert_eq!(between.client, ("OC".to_owned(), "OK".to_owned()));
    }
}

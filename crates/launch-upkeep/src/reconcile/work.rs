//! What was decided for one build, carried out.

use std::time::Duration;

use ccs_files::Connection;
use ccs_launch::image::{Image, Tls};
use ccs_launch::kubernetes::{CHECKSUM, ServerPlan, Target};
use ccs_launch::record::Record;
use ccs_launch::server::Certificates;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_kubernetes::{Live, Start, Upkeep, start};
use ccs_launch_site::image_file;
use ccs_launch_site::service::{Planned, Service};
use serde_json::Value;

use super::files::Files;
use super::{Change, Seen, Work, decide};
use crate::builds::Build;
use crate::moment::now;
use crate::site::Site;

/// How long one chaincode may take to be ready, and the dial.
const LIMIT: Duration = Duration::from_mins(10);

/// What a template that is made anew says of certificates that stay.
const KEPT: &str = "kept";

/// Brings chaincode to where its build and the settings want it.
#[derive(Clone, Copy)]
pub struct Reconciler<'a> {
    /// The peer.
    pub site: &'a Site,
    /// The cluster.
    pub upkeep: &'a Upkeep,
    /// Whether certificates are renewed that would last.
    pub renew: bool,
    /// Whether the chaincode is dialled from here, as the peer will.
    pub dials: bool,
    /// Takes each line about what goes on.
    pub say: &'a dyn Fn(&str),
}

/// One build, and what its chaincode is now.
struct Case<'a> {
    service: Service<'a>,
    target: Target,
    record: &'a Record,
    files: Files<'a>,
    live: Live,
    /// How the peer dials now.
    connection: Option<Connection>,
}

impl Reconciler<'_> {
    /// Does what is to be done for a build with a record; returns what was done, if something was.
    pub fn build(&self, build: &Build, record: &Record) -> Result<Option<Change>, Failure> {
        let mspid = self.site.mspid();
        let image = Image::parse(&image_file::read(&build.folder)?)?;
        let image = self.site.settings.images.admit(image)?;
        let service = Service {
            package_id: &build.package_id,
            chaincode_type: &build.chaincode_type,
            image: &image,
            mspid: &mspid,
            settings: &self.site.settings,
        };
        let target = self.site.target(&service.subject())?;
        let files = Files::of(build);
        let connection = files.connection();
        let has_tls = image.tls != Tls::None;
        let kept = has_tls.then(|| kept(connection.as_ref(), KEPT));
        let Planned { plan, record: wanted } = service.plan_with(&target, kept.as_ref(), None)?;
        is_same(record, &plan)?;
        let live = self.upkeep.look(&plan.namespace, &plan.object, plan.secret_name())?;
        live.warnings.iter().for_each(|warning| (self.say)(warning));
        let (work, reasons) = decide(&Seen {
            record,
            settings: &wanted.settings,
            live: &live,
            has_tls,
            is_released: files.is_released(),
            renew: self.renew,
            now: now(),
        });
        let case = Case { service, target, record, files, live, connection };
        let (change, certificates_end) = match work {
            Work::Nothing => return Ok(None),
            Work::Apply => ("applied", self.apply(&case)?),
            Work::Renew => ("renewed", self.renew(&case)?),
        };
        Ok(Some(Change {
            package_id: build.package_id.clone(),
            namespace: plan.namespace,
            workload: plan.object,
            change,
            reasons,
            certificates_end,
        }))
    }

    /// Applies Service and Deployment, with the certificates that are there.
    fn apply(&self, case: &Case<'_>) -> Result<Option<String>, Failure> {
        let has_tls = case.service.image.tls != Tls::None;
        // The annotation of the pods that run: another one would start new pods.
        let deployment = case.live.deployment.as_ref();
        let annotation =
            deployment.map(|found| &found["spec"]["template"]["metadata"]["annotations"][CHECKSUM]);
        let checksum = annotation.and_then(Value::as_str).unwrap_or(KEPT);
        let kept = has_tls.then(|| kept(case.connection.as_ref(), checksum));
        let end = case.record.certificates_end.clone();
        let Planned { mut plan, record } =
            case.service.plan_with(&case.target, kept.as_ref(), end.clone())?;
        plan.secret = None;
        self.start(case, &plan, || {
            if !has_tls {
                case.files.write_connection(&plan.connection)?;
            }
            case.files.write_record(&record)
        })?;
        Ok(end)
    }

    /// Replaces CA, certificates and keys without a moment in which one side does not trust the other: the peer trusts both CAs before
    /// the chaincode has a new certificate, and the chaincode trusts both before the peer has a new one.
    fn renew(&self, case: &Case<'_>) -> Result<Option<String>, Failure> {
        let Some((certificates, end)) = case.service.certificates(&case.target)? else { return Ok(None) };
        let plan_with = |certificates: &Certificates| {
            case.service.plan_with(&case.target, Some(certificates), Some(end.clone()))
        };
        let Planned { plan: last, record } = plan_with(&certificates)?;
        let old = case.connection.as_ref().filter(|connection| !connection.root_cert.is_empty());
        let first = match old {
            Some(old) => {
                let between = plan_with(&both(&certificates, old))?.plan;
                case.files.write_connection(&between.connection)?;
                between
            }
            None => last.clone(),
        };
        self.start(case, &first, || {
            case.files.write_connection(&last.connection)?;
            case.files.write_record(&record)
        })?;
        // What runs trusts the old CA until it starts again; nobody has the key of that CA.
        if let Some(secret) = last.secret.as_ref().filter(|_| old.is_some()) {
            self.upkeep.apply_secret(&last.namespace, secret)?;
        }
        Ok(Some(end))
    }

    fn start(
        &self,
        case: &Case<'_>,
        plan: &ServerPlan,
        keep: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        start(&Start { plan, target: &case.target, limit: LIMIT, dials: self.dials, say: self.say }, keep)
    }
}

/// Refuses to make a second chaincode beside the one that the build has recorded.
fn is_same(record: &Record, plan: &ServerPlan) -> Result<(), Failure> {
    if (&record.namespace, &record.object) == (&plan.namespace, &plan.object) {
        return Ok(());
    }
    let reason = format!(
        "the build has started {}/{}, and these settings make {}/{}",
        record.namespace, record.object, plan.namespace, plan.object
    );
    Err(Failure::new(ExitCode::Settings, reason).with_hint(
        "give the builder's launch.yaml and variables: CORE_PEER_ID, FABRIC_K8S_BUILDER_NAMESPACE, and CORE_PEER_LOCALMSPID if the \
         peer propagates it",
    ))
}

/// Returns certificates that stay: what the chaincode has is in the Secret alone.
fn kept(connection: Option<&Connection>, checksum: &str) -> Certificates {
    let connection = connection.cloned().unwrap_or_default();
    Certificates {
        ca: connection.root_cert,
        server: (String::new(), String::new()),
        client: (connection.client_cert, connection.client_key),
        checksum: checksum.to_owned(),
    }
}

/// Returns new certificates of the chaincode, for a time in which the peer still shows its old one, and both sides trust both CAs.
fn both(new: &Certificates, old: &Connection) -> Certificates {
    let end = if new.ca.ends_with('\n') { "" } else { "\n" };
    Certificates {
        ca: format!("{}{end}{}", new.ca, old.root_cert),
        server: new.server.clone(),
        client: (old.client_cert.clone(), old.client_key.clone()),
        checksum: new.checksum.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_cas_both_sides_trust_both_and_the_peer_shows_its_old_certificate() {
        let new = Certificates {
            ca: "NEW\n".to_owned(),
            server: ("S".to_owned(), "K".to_owned()),
            client: ("C".to_owned(), "CK".to_owned()),
            checksum: "new".to_owned(),
        };
        let old = Connection {
            root_cert: "OLD\n".to_owned(),
            client_cert: "OC".to_owned(),
            client_key: "OK".to_owned(),
            ..Connection::default()
        };
        let between = both(&new, &old);
        assert_eq!((between.ca.as_str(), between.checksum.as_str()), ("NEW\nOLD\n", "new"));
        assert_eq!(between.server, new.server);
        assert_eq!(between.client, ("OC".to_owned(), "OK".to_owned()));
    }
}

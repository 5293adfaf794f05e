//! Carries out the work for chaincode on Docker that the peer dials.
//!
//! A new container runs in parallel to the old one until the peer can dial it and connection.json contains its address. Therefore it can
//! have its own certificates.

use std::time::Duration;

use ccs_launch::docker::ServerPlan;
use ccs_launch::record::{DOCKER, Record};
use ccs_launch::{ExitCode, Failure};
use ccs_launch_docker::{Caller, Start, run_id, start};
use ccs_launch_site::container::plan_with;
use ccs_launch_site::service::Service;

use super::files::Files;
use super::{Change, Reconciler, Seen, Work, decide, has_tls};
use crate::builds::Build;
use crate::moment::now;

/// How long one chaincode may take until the peer can dial it.
const LIMIT: Duration = Duration::from_mins(10);

/// The prefix of an address on the host's loopback.
const LOOPBACK: &str = "127.0.0.1:";

/// Does the necessary work for a build; returns the result, if there was work.
pub(super) fn reconcile(
    of: &Reconciler<'_>,
    service: &Service<'_>,
    (build, record): (&Build, &Record),
) -> Result<Option<Change>, Failure> {
    let planned = plan_with(service, &run_id()?, &|name| of.site.variable(name))?;
    is_same(record, &planned.plan)?;
    let (_, wanted) = planned.at("");
    let files = Files::of(build);
    let lost: &[_] = if is_there(of, record)? { &[] } else { &["container"] };
    let has_tls = has_tls(service);
    let (work, reasons) = decide(&Seen {
        record,
        settings: &wanted.settings,
        applied: None,
        lost,
        has_tls,
        checksum: None,
        is_released: files.is_released(),
        renew: of.renew,
        now: now(),
    });
    if work == Work::Nothing {
        return Ok(None);
    }
    files.prepare()?;
    let mut certificates_end = None;
    let caller = Caller::Command(of.is_stopped);
    start(&Start { plan: &planned.plan, limit: LIMIT, caller, say: of.say }, |address| {
        is_dialed_alike(record, address)?;
        let (connection, record) = planned.at(address);
        certificates_end.clone_from(&record.certificates_end);
        files.write_connection(&connection)?;
        files.write_record(&record)
    })?;
    Ok(Some(Change {
        package_id: build.package_id.clone(),
        platform: DOCKER,
        namespace: String::new(),
        workload: record.object.clone(),
        change: if has_tls { "renewed" } else { "applied" },
        reasons,
        certificates_end,
    }))
}

/// Tells whether the engine has the container. A stopped container exists: the operator has stopped it.
fn is_there(of: &Reconciler<'_>, record: &Record) -> Result<bool, Failure> {
    let found = of.platforms.find()?.found;
    Ok(found.iter().any(|found| found.kind.platform() == DOCKER && found.workload == record.object))
}

/// Prevents a second instance of the chaincode that the build has recorded.
fn is_same(record: &Record, plan: &ServerPlan) -> Result<(), Failure> {
    let name = &plan.container.name;
    if record.object == *name {
        return Ok(());
    }
    let reason = format!(
        "the build has started the container {}, but these settings would start {name}",
        record.object
    );
    Err(Failure::new(ExitCode::Settings, reason).with_hint(
        "use the builder's launch.yaml and variables: CORE_PEER_ID, and CORE_PEER_NETWORKID and CORE_PEER_LOCALMSPID if the peer propagates them",
    ))
}

/// Rejects an address that the peer cannot dial, because it does not run where this process runs.
fn is_dialed_alike(record: &Record, address: &str) -> Result<(), Failure> {
    let before = record.address.as_deref().unwrap_or_default();
    if before.starts_with(LOOPBACK) == address.starts_with(LOOPBACK) {
        return Ok(());
    }
    let reason = format!("the peer dials {before}, but a program here would dial {address}");
    Err(Failure::new(ExitCode::Settings, reason).with_hint(
        "run ccs where the peer runs: in its container, in one with the same networks, or on its host",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_leads_another_way_is_refused() {
        let record = |address: &str| -> Record {
            serde_json::from_value(serde_json::json!({
                "platform": "docker", "object": "dev-p-a", "address": address, "image": "i", "port": 1, "tls": "none",
                "settings": "00",
            }))
            .unwrap()
        };
        is_dialed_alike(&record("127.0.0.1:20001"), "127.0.0.1:20002").unwrap();
        is_dialed_alike(&record("ccs-a-x-1:9999"), "ccs-a-x-2:9999").unwrap();
        let failure = is_dialed_alike(&record("ccs-a-x-1:9999"), "127.0.0.1:20002").unwrap_err();
        assert!(failure.line().contains("hint: run ccs where the peer runs"), "{}", failure.line());
    }
}

//! `ccs tls rotate`: another CA, in three steps.

use ccs_builder::ExitCode;
use ccs_certificates::Certificate;
use ccs_package::disk::Existing;

use super::hosts;
use crate::cli::tls::Rotate;
use crate::failure::Failure;
use crate::output;
use crate::tls::authority::{Authority, Request};
use crate::tls::description;
use crate::tls::files;
use crate::tls::folder::{BUNDLE, Folder, Party};

pub(super) fn run(options: &Rotate) -> Result<(), Failure> {
    let folder = Folder::open(&options.dir)?;
    let dir = output::word(&options.dir);
    let next = if options.step.finish {
        finish(&folder, options)?;
        format!("hand out every {BUNDLE}; then ccs tls show {dir}")
    } else if options.step.reissue {
        reissue(&folder)?;
        format!("hand out the certificates and make the package anew; then ccs tls rotate {dir} --finish")
    } else {
        begin(&folder, options)?;
        format!("hand out every {BUNDLE} and make the package anew; then ccs tls rotate {dir} --reissue")
    };
    let mut shown = vec![folder.bundle()];
    shown.extend(folder.all_parties()?.iter().map(Party::certificate));
    super::answer(&super::describe(&shown)?, &[], options.json, &next)
}

/// Makes the new CA. The old one's key goes: nothing shall be issued by it any more.
fn begin(folder: &Folder, options: &Rotate) -> Result<(), Failure> {
    if folder.previous_certificate().is_file() {
        return Err(Failure::new(format!("{} is already changing its CA", options.dir.display()))
            .hint("go on with --reissue, or end it with --finish".to_owned())
            .with_code(ExitCode::Tls));
    }
    let present = only(&folder.authority_certificate())?;
    let subject = present.common_name().unwrap_or("chaincode");
    let name = subject.rsplit_once(" CA ").map_or(subject, |(name, _)| name);
    let authority = Authority::make(name, options.days)?;
    folder.set_authority(&authority, Some(files::read(&folder.authority_certificate())?))
}

/// Issues anew what the present CA did not issue.
fn reissue(folder: &Folder) -> Result<(), Failure> {
    let issuer = only(&folder.authority_certificate())?.subject();
    let authority = folder.authority()?;
    for party in folder.all_parties()? {
        let old = only(&party.certificate())?;
        if old.issuer() == issuer {
            continue;
        }
        let hosts = hosts::of_certificate(&old);
        let request = Request { role: party.role, name: &party.name, hosts: &hosts, days: lifetime(&old) };
        folder.put(party.role, &party.name, &authority.issue(&request)?, Existing::Replace)?;
    }
    folder.renew_bundles()
}

/// Drops the old CA, unless somebody's certificate is still its.
fn finish(folder: &Folder, options: &Rotate) -> Result<(), Failure> {
    let issuer = only(&folder.authority_certificate())?.subject();
    for party in folder.all_parties()? {
        if !options.step.force && only(&party.certificate())?.issuer() != issuer {
            let what = format!("{} is still of the old CA", party.certificate().display());
            let hint = format!("first: ccs tls rotate {} --reissue", output::word(&options.dir));
            return Err(Failure::new(what).hint(hint).with_code(ExitCode::Tls));
        }
    }
    folder.set_authority(&folder.authority()?, None)
}

/// Says which certificates and bundles do not go with the CA, as when a step was interrupted.
pub(super) fn stale(folder: &Folder, parties: &[Party]) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    let trusted = folder.trusted()?;
    for bundle in std::iter::once(folder.bundle()).chain(parties.iter().map(|party| party.file(BUNDLE))) {
        if files::read(&bundle)? != trusted {
            let remedy = "ccs tls rotate DIR --reissue renews it";
            warnings.push(format!("{} is out of date; {remedy}", bundle.display()));
        }
    }
    let mut issuers = description::certificates(&folder.authority_certificate())?;
    if folder.previous_certificate().is_file() {
        issuers.extend(description::certificates(&folder.previous_certificate())?);
    }
    for party in parties {
        let issuer = only(&party.certificate())?.issuer();
        if !issuers.iter().any(|known| known.subject() == issuer) {
            warnings.push(format!("{} is of another CA: {issuer}", party.certificate().display()));
        }
    }
    Ok(warnings)
}

pub(super) fn only(file: &std::path::Path) -> Result<Certificate, Failure> {
    description::certificates(file)?.into_iter().next().ok_or_else(|| {
        Failure::new(format!("{} holds no certificate", file.display())).with_code(ExitCode::Tls)
    })
}

/// The days between both ends, as they were asked for.
fn lifetime(certificate: &Certificate) -> u32 {
    let period = certificate.not_after().duration_since(certificate.not_before()).unwrap_or_default();
    u32::try_from(period.as_secs() / (24 * 60 * 60)).unwrap_or(u32::MAX).clamp(1, 36_500)
}

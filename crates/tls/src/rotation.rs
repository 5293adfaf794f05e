//! Replaces the CA without downtime, in three steps.

use ccs_certificates::Certificate;
use ccs_disk::Existing;

use crate::authority::{Authority, Request};
use crate::description::{certificates, only};
use crate::error::Error;
use crate::folder::Folder;
use crate::hosts;
use crate::party::{BUNDLE, Party};

impl Folder {
    /// Creates the new CA and adds it to every bundle next to the old one. Deletes the old key, so that it can issue
    /// no more certificates.
    pub fn begin_rotation(&self, days: u32) -> Result<(), Error> {
        if self.previous_certificate().is_file() {
            return Err(Error::Rotating(self.path().to_owned()));
        }
        let present = only(&self.authority_certificate())?;
        let subject = present.common_name().unwrap_or("chaincode");
        let name = subject.rsplit_once(" CA ").map_or(subject, |(name, _)| name);
        let authority = Authority::make(name, days)?;
        self.set_authority(&authority, Some(ccs_disk::read(&self.authority_certificate())?))
    }

    /// Reissues every certificate of another CA with the current one, keeping names and lifetimes.
    pub fn reissue(&self) -> Result<(), Error> {
        let issuer = only(&self.authority_certificate())?.subject();
        let authority = self.authority()?;
        for party in self.all_parties()? {
            let old = only(&party.certificate())?;
            if old.issuer() == issuer {
                continue;
            }
            let hosts = hosts::of_certificate(&old);
            let request =
                Request { role: party.role, name: &party.name, hosts: &hosts, days: lifetime(&old) };
            self.put(party.role, &party.name, &authority.issue(&request)?, Existing::Replace)?;
        }
        self.renew_bundles()
    }

    /// Removes the old CA. Fails if there is none, and, unless forced, if it issued a certificate in the folder.
    ///
    /// If an earlier call was interrupted, there is no old CA, but some bundles still contain it.
    pub fn finish_rotation(&self, is_forced: bool) -> Result<(), Error> {
        if !self.previous_certificate().is_file() && self.stale(&self.all_parties()?)?.is_empty() {
            return Err(Error::NotRotating(self.path().to_owned()));
        }
        let issuer = only(&self.authority_certificate())?.subject();
        for party in self.all_parties()? {
            let certificate = party.certificate();
            if !is_forced && only(&certificate)?.issuer() != issuer {
                return Err(Error::OldIssuer { certificate, folder: self.path().to_owned() });
            }
        }
        self.set_authority(&self.authority()?, None)
    }

    /// Returns warnings about certificates and bundles that do not match the CA, for example after an interrupted
    /// step.
    pub fn stale(&self, parties: &[Party]) -> Result<Vec<String>, Error> {
        let mut warnings = Vec::new();
        let trusted = self.trusted()?;
        for bundle in std::iter::once(self.bundle()).chain(parties.iter().map(|party| party.file(BUNDLE))) {
            if ccs_disk::read(&bundle)? != trusted {
                let remedy = "ccs tls rotate DIR --reissue renews it";
                warnings.push(format!("{} is out of date; {remedy}", bundle.display()));
            }
        }
        let mut issuers = certificates(&self.authority_certificate())?;
        if self.previous_certificate().is_file() {
            issuers.extend(certificates(&self.previous_certificate())?);
        }
        for party in parties {
            let issuer = only(&party.certificate())?.issuer();
            if !issuers.iter().any(|known| known.subject() == issuer) {
                warnings
                    .push(format!("{} was issued by another CA: {issuer}", party.certificate().display()));
            }
        }
        Ok(warnings)
    }
}

/// Returns the requested number of days between the start and the end.
fn lifetime(certificate: &Certificate) -> u32 {
    let period = certificate.not_after().duration_since(certificate.not_before()).unwrap_or_default();
    u32::try_from(period.as_secs() / (24 * 60 * 60)).unwrap_or(u32::MAX).clamp(1, 36_500)
}

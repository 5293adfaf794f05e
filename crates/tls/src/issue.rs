//! Issues certificates into the folder.

use std::path::Path;

use ccs_certificates::Certificate;
use ccs_disk::Existing;

use crate::authority::Request;
use crate::description::{certificates, only};
use crate::error::Error;
use crate::folder::Folder;
use crate::hosts;
use crate::party::{Party, Role};

/// A request for a certificate.
#[derive(Debug)]
pub struct Issue<'a> {
    /// The use of the certificate.
    pub role: Role,
    /// The name of the server or client.
    pub name: &'a str,
    /// The hosts of a server. If empty, a replaced certificate keeps its hosts.
    pub hosts: Vec<String>,
    /// The validity in days.
    pub days: u32,
    /// Whether to replace a certificate of the same name.
    pub existing: Existing,
}

/// An issued certificate.
#[derive(Debug)]
pub struct Issued {
    /// The server or client.
    pub party: Party,
    /// Whether its validity was shortened to that of the CA.
    pub is_shortened: bool,
}

impl Folder {
    /// Issues a certificate with a new key and writes it to the folder.
    pub fn issue(&self, issue: &Issue<'_>) -> Result<Issued, Error> {
        let mut hosts = issue.hosts.clone();
        if issue.role == Role::Server && hosts.is_empty() && issue.existing == Existing::Replace {
            hosts = self.present_hosts(issue.name)?;
        }
        if issue.role == Role::Server && hosts.is_empty() {
            return Err(Error::NoHost(issue.name.to_owned()));
        }
        let request = Request { role: issue.role, name: issue.name, hosts: &hosts, days: issue.days };
        let pair = self.authority()?.issue(&request)?;
        let party = self.put(issue.role, issue.name, &pair, issue.existing)?;
        let is_shortened = end(&party.certificate())? == end(&self.authority_certificate())?;
        Ok(Issued { party, is_shortened })
    }

    /// Returns the hosts of the certificate to replace; none if it does not exist.
    fn present_hosts(&self, name: &str) -> Result<Vec<String>, Error> {
        let present = self.parties(Role::Server)?.into_iter().find(|party| party.name == name);
        match present {
            Some(party) => Ok(hosts::of_certificate(&only(&party.certificate())?)),
            None => Ok(Vec::new()),
        }
    }
}

/// Returns the expiry of the first certificate in a file.
fn end(file: &Path) -> Result<Option<std::time::SystemTime>, Error> {
    Ok(certificates(file)?.first().map(Certificate::not_after))
}

//! Issuing a certificate into the folder.

use std::path::Path;

use ccs_certificates::Certificate;
use ccs_disk::Existing;

use crate::authority::Request;
use crate::description::{certificates, only};
use crate::error::Error;
use crate::folder::Folder;
use crate::hosts;
use crate::party::{Party, Role};

/// A certificate to issue.
#[derive(Debug)]
pub struct Issue<'a> {
    /// What it is for.
    pub role: Role,
    /// The name of the server or client.
    pub name: &'a str,
    /// The hosts of a server. If there are none and the certificate is replaced, its hosts stay.
    pub hosts: Vec<String>,
    /// How long it is valid, in days.
    pub days: u32,
    /// Whether a certificate of that name gives way.
    pub existing: Existing,
}

/// A certificate that was issued.
#[derive(Debug)]
pub struct Issued {
    /// The server or client.
    pub party: Party,
    /// Whether it ends with its CA, earlier than was asked for.
    pub is_shortened: bool,
}

impl Folder {
    /// Issues a certificate with a new key and puts it into the folder.
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

    /// Returns the hosts of the certificate that is to be replaced; none if there is no such certificate.
    fn present_hosts(&self, name: &str) -> Result<Vec<String>, Error> {
        let present = self.parties(Role::Server)?.into_iter().find(|party| party.name == name);
        match present {
            Some(party) => Ok(hosts::of_certificate(&only(&party.certificate())?)),
            None => Ok(Vec::new()),
        }
    }
}

/// Returns the end of the first certificate in a file.
fn end(file: &Path) -> Result<Option<std::time::SystemTime>, Error> {
    Ok(certificates(file)?.first().map(Certificate::not_after))
}

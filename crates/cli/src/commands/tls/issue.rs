//! `ccs tls issue`: a certificate for a server or a client.

use ccs_builder::ExitCode;
use ccs_package::disk::Existing;

use super::{hosts, rotate};
use crate::cli::tls::Issue;
use crate::failure::Failure;
use crate::output;
use crate::tls::authority::{Request, Role};
use crate::tls::description;
use crate::tls::folder::Folder;

pub(super) fn run(options: &Issue) -> Result<(), Failure> {
    let (role, name) = match (&options.server, &options.client) {
        (Some(name), _) => (Role::Server, name),
        (None, Some(name)) => (Role::Client, name),
        (None, None) => return Err(Failure::new("neither --server nor --client is given")),
    };
    let folder = Folder::open(&options.dir)?;
    let mut hosts = hosts::of(options)?;
    if role == Role::Server && hosts.is_empty() && options.force {
        hosts = present_hosts(&folder, name)?;
    }
    if role == Role::Server && hosts.is_empty() {
        return Err(Failure::new(format!("the server {name:?} has no host"))
            .hint("give --host for each name under which peers dial it, or --address".to_owned())
            .with_code(ExitCode::Tls));
    }
    let authority = folder.authority()?;
    let pair = authority.issue(&Request { role, name, hosts: &hosts, days: options.days })?;
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    let party = folder.put(role, name, &pair, existing)?;
    let certificates = description::describe(&party.certificate())?;
    let warnings: Vec<_> = shortened(&folder, &party.certificate())?.into_iter().collect();
    let dir = output::word(&options.dir);
    let next = match role {
        Role::Server => format!("ccs tls issue {dir} --client peer"),
        Role::Client => format!("ccs package OUT.tgz --label LABEL --address HOST:PORT --tls {dir}"),
    };
    super::answer(&certificates, &warnings, options.json, &next)
}

/// The hosts of the certificate that is to be replaced; none if there is no such certificate.
fn present_hosts(folder: &Folder, name: &str) -> Result<Vec<String>, Failure> {
    let present = folder.parties(Role::Server)?.into_iter().find(|party| party.name == name);
    match present {
        Some(party) => Ok(hosts::of_certificate(&rotate::only(&party.certificate())?)),
        None => Ok(Vec::new()),
    }
}

/// Says so when the certificate ends with its CA, earlier than was asked.
fn shortened(folder: &Folder, certificate: &std::path::Path) -> Result<Option<String>, Failure> {
    let end = |file: &std::path::Path| {
        description::certificates(file).map(|all| all.first().map(ccs_certificates::Certificate::not_after))
    };
    let same = end(certificate)? == end(&folder.authority_certificate())?;
    Ok(same.then(|| "the certificate ends when its CA does; ccs tls rotate makes a new CA".to_owned()))
}

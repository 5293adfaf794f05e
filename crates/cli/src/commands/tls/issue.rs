//! `ccs tls issue`: a certificate for a server or a client.

use ccs_disk::Existing;
use ccs_tls::hosts::Hosts;
use ccs_tls::{Folder, Role, describe};

use crate::cli::tls::Issue;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(options: &Issue) -> Result<(), Failure> {
    let (role, name) = match (&options.server, &options.client) {
        (Some(name), _) => (Role::Server, name),
        (None, Some(name)) => (Role::Client, name),
        (None, None) => return Err(Failure::new("neither --server nor --client is given")),
    };
    let folder = Folder::open(&options.dir)?;
    let hosts = Hosts {
        given: &options.host,
        address: options.address.as_deref(),
        configurations: &options.config,
        peers: &options.peer,
    };
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    let issue = ccs_tls::Issue { role, name, hosts: hosts.resolve()?, days: options.days, existing };
    let issued = folder.issue(&issue)?;
    let warning =
        issued.is_shortened.then_some("the certificate ends when its CA does; ccs tls rotate makes a new CA");
    let warnings: Vec<_> = warning.map(str::to_owned).into_iter().collect();
    let dir = output::word(&options.dir);
    let next = match role {
        Role::Server => format!("ccs tls issue {dir} --client peer"),
        Role::Client => format!("ccs package OUT.tgz --label LABEL --address HOST:PORT --tls {dir}"),
    };
    super::answer(&describe(&issued.party.certificate())?, &warnings, options.json, &next)
}

//! `ccs tls init`: a new CA in a new folder.

use ccs_tls::{Authority, Folder};

use crate::cli::tls::Init;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(options: &Init) -> Result<(), Failure> {
    let authority = Authority::make(&options.name, options.days)?;
    let folder = Folder::create(&options.dir, &authority)?;
    let certificates = super::describe(&[folder.bundle()])?;
    let next = format!("ccs tls issue {} --server {} --host HOST", output::word(&options.dir), options.name);
    super::answer(&certificates, &[], options.json, &next)
}

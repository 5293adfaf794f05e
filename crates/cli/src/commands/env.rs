//! `ccs env`: the environment variables of the chaincode's server.

use std::path::PathBuf;

use ccs_shim_env::{Plan, Variable};
use serde::Serialize;

use crate::cli::Env;
use crate::failure::Failure;
use crate::output;
use crate::style;

/// The document of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    package_id: String,
    listen: &'a str,
    tls: &'static str,
    variables: &'a [Variable],
    files: &'a [PathBuf],
    warnings: &'a [String],
}

pub(crate) fn run(options: &Env) -> Result<(), Failure> {
    let (id, connection) = ccs_package_tools::connection::of_package(&options.file)?;
    let mut plan = Plan::make(&connection, options.tls.as_deref(), &options.place.of_server())?;
    let mut warnings = std::mem::take(&mut plan.warnings);
    let server = plan.for_package(id);
    let language = options.lang.into();
    let variables = ccs_shim_env::variables(language, &server)?;
    let files = ccs_shim_env::files(language, &server)?;
    warnings.extend(ccs_shim_env::notices(language, &server));
    if options.json {
        let tls = match &server.tls {
            None => "none",
            Some(tls) if tls.ask_for_client => "mutual",
            Some(_) => "server",
        };
        return output::print_json(&Answer {
            package_id: server.package_id.to_string(),
            listen: &server.listen,
            tls,
            variables: &variables,
            files: &files,
            warnings: &warnings,
        });
    }
    output::print(&ccs_shim_env::write(options.format.into(), &variables)?)?;
    for warning in &warnings {
        output::warn(warning);
    }
    let faint = style::FAINT;
    if let Some(tls) = server.tls.as_ref().filter(|tls| tls.mounted_at != tls.folder) {
        output::note(&format!(
            "{faint}the chaincode must find {} as {}{faint:#}",
            tls.folder.display(),
            tls.mounted_at.display()
        ));
    }
    let probe = format!("ccs probe {}", output::word(&options.file));
    output::print_next(&format!("start the chaincode with these variables, then: {probe}"));
    Ok(())
}

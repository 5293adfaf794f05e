//! `ccs package --env-file`: the environment of the server for the new package.

use std::io;
use std::path::Path;

use ccs_builder::ExitCode;
use ccs_files::Connection;
use ccs_package::PackageContents;
use ccs_shim_env::{Format, Plan};

use crate::cli::{Package, Place};
use crate::failure::{Failure, USAGE};

/// Returns the file and its text, if the user requests one. It writes nothing, and fails if the file exists, unless forced.
pub(super) fn of<'a>(
    options: &'a Package,
    contents: &PackageContents,
    connection: Option<&[u8]>,
    warnings: &mut Vec<String>,
) -> Result<Option<(&'a Path, String)>, Failure> {
    let (Some(file), Some(language)) = (&options.env_file, options.lang) else {
        let Place { listen, server, mounted_at } = &options.place;
        if listen.is_some() || server.is_some() || mounted_at.is_some() {
            return Err(Failure::new("--listen, --server and --mounted-at are for the environment file")
                .hint("add --env-file FILE and --lang LANG".to_owned())
                .with_number(USAGE));
        }
        return Ok(None);
    };
    let Some(connection) = connection else {
        return Err(Failure::new(
            "without an address, the builder that starts the image creates its environment",
        )
        .hint("omit --env-file, or add --address".to_owned())
        .with_number(USAGE));
    };
    if !options.force && file.symlink_metadata().is_ok() {
        return Err(ccs_disk::Error::exists(file).into());
    }
    let (connection, _) = Connection::parse(connection)
        .map_err(|error| Failure::new(&error).hint(error.hint()).with_code(ExitCode::Connection))?;
    let mut plan = Plan::make(&connection, options.tls.as_deref(), &options.place.of_server())?;
    warnings.append(&mut plan.warnings);
    // The same contents have the same ID, at any path.
    let id =
        ccs_package::write(contents, io::sink()).map_err(|error| Failure::new(&error).hint(error.hint()))?;
    let server = plan.for_package(id);
    let language = language.into();
    ccs_shim_env::files(language, &server)?;
    warnings.extend(ccs_shim_env::notices(language, &server));
    let text = ccs_shim_env::write(Format::Dotenv, &ccs_shim_env::variables(language, &server)?)?;
    Ok(Some((file, text)))
}

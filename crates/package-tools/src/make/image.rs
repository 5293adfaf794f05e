//! image.json, from options.

use std::num::NonZeroU16;

use ccs_launch::image::{self, Tls};
use ccs_launch::settings::Role;
use ccs_package::PackageContents;
use serde::Serialize;

use crate::error::Error;

/// The content of image.json; unset fields are omitted.
#[derive(Clone, Debug)]
pub struct ImageFile {
    /// The image with its digest, such as `registry.example.com/basic@sha256:...`.
    pub reference: String,
    /// The role.
    pub role: Option<Role>,
    /// The port on which a server listens.
    pub port: Option<NonZeroU16>,
    /// How the peer dials a server.
    pub tls: Option<Tls>,
}

#[derive(Serialize)]
struct Content<'a> {
    name: &'a str,
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
}

pub(super) fn add(contents: &mut PackageContents, file: &ImageFile) -> Result<(), Error> {
    let (name, digest) = file
        .reference
        .split_once('@')
        .ok_or_else(|| Error::ImageWithoutDigest { reference: file.reference.clone() })?;
    let content = Content { name, digest, role: file.role, port: file.port, tls: file.tls };
    contents.add(image::FILE, super::json(&content)?)?;
    Ok(())
}

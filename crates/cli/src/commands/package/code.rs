//! The code that `ccs package` packs, from its options.

use std::path::Path;

use ccs_launch::image::Tls;
use ccs_launch::settings::{Language, Role};
use ccs_package_tools::make::{Code, ImageFile, ProgramFile};

use crate::cli::{self, Package};
use crate::failure::{Failure, USAGE};

/// The values of the options, from which the code borrows.
pub(super) struct Parts {
    connection: Option<Vec<u8>>,
    image: Option<ImageFile>,
    programs: Vec<ProgramFile>,
}

impl Parts {
    /// Reads the options, except those of connection.json.
    pub(super) fn new(options: &Package, connection: Option<Vec<u8>>) -> Self {
        let image = options.image.clone().map(|reference| ImageFile {
            reference,
            role: options.role.map(Into::into),
            port: options.port,
            tls: options.image_tls.map(Into::into),
        });
        let programs = options.binary.iter().map(|given| program(given)).collect();
        Self { connection, image, programs }
    }

    /// Returns the bytes of connection.json.
    pub(super) fn connection(&self) -> Option<&[u8]> {
        self.connection.as_deref()
    }

    /// Returns the code of the package.
    pub(super) fn code<'a>(&'a self, options: &'a Package) -> Result<Code<'a>, Failure> {
        if let Some(folder) = &options.source {
            return Ok(Code::Source { folder, language: language(options)? });
        }
        if options.lang.is_some() && options.env_file.is_none() {
            return Err(usage("--lang is for --source and --env-file", "add one of them"));
        }
        if !self.programs.is_empty() {
            return Ok(Code::Programs { programs: &self.programs, arguments: &options.arguments });
        }
        let chaincode_type = match (options.chaincode_type, &self.image) {
            (Some(cli::Type::K8s) | None, Some(image)) if self.connection.is_none() => {
                return Ok(Code::Image(image));
            }
            (Some(cli::Type::K8s), None) => {
                return Err(usage(
                    "a package of the type k8s holds the name of an image",
                    "add --image NAME@DIGEST",
                ));
            }
            (Some(cli::Type::K8s), Some(_)) => {
                return Err(usage(
                    "chaincode of the type k8s dials the peer, so it does not use an address",
                    "omit the address, or use --type ccaas",
                ));
            }
            (Some(cli::Type::External), _) => "external",
            (Some(cli::Type::Ccaas) | None, _) => "ccaas",
        };
        Ok(Code::Service { chaincode_type, connection: self.connection.clone(), image: self.image.as_ref() })
    }
}

/// Reads a program from the command line: a file, or a platform and a file.
fn program(given: &Path) -> ProgramFile {
    let named = given.to_str().and_then(|text| text.split_once('='));
    match named.and_then(|(target, path)| Some((target.parse().ok()?, path))) {
        Some((target, path)) => ProgramFile { target: Some(target), path: path.into() },
        None => ProgramFile { target: None, path: given.to_owned() },
    }
}

fn language(options: &Package) -> Result<Language, Failure> {
    match options.lang {
        Some(cli::Language::Go) => Ok(Language::Golang),
        Some(cli::Language::Node) => Ok(Language::Node),
        Some(cli::Language::Java) => Ok(Language::Java),
        Some(cli::Language::Rust | cli::Language::All) | None => Err(usage(
            "no builder accepts source in Rust",
            "build the chaincode for the peer's platform, and pack the program with --binary FILE",
        )),
    }
}

fn usage(message: &str, hint: &str) -> Failure {
    Failure::new(message).hint(hint.to_owned()).with_number(USAGE)
}

impl From<cli::Role> for Role {
    fn from(role: cli::Role) -> Self {
        match role {
            cli::Role::Client => Self::Client,
            cli::Role::Server => Self::Server,
        }
    }
}

impl From<cli::ImageTls> for Tls {
    fn from(tls: cli::ImageTls) -> Self {
        match tls {
            cli::ImageTls::Mutual => Self::Mutual,
            cli::ImageTls::Server => Self::Server,
            cli::ImageTls::None => Self::None,
        }
    }
}

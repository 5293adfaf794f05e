//! Options of `ccs user`.

use std::path::PathBuf;

use ccs_identity::{Attribute, Role, UserName};
use clap::{Args, Subcommand};

/// The commands of `ccs user`.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user to an organization
    ///
    /// Issues certificates with the CAs in the folder of the organization, and writes the folder
    /// organizations/peerOrganizations/DOMAIN/users/NAME@DOMAIN in the layout of cryptogen. The peer needs no restart. The
    /// certificate holds the attributes, by which chaincode decides what the user may do, in the extension of Fabric CA.
    Add(Add),
    /// List the users of an organization
    List(List),
}

/// Options of `ccs user add`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs user add alice --attr role=auditor\n  ccs user add bob --org org2 --type admin\n\n\
                        Then:  ccs query basic ReadAsset asset1 --user alice\nSee \"Users and attributes\" (docs/identities.html)."
)]
pub(crate) struct Add {
    /// The name of the user, without the domain
    #[arg(value_name = "NAME")]
    pub(crate) name: UserName,
    /// An attribute in the user's certificate; can be repeated; :ecert after the value has no effect
    #[arg(long = "attr", value_name = "NAME=VALUE")]
    pub(crate) attributes: Vec<Attribute>,
    /// The role of the user in policies
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t = Kind::Client)]
    pub(crate) kind: Kind,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Options of `ccs user list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs user list --org org1")]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The organization, and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The organization: org1, org1.example.com or `Org1MSP` [default: the first one by name]
    #[arg(long = "org", value_name = "ORG")]
    pub(crate) organization: Option<String>,
    /// The folder for certificates and keys, in cryptogen's layout
    #[arg(long, value_name = "DIR", default_value = "organizations")]
    pub(crate) organizations: PathBuf,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The roles that a user can have. The help needs no more than the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    Client,
    Admin,
    Peer,
}

impl Kind {
    /// Returns the role in the organization's MSP.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Client => Role::Client,
            Self::Admin => Role::Admin,
            Self::Peer => Role::Peer,
        }
    }
}

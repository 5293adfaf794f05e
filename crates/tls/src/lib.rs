//! TLS for chaincode: a certificate authority, its certificates, and the folder of `ccs tls` that contains them.
//!
//! [`Authority`] creates CAs and certificates without accessing files. [`Folder`] implements the layout that
//! `docs/tls.md` describes; it issues certificates and rotates the CA. [`hosts`] determines the names by which peers
//! dial a server. [`describe`] describes the certificates in a file.
//!
//! ```
//! use ccs_disk::Existing;
//! use ccs_tls::{Authority, Folder, Issue, Role};
//!
//! let root = tempfile::tempdir()?;
//! let folder = Folder::create(&root.path().join("tls"), &Authority::make("basic", 3650)?)?;
//! let hosts = vec!["basic.example.com".to_owned()];
//! let issue = Issue { role: Role::Server, name: "basic", hosts, days: 365, existing: Existing::Keep };
//! let issued = folder.issue(&issue)?;
//! let descriptions = ccs_tls::describe(&issued.party.certificate())?;
//! assert_eq!(descriptions[0].names, ["DNS:basic.example.com"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod description;
mod error;
mod folder;
pub mod hosts;
mod issue;
mod name;
mod party;
mod rotation;

pub use authority::{Authority, Request};
pub use description::{Description, certificates, describe};
pub use error::Error;
pub use folder::Folder;
pub use issue::{Issue, Issued};
pub use name::{NameError, party_name};
pub use party::{BUNDLE, Party, Role};

//! Identities of a Fabric network: which organization's member has signed, and whether that satisfies a policy.
//!
//! A creator is the serialized identity in a signature header: an MSP ID and a certificate. [`MspManager::identify`]
//! turns those bytes into a validated [`Identity`], which verifies signatures and has roles. A [`SignaturePolicy`] is
//! evaluated over identities. [`Signer`] is the counterpart: a certificate with its key.
//!
//! The rules are those of Fabric 3.1 `msp` and `common/cauthdsl`, with these differences: identities with RSA or
//! P-521 keys, certificates of X.509 version 1, and certificates with a critical extension unknown to webpki are
//! rejected; a chain may have at most six intermediates; and a root's path length constraint is ignored.
//!
//! [`Organization`] holds the certificates and keys of a development organization, in memory or in files;
//! [`OrdererOrganization`] those of an organization that orders. [`genesis_block`] configures a channel of them.
//! [`ChaincodeTls`] holds those of the listener for chaincode.
//!
//! All functions depend only on their arguments, not on files or clocks, except those that read and write folders
//! ([`Msp::read`], [`Signer::read`], [`Organization::open_or_make`], [`exclude_from_git`]) or create keys.

mod attributes;
mod authority;
mod certificate;
mod chaincode_tls;
mod channel;
mod git;
mod identity;
mod known_identities;
mod manager;
mod msp;
mod msp_id;
mod organization;
mod policy;
mod public_key;
mod role;
mod signatures;
mod signer;

pub use attributes::{Attribute, AttributeError, Attributes};
pub use authority::{IssueError, Pair};
pub use certificate::{Certificate, CertificateError};
pub use chaincode_tls::ChaincodeTls;
pub use channel::{ChannelPlan, Endpoint, Orderer, OrderingPlan, genesis_block};
pub use git::exclude_from_git;
pub use identity::Identity;
pub use manager::{CreatorError, MAX_CREATOR_IN_BYTES, MspManager};
pub use msp::{FolderError, Msp, MspError, MspSettings, NodeUnits, UnitIdentifier, ValidationError};
pub use msp_id::{MspId, MspIdError};
pub use organization::{
    CaPairs, CaProfile, Domain, DomainError, Host, HostError, NewUser, NodeTls, OrdererOrganization,
    OrdererPlan, OrdererProfile, Organization, OrganizationError, OrganizationPlan, Origin, ProfileSettings,
    User, UserError, UserName, UserNameError, Users,
};
pub use policy::{EnvelopeError, PolicySyntaxError, Principal, Rule, SignaturePolicy};
pub use public_key::SignatureError;
pub use role::Role;
pub use signer::{Signer, SignerError};

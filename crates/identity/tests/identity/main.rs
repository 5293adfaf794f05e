//! Identities, signatures and policies, with certificates made by rcgen.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop, as tests do")]

mod chaincode_tls;
mod channels;
mod creators;
mod fabric_verdicts;
mod folders;
mod msps;
mod network;
mod organizations;
mod policies;
mod policy_language;
mod signatures;
mod users;

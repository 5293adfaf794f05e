//! `ccs launch`: shows, checks and maintains launched chaincode.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`render`] | the objects that the launch of a package would create |
//! | [`check`] | checks the requirements of launches |
//! | [`inventory`] | compares launched chaincode with the builds of the peer |
//! | [`reconcile`] | restores, updates and renews chaincode |
//! | [`gc`], [`installed`] | find and delete unused objects |
//! | [`platforms`], [`workload`] | the platforms, and the objects of launches there |
//! | [`builds`] | the builds of a peer |
//! | [`moment`] | times |
//! | [`package`] | the parts of a package file that a launch reads |
//! | [`site`] | launch.yaml and the variables of the peer |
//!
//! The crates of the platforms carry out the decisions of this crate.

pub mod builds;
pub mod check;
pub mod gc;
pub mod installed;
pub mod inventory;
pub mod lock;
pub mod moment;
pub mod package;
pub mod platforms;
pub mod reconcile;
pub mod render;
pub mod site;
pub mod workload;

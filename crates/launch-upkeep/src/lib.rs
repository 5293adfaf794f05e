//! What operators ask of launched chaincode, beside its launches.
//!
//! | Module | What it answers |
//! | --- | --- |
//! | [`render`] | what launching a package would make |
//! | [`check`] | whether everything is there that launching needs |
//! | [`inventory`] | what is there, compared with the builds of the peer |
//! | [`reconcile`] | what is to be done, and its doing |
//! | [`gc`], [`installed`] | what nothing uses any more |
//! | [`platforms`], [`workload`] | the platforms, and what launches have made there |
//! | [`builds`] | the builds of a peer |
//! | [`moment`] | times |
//! | [`package`] | what a launch reads of a package file |
//! | [`site`] | launch.yaml and the variables of the peer whose chaincode is meant |
//!
//! What is decided here is carried out by the crates of the platforms.

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

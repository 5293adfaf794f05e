//! Shared helpers of the project's tasks.
//!
//! | Module | Contents |
//! | --- | --- |
//! | [`workspace`] | paths in the checkout, and calls of cargo |
//! | [`builder_programs`] | the programs of a builder |
//! | [`cache`] | results of slow builds, kept outside the checkout |
//! | [`cargo_tools`] | programs from crates.io with fixed versions |
//! | [`toolchain`] | whether a tool is installed, and the result of a check without it |
//! | [`processes`], [`parallel`] | processes with time limits; running two checks at a time |
//! | [`image`], [`libraries`] | an image made from files of this machine; the shared libraries of a program |
//! | [`site`] | a builder's folder, and calls of the launcher |
//! | [`server_site`] | a builder's folder, and calls of `build` for chaincode that the peer dials |
//! | [`statistics`] | the median of measurements |
//! | [`tally`], [`report`] | the numbers of passed, failed and skipped checks; printing of failures |

pub mod builder_programs;
pub mod cache;
pub mod cargo_tools;
pub mod image;
pub mod libraries;
pub mod parallel;
pub mod processes;
pub mod report;
pub mod server_site;
pub mod site;
pub mod statistics;
pub mod tally;
pub mod toolchain;
pub mod workspace;

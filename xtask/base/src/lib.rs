//! What the chores of the project share.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`workspace`] | where things are in the checkout, and how cargo is called in it |
//! | [`builder_programs`] | the programs of a builder |
//! | [`cache`] | what is built once and kept outside of the checkout |
//! | [`cargo_tools`] | programs of cargo, each of one version |
//! | [`toolchain`] | whether a tool is there, and what follows when it is not |
//! | [`processes`], [`parallel`] | processes with a limit to every wait; two checks at a time |
//! | [`image`] | an image that holds static programs |
//! | [`site`] | a builder's folder, and the launcher as a peer calls it |
//! | [`server_site`] | the same, and `build` for chaincode that the peer dials |
//! | [`tally`], [`report`] | how many checks passed, failed or were skipped; the failed ones are printed |

pub mod builder_programs;
pub mod cache;
pub mod cargo_tools;
pub mod image;
pub mod parallel;
pub mod processes;
pub mod report;
pub mod server_site;
pub mod site;
pub mod tally;
pub mod toolchain;
pub mod workspace;

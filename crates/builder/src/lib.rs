//! The external builder for chaincode as a service.
//!
//! A peer calls `detect`, `build` and `release` for each package it installs; this crate holds what they do, and the
//! program `ccs-builder` is a thin shell around it. Other tools call the same code, so that they cannot disagree with
//! the builder about a package.
//!
//! ```text
//! SRC, METADATA ──detect──▶ ours or not
//! SRC, METADATA ──build───▶ OUT      connection.json (rendered, checked), META-INF, metadata.json
//! OUT ───────────release──▶ RELEASE  chaincode/server/connection.json, statedb
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`context`] | arguments and environment of one call, read once |
//! | [`stages`] | detect, build and release |
//! | [`configuration`] | what templates may refer to |
//! | [`render`] | templates of connection.json to text |
//! | [`check`] | what a peer would only find when it launches the chaincode |
//! | [`meta_inf`] | the files of META-INF |
//! | [`examine`] | all that is wrong with a source, for the tools beside the builder |
//! | [`output`] | folders written whole or not at all |
//! | `folder` | folders by handle, so that no link can be put in the way |
//! | [`launcher`] | the program `run` beside this one, for packages of other types |
//! | [`install`], [`keep`] | `ccs-builder install`, once or again and again |
//! | [`limits`], [`variables`] | numbers and names that several of these know |
//! | [`error`], [`warning`], [`exit`], [`report`] | what went wrong, its code, and the line that says so |

pub mod check;
pub mod configuration;
pub mod context;
pub mod error;
pub mod examine;
pub mod exit;
mod folder;
pub mod input;
pub mod install;
pub mod keep;
pub mod launcher;
pub mod limits;
pub mod meta_inf;
pub mod output;
pub mod program;
pub mod render;
pub mod report;
pub mod stages;
pub mod variables;
pub mod warning;

pub use error::Error;
pub use exit::ExitCode;
pub use warning::Warning;

//! The external builder for chaincode as a service.
//!
//! A peer calls `detect`, `build` and `release` for each package it installs. This crate implements them,
//! and the program `ccs-builder` is a thin shell around it. Other tools call the same code, so that they
//! always agree with the builder about a package.
//!
//! ```text
//! SRC, METADATA ──detect──▶ ours or not
//! SRC, METADATA ──build───▶ OUT      connection.json (rendered, checked), META-INF, metadata.json
//! OUT ───────────release──▶ RELEASE  chaincode/server/connection.json, statedb
//! ```
//!
//! | Module | Contents |
//! | --- | --- |
//! | [`command`], [`program`] | the command line, and the program that it selects |
//! | [`context`] | arguments and environment of one call, read once |
//! | [`stages`] | detect, build and release |
//! | [`configuration`] | the data available to templates |
//! | [`render`] | rendering of the templates in connection.json |
//! | [`check`] | checks for faults that a peer would report only at launch |
//! | [`meta_inf`] | the files of META-INF |
//! | [`examine`] | all errors in a source, for other tools |
//! | [`output`] | atomic writing of folders |
//! | [`folder`] | access to folders by handle, without following links |
//! | [`launcher`] | the call of the program `run`, for packages of other types |
//! | [`install`], [`keep`] | `ccs-builder install`, once or at intervals |
//! | [`limits`], [`variables`] | shared limits and names |
//! | [`error`], [`warning`], [`exit`], [`report`] | errors, warnings, exit codes and the lines on stderr |

pub mod check;
pub mod command;
pub mod configuration;
pub mod context;
pub mod error;
pub mod examine;
pub mod exit;
pub mod folder;
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

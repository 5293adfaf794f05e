//! Plans of launches: pure functions that other crates carry out.
//!
//! ```text
//! launch.yaml ──▶ Settings ─┐
//! package     ──▶ Binary ───┼──▶ plan ──▶ a crate for each platform carries it out
//! RUNMETA     ──▶ Chaincode ┘
//! ```
//!
//! Nothing here reads a file, opens a socket or reads a clock: the caller passes the content of files, and carries out the
//! plan. Each plan belongs to one platform, and the types of one platform do not appear in another's.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`settings`] | `launch.yaml`: the operator's settings |
//! | [`kind`] | the kinds of packages, and their platform |
//! | [`account`] | the user of a process, by number |
//! | [`binary`] | `binary.json`: a package with compiled programs |
//! | [`prebuilt`] | a package with an archive of programs and a script that starts them |
//! | [`process`] | the plan of a process |
//! | [`source`] | the plan of a build from source |
//! | [`chaincode`] | `chaincode.json`: the data that the peer passes to `run` |
//! | [`image`] | `image.json`: the image of a package |
//! | [`docker`] | the plan of a container |
//! | [`kubernetes`] | the plans for Kubernetes: a Secret and a Job, or a Secret, a Service and a Deployment |
//! | [`server`] | certificates, variables and connection.json for chaincode that the peer dials, on any platform |
//! | [`record`] | `launch.json`: the chaincode that a build has started |
//! | [`State`] | the state of launched chaincode |
//! | [`shim`] | variables and files with which a shim dials the peer |
//! | [`variables`] | names of variables |
//! | [`lines`] | lines that are short enough for a peer's log |
//! | [`exit`], [`failure`] | the exit codes, and the line with the reason |

pub mod account;
pub mod binary;
pub mod chaincode;
pub mod docker;
pub mod exit;
pub mod failure;
mod identity;
pub mod image;
pub mod kind;
pub mod kubernetes;
pub mod lines;
pub mod prebuilt;
pub mod process;
pub mod record;
mod resemblance;
pub mod server;
pub mod settings;
pub mod shim;
pub mod source;
mod state;
pub mod variables;

pub use account::Account;
pub use chaincode::Chaincode;
pub use exit::ExitCode;
pub use failure::Failure;
pub use image::Image;
pub use settings::Settings;
pub use state::State;

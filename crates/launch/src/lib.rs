//! What launching a package means, without doing it.
//!
//! ```text
//! launch.yaml ──▶ Settings ─┐
//! package     ──▶ Binary ───┼──▶ plan ──▶ a crate for each platform carries it out
//! RUNMETA     ──▶ Chaincode ┘
//! ```
//!
//! Nothing here reads a file, opens a socket or looks at a clock: whoever calls gives the content of files, and carries out
//! the plan. One plan belongs to one platform, and no type of a platform appears in another's.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`settings`] | `launch.yaml`: what the operator decides |
//! | [`kind`] | which packages are launched, and on which platform |
//! | [`account`] | the user of a process, by number |
//! | [`binary`] | `binary.json`: a package with programs that are ready to run |
//! | [`prebuilt`] | a package with an archive of programs and a script that starts them |
//! | [`process`] | the plan of a process |
//! | [`source`] | the plan by which source becomes chaincode |
//! | [`chaincode`] | `chaincode.json`: what the peer tells `run` |
//! | [`image`] | `image.json`: the image of a package |
//! | [`docker`] | the plan of a container |
//! | [`kubernetes`] | the plans for Kubernetes: a Secret and a Job, or a Secret, a Service and a Deployment |
//! | [`server`] | what chaincode that the peer dials gets, whatever the platform |
//! | [`record`] | `launch.json`: what a build has started |
//! | [`State`] | how launched chaincode is |
//! | [`shim`] | what a shim needs to dial the peer |
//! | [`variables`] | names of variables |
//! | [`lines`] | lines that a peer's log can take |
//! | [`exit`], [`failure`] | the exit codes, and the one line that says why |

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

//! Starts chaincode as a process on the peer's host, and supervises it.
//!
//! [`supervise()`] carries out the plan of a process. It returns when the chaincode has ended, a signal stops it, or the peer has
//! ended, and never leaves a process of the chaincode behind.
//!
//! ```text
//! peer ──▶ run ──▶ run --child ═exec═▶ chaincode     in its own process group
//!           ▲  output, end of the child ──┘
//!           └── SIGTERM, a later run, the peer's death
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `supervise` | one launch from beginning to end |
//! | `events` | the events for which a launch waits |
//! | `group` | the process group of the chaincode |
//! | `guard` | the process that ends the chaincode when `run` is killed |
//! | `stage` | the step between `run` and the chaincode: limits, and death with the parent |
//! | `turn` | one launch of a package at a time |
//! | `identity` | the identity of a launch |
//! | `tool` | tools that build chaincode |
//! | `pump` | the chaincode's output, line by line |
//! | `private_folder` | folders that launches of one user share |
//! | `user_folder` | a folder for one launch as another user |
//! | `tree` | copies folders, and changes their owner |

mod events;
mod group;
mod guard;
mod identity;
mod private_folder;
mod pump;
mod stage;
mod supervise;
mod tool;
pub mod tree;
mod turn;
mod user_folder;

pub use guard::guard;
pub use identity::Identity;
pub use private_folder::{private_folder, users_folder};
pub use pump::Output;
pub use stage::child;
pub use supervise::supervise;
pub use tool::run_tool;
pub use user_folder::UserFolder;

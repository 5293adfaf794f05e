//! What a developer sees of a development network, and what scripts wait for.
//!
//! [`Reporter`] prints each event of `ccs-devnet` as a line of text or as a JSON document. [`ReadyFile`] writes a file when the
//! peer and its chaincodes are ready.

mod next;
mod ready_file;
mod reporter;
mod text;

pub use ready_file::{ReadyFile, ReadyFileError};
pub use reporter::{Form, Reporter};

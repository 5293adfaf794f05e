pub use error::Error;

mod check;
mod error;

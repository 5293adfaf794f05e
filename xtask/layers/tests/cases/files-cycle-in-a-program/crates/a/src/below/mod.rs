pub mod first;
mod second;
pub use second::*;

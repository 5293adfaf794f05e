//! A Rust implementation of Go's `text/template`, as Fabric's `ccaas` builder uses it.
//!
//! The string fields of connection.json are templates. Fabric parses each with the option `missingkey=error` and
//! executes it with a JSON object as data (`ccaas_builder/cmd/build/main.go`, 2.4 and later). This crate either
//! renders exactly the bytes that Go renders or fails with an error; it never renders anything else. The program in
//! `conformance/go-template` records Go's results, and the tests of this crate replay them.
//!
//! ```
//! use std::collections::BTreeMap;
//! use ccs_gotemplate::{Limits, Template, Value};
//!
//! let template = Template::parse("{{.peer}}.{{.domain}}:7052")?;
//! let data = BTreeMap::from([
//!     ("peer".to_string(), Value::String("peer0".to_string())),
//!     ("domain".to_string(), Value::String("org1.example.com".to_string())),
//! ]);
//! assert_eq!(template.render(Some(&data), &Limits::default())?, b"peer0.org1.example.com:7052");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The module `syntax` parses text to trees, `run` executes trees with data, and `format` formats values like Go.

mod error;
mod format;
mod limits;
mod run;
mod syntax;
mod template;
mod unicode;
mod value;

pub use error::{ParseError, ParseErrorKind, RenderError};
pub use limits::{Limits, MAX_NODES, MAX_PARSE_DEPTH, MAX_RENDER_DEPTH, MAX_TEMPLATE_BYTES};
pub use template::Template;
pub use value::Value;

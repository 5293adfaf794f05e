//! The documentation site: the pages of the checkout, by the index in `docs/SUMMARY.md`.
//!
//! | Function | What it does |
//! | --- | --- |
//! | [`check()`] | finds pages that the index lacks, and links that lead nowhere on GitHub or on the site |
//! | [`stage()`] | writes the sources of the site, from which mdBook builds it |
//! | [`check_built`] | finds links between the built pages that lead nowhere |
//!
//! The files keep their paths on the site: `docs/probe.md` becomes `docs/probe.html`, and `README.md` becomes `index.html`.
//! A link to a file that is not a page leads to the repository.
//!
//! Data flows one way: `page` cuts a file into links and headings, `book` knows which pages there are, and `check` and
//! `stage` use both.

mod book;
mod built;
mod check;
mod page;
mod place;
mod stage;

pub use built::check_built;
pub use check::{Report, check};
pub use stage::stage;

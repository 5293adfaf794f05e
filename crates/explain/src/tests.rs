//! The catalogue is complete, unambiguous and documented.

mod catalogue;
mod examples;
mod pages;

use std::sync::LazyLock;

use crate::catalogue::Catalogue;

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load().unwrap());
    &CATALOGUE
}

fn ids(text: &str) -> Vec<String> {
    catalogue().explain(text).into_iter().map(|explanation| explanation.id).collect()
}

use super::Shared;

pub fn run(_: Shared) {
    crate::compare();
}

mod below;

pub struct Shared;

pub fn run() {
    below::run(Shared);
    crate::compare::compare();
}

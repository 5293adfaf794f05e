use crate::last;
use std::fmt;

pub fn compare() {
    last::last();
}

#[cfg(any(test, fuzzing))]
pub fn random() -> crate::Shared {
    crate::Shared
}

#[cfg(test)]
mod tests {
    use crate::above::run;

    #[test]
    fn compares() {
        run();
    }
}

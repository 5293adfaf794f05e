use super::one;

pub fn three(_: Option<one::One>) {}

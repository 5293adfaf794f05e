use crate::two::Two;

pub struct One(Two);

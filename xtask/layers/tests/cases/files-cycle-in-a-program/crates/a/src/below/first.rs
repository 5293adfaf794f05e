use crate::below::Second;

pub trait First {}

impl First for Second {}

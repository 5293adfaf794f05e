pub struct Second;

impl Second {
    fn is(self: Box<dyn super::first::First>) {}
}

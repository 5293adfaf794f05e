mod below;

fn main() {}

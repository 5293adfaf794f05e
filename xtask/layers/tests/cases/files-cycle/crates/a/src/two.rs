pub struct Two;

fn three() {
    super::three::three();
}

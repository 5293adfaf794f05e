pub fn last() {
    let compare = 1;
    let _ = compare;
}

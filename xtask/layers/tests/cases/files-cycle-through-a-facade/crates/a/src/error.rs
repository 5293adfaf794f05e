pub enum Error {
    Check(crate::check::CheckError),
}

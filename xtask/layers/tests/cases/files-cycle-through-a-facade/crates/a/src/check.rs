pub struct CheckError;

pub fn check() -> Result<(), crate::Error> {
    Ok(())
}

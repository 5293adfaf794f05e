pub const NAME: &str = "key";

#[derive(Deserialize)]
pub struct Key {
    #[serde(with = "super::hex::read")]
    id: u8,
}

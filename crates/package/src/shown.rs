//! Formats names and types of entries for messages.

/// Returns the name of a type byte.
pub(crate) fn kind_name(flag: u8) -> String {
    match flag {
        b'1' => "a hard link".to_owned(),
        b'2' => "a symbolic link".to_owned(),
        b'3' => "a character device".to_owned(),
        b'4' => "a block device".to_owned(),
        b'5' => "a folder".to_owned(),
        b'6' => "a FIFO".to_owned(),
        b'S' => "a sparse file".to_owned(),
        b'g' => "a global extended header".to_owned(),
        flag => format!("an entry of type {flag}"),
    }
}

/// Returns a name from an archive as text for a message, truncated if it is long.
pub(crate) fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(&name[..name.len().min(LONGEST)]).into_owned();
    if name.len() > LONGEST { text + "..." } else { text }
}

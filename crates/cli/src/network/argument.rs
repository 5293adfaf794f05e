//! Arguments of a chaincode's function on the command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::read;
use crate::failure::{Failure, USAGE};

/// Returns the bytes of a word: the content of FILE for `@FILE`, `@TEXT` for `@@TEXT`, otherwise the word itself.
pub(crate) fn bytes(word: &OsStr) -> Result<Vec<u8>, Failure> {
    match word.as_bytes() {
        [b'@', rest @ ..] if rest.starts_with(b"@") => Ok(rest.to_vec()),
        [b'@', file @ ..] => read(Path::new(OsStr::from_bytes(file))),
        text => Ok(text.to_vec()),
    }
}

/// Returns the key and the bytes of `KEY=VALUE`.
pub(crate) fn transient(word: &OsStr) -> Result<(String, Vec<u8>), Failure> {
    let wrong = |what: &str| {
        let hint = "write --transient KEY=VALUE, or KEY=@FILE for the content of a file".to_owned();
        Failure::new(format!("--transient {what}")).hint(hint).with_number(USAGE)
    };
    let text = word.as_bytes();
    // The value may be a secret, so messages do not contain it.
    let equals = text.iter().position(|byte| *byte == b'=').ok_or_else(|| wrong("has no '='"))?;
    let key = String::from_utf8(text[..equals].to_vec()).map_err(|_| wrong("has a key that is not UTF-8"))?;
    if key.is_empty() {
        return Err(wrong("has no key"));
    }
    Ok((key, bytes(&OsString::from_vec(text[equals + 1..].to_vec()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_itself_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("asset.bin");
        std::fs::write(&file, b"\xff\n").unwrap();
        let word = |text: &str| bytes(OsStr::new(text)).unwrap();
        assert_eq!(word(&format!("@{}", file.display())), b"\xff\n");
        assert_eq!(word("@@handle"), b"@handle");
        assert_eq!(word("a@b"), b"a@b");
        assert_eq!(word(""), b"");
        let failure = bytes(OsStr::new("@/no/such/file")).unwrap_err();
        assert_eq!(failure.message(), "cannot read /no/such/file: No such file or directory (os error 2)");
        assert_eq!(failure.number(), 20);
    }

    #[test]
    fn a_transient_value_has_a_key_and_is_in_no_message() {
        let pair = |text: &str| transient(OsStr::new(text));
        assert_eq!(pair("price={\"a\":\"b=c\"}").unwrap(), ("price".to_owned(), b"{\"a\":\"b=c\"}".to_vec()));
        assert_eq!(pair("price=").unwrap(), ("price".to_owned(), Vec::new()));
        for (word, message) in [("hush", "--transient has no '='"), ("=hush", "--transient has no key")] {
            let failure = pair(word).unwrap_err();
            assert_eq!((failure.message(), failure.number()), (message, 2));
        }
    }
}

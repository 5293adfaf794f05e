//! Misplaced private keys.
//!
//! A package may contain only one private key, in `client_key` of connection.json: the peer presents its certificate. Any other key
//! is there by mistake, and every recipient of the package has it.

use std::convert::Infallible;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ccs_files::Connection;
use ccs_package::Visited;
use regex::bytes::Regex;

use crate::error::Error;
use crate::open;

/// The overlap between searched parts of a content: more than the longest beginning of a key.
const OVERLAP: usize = 256;

/// How many bytes at the beginning identify the format of a file.
const HEAD: usize = 24;

/// The size of the search buffer.
const CHUNK: usize = 64 * 1024;

/// The beginning of a private key in text: PEM with some of its content, PEM in base64, or a key of `PuTTY`.
const IN_TEXT: &str = r"(?x-u)
    PRIVATE\ KEY(?:\ BLOCK)?-----(?:\s|\\[nrt]|\\u000[adAD])*(?:[A-Za-z0-9+/]{8}|Proc-Type)
    | LS0tLS1CRUdJTi[A-Za-z0-9+/\r\n]{0,40}?(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)
    | PuTTY-User-Key-File-[0-9]";

/// The first bytes of a private key in DER (PKCS #8, PKCS #1, SEC 1), of a PKCS #12 file, and of a Java key store.
const AT_BEGINNING: &str = r"(?xs-u)\A(?:
    \x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01(?:\x00(?:\x30|\x02[\x81\x82])|\x01\x04[\x20\x30\x42])
    | \x30\x82..\x02\x01\x03\x30
    | \xfe\xed\xfe\xed)";

/// The label of a private key in PEM.
const LABEL: &str = r"(?-u)-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----";

static KEYS: LazyLock<Result<[Regex; 3], regex::Error>> =
    LazyLock::new(|| Ok([Regex::new(IN_TEXT)?, Regex::new(AT_BEGINNING)?, Regex::new(LABEL)?]));

/// Searches data that is read through it for private keys, with constant memory.
#[derive(Debug)]
struct KeySearch<R> {
    inner: R,
    head: Vec<u8>,
    window: Vec<u8>,
    is_found: bool,
}

impl<R: Read> KeySearch<R> {
    /// Starts the search.
    fn new(inner: R) -> Self {
        Self { inner, head: Vec::new(), window: Vec::new(), is_found: false }
    }

    /// Reads the rest of the content, and tells whether it holds a private key.
    fn finish(mut self) -> io::Result<bool> {
        io::copy(&mut self, &mut io::sink())?;
        self.search()?;
        let [_, at_beginning, _] = KEYS.as_ref().map_err(io::Error::other)?;
        Ok(self.is_found || at_beginning.is_match(&self.head))
    }

    fn search(&mut self) -> io::Result<()> {
        let [in_text, ..] = KEYS.as_ref().map_err(io::Error::other)?;
        self.is_found = self.is_found || in_text.is_match(&self.window);
        self.window.drain(..self.window.len().saturating_sub(OVERLAP));
        Ok(())
    }
}

impl<R: Read> Read for KeySearch<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = &buffer[..count];
        let missing = HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..count.min(missing)]);
        self.window.extend_from_slice(bytes);
        if self.window.len() >= CHUNK {
            self.search()?;
        }
        Ok(count)
    }
}

/// Reads a content to its end, and tells whether it contains a private key, with constant memory.
pub fn holds_private_key(content: impl Read) -> io::Result<bool> {
    KeySearch::new(content).finish()
}

/// Returns the files of a package, except connection.json, that contain a private key: files of its code, further files that a
/// peer ignores, and metadata.json.
pub fn in_package(path: &Path) -> Result<Vec<String>, Error> {
    let (file, _) = open::open(path)?;
    let mut found = Vec::new();
    let visitor = |visited: Visited<'_>, content: &mut dyn Read| {
        let name = match visited {
            Visited::Code(entry) => entry.path().display().to_string(),
            Visited::Ignored(member) => member.shown_name(),
        };
        // The reader of the package itself reports unreadable content.
        if name != "connection.json" && holds_private_key(content).unwrap_or(false) {
            found.push(name);
        }
        Ok::<(), Infallible>(())
    };
    let package = open::read(path, file, visitor)?;
    if holds_private_key(package.metadata_bytes()).unwrap_or(false) {
        found.push("metadata.json".to_owned());
    }
    Ok(found)
}

/// Returns the fields of connection.json that contain a private key, except the one in `client_key`.
#[must_use]
pub fn misplaced_in(connection: &Connection) -> Vec<String> {
    let fields = [
        ("address", &connection.address),
        ("domain", &connection.domain),
        ("root_cert", &connection.root_cert),
        ("client_cert", &connection.client_cert),
    ];
    let mut found: Vec<String> = fields
        .into_iter()
        .filter(|(_, text)| holds_private_key(text.as_bytes()).unwrap_or(false))
        .map(|(name, _)| name.to_owned())
        .collect();
    let extra = connection.extra.iter().filter(|(_, value)| json_holds_private_key(value));
    found.extend(extra.map(|(key, _)| key.clone()));
    if let Ok([_, _, label]) = KEYS.as_ref()
        && label.find_iter(connection.client_key.as_bytes()).count() > 1
    {
        found.push("client_key (a second key)".to_owned());
    }
    found
}

/// Searches every string of a JSON value, after unescaping.
fn json_holds_private_key(value: &[u8]) -> bool {
    let is_key = |bytes: &[u8]| holds_private_key(bytes).unwrap_or(false);
    let decoded = ccs_report::json::strings(value);
    is_key(value) || decoded.iter().any(|text| is_key(text.as_bytes()))
}

/// Returns the files below a folder that contain a private key, except its own connection.json, relative to the folder.
///
/// It does not follow links, and reads at most `limit` files and folders.
pub(crate) fn in_folder(folder: &Path, limit: usize) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    let mut seen = 0;
    while let Some(relative) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&relative))? {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            let kind = entry.file_type()?;
            seen += 1;
            if seen > limit {
                break;
            } else if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && path != Path::new("connection.json")
                && holds_private_key(std::fs::File::open(folder.join(&path))?)?
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEM: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAbcdefgh\n-----END EC PRIVATE KEY-----\n";

    fn is_key(content: impl AsRef<[u8]>) -> bool {
        holds_private_key(content.as_ref()).unwrap()
    }

    #[test]
    fn keys_are_known_in_the_forms_in_which_tools_write_them() {
        assert!(is_key(PEM));
        assert!(is_key(PEM.replace("EC ", "")) && is_key(PEM.replace("EC ", "OPENSSH ")));
        assert!(is_key(PEM.replace('\n', "\r\n")) && is_key(PEM.replace('\n', "\\n")));
        assert!(is_key("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"));
        assert!(is_key("KEY='-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBM'"));
        // What `base64 server.key` prints of PKCS #8, PKCS #1 and SEC 1.
        assert!(is_key("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1J"));
        assert!(is_key("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUl"));
        assert!(is_key("LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1I"));
        assert!(is_key("PuTTY-User-Key-File-3: ssh-ed25519"));
        assert!(is_key(b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07"), "PKCS #8");
        assert!(is_key(b"\x30\x77\x02\x01\x01\x04\x20aaaaaaaaaaaa"), "SEC 1");
        assert!(is_key(b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01"), "PKCS #1");
        assert!(is_key(b"\x30\x82\x0a\x01\x02\x01\x03\x30\x82"), "PKCS #12");
        assert!(is_key(b"\xfe\xed\xfe\xed\x00\x00\x00\x02"), "JKS");
    }

    #[test]
    fn certificates_public_keys_and_words_are_not_keys() {
        let certificate = PEM.replace("EC PRIVATE KEY", "CERTIFICATE");
        assert!(!is_key(certificate) && !is_key(PEM.replace("EC PRIVATE", "PUBLIC")));
        assert!(!is_key("a line that begins with -----BEGIN PRIVATE KEY-----"));
        assert!(!is_key("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t") && !is_key("") && !is_key("0"));
        assert!(!is_key(b"\x30\x82\x03\x01\x30\x82\x02\xa7\xa0\x03\x02\x01\x02"), "a certificate");
    }

    #[test]
    fn fields_of_a_connection_are_named_unless_the_key_is_its_own() {
        let connection = |text: &str| Connection::parse(text.as_bytes()).unwrap().0;
        let pem = PEM.replace('\n', "\\n");
        let own = connection(&format!(r#"{{"address":"a:1","client_key":"{pem}"}}"#));
        assert!(misplaced_in(&own).is_empty());
        let escaped = pem.replace("PRIVATE", "\\u0050RIVATE");
        let all = connection(&format!(
            r#"{{"root_cert":"{pem}","client_cert":"{pem}","client_key":"{pem}{pem}","x":[{{"y":"{escaped}"}}]}}"#
        ));
        assert_eq!(misplaced_in(&all), ["root_cert", "client_cert", "x", "client_key (a second key)"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_key_is_found_wherever_it_begins(before in 0..200_000_usize, after in 0..1_000_usize) {
            let content = [" ".repeat(before), PEM.to_owned(), " ".repeat(after)].concat();
            prop_assert!(is_key(content));
        }

        #[test]
        fn any_bytes_are_searched(content in any::<Vec<u8>>()) {
            let _ = is_key(content);
        }
    }
}

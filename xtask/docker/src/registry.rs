//! A registry with one image that requires credentials: the part of the protocol that a pull needs.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use xtask_base::image::{Image, Parts, digits};

/// The form of the manifest.
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// How long a client may take to send a request.
const ASK: Duration = Duration::from_secs(10);

/// A registry on the loopback, which engines use without TLS. It runs until the process ends.
pub struct Registry {
    address: SocketAddr,
    digest: String,
}

/// What it answers: content by the end of its path, with a form for each.
struct Content {
    files: BTreeMap<String, (&'static str, Vec<u8>)>,
    /// What a request must have in its header `Authorization`.
    authorization: String,
}

impl Registry {
    /// Starts a registry with an image; `authorization` is the Base64 of user and password.
    pub fn start(image: &Image<'_>, authorization: &str) -> Result<Self> {
        let Parts { layer, config } = image.parts()?;
        let part = |form: &str, content: &[u8]| json!({"mediaType": form, "size": content.len(), "digest": format!("sha256:{}", digits(content))});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part("application/vnd.docker.container.image.v1+json", &config),
            "layers": [part("application/vnd.docker.image.rootfs.diff.tar.gzip", &layer)],
        });
        let manifest = serde_json::to_vec(&manifest)?;
        let digest = format!("sha256:{}", digits(&manifest));
        let blob = |content: &[u8]| format!("/blobs/sha256:{}", digits(content));
        let files = [
            ("/v2/".to_owned(), ("application/json", b"{}".to_vec())),
            (format!("/manifests/{digest}"), (MANIFEST, manifest)),
            (blob(&config), ("application/octet-stream", config)),
            (blob(&layer), ("application/octet-stream", layer)),
        ];
        let content =
            Arc::new(Content { files: files.into(), authorization: format!("Basic {authorization}") });
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let content = Arc::clone(&content);
                // A client may disconnect.
                thread::spawn(move || content.answer(stream));
            }
        });
        Ok(Self { address, digest })
    }

    /// Returns the host and port.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns the content of image.json, with the digest of the image or another one.
    #[must_use]
    pub fn json(&self, digest: Option<&str>) -> String {
        format!(r#"{{"name":"{}/shell","digest":"{}"}}"#, self.address, digest.unwrap_or(&self.digest))
    }

    /// Returns the image as an engine names it.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/shell@{}", self.address, self.digest)
    }
}

impl Content {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(ASK))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut is_known = false;
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            is_known |= line.split_once(": ").is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("authorization") && value == self.authorization
            });
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let found = self.files.iter().find(|(end, _)| path.ends_with(*end)).map(|(_, found)| found);
        let (status, form, body) = match found {
            _ if !is_known => (
                "401 Unauthorized",
                "application/json",
                br#"{"errors":[{"code":"UNAUTHORIZED"}]}"#.as_slice(),
            ),
            Some((form, content)) => ("200 OK", *form, content.as_slice()),
            None => (
                "404 Not Found",
                "application/json",
                br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#.as_slice(),
            ),
        };
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {form}\r\nContent-Length: {}\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
             WWW-Authenticate: Basic realm=\"test\"\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        if method != "HEAD" {
            stream.write_all(body)?;
        }
        stream.flush()
    }
}

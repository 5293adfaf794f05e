//! HTTP/1.1 as far as a client of Kubernetes uses it.

use std::collections::BTreeMap;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::api::{Api, Changes};

/// A request.
pub(super) struct Request {
    pub(super) method: String,
    /// The parts of the path.
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    /// The content; null without one.
    pub(super) body: Value,
}

/// An answer.
pub(super) enum Answer {
    /// A status and the content.
    Whole(u16, String),
    /// One line for each change, until the watch is cut off.
    Watch(Changes),
}

/// Answers on every connection.
pub(super) async fn serve(listener: TcpListener, api: Arc<Api>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        // Otherwise the kernel waits, in real time, before it sends a second line.
        stream.set_nodelay(true).unwrap();
        let api = Arc::clone(&api);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            while let Some(request) = read(&mut stream).await {
                // A client may disconnect at any time.
                let kept = match api.answer(&request) {
                    Answer::Whole(status, body) => whole(&mut stream, status, &body).await.is_ok(),
                    Answer::Watch(changes) => watch(&mut stream, changes).await.is_ok(),
                };
                if !kept {
                    return;
                }
            }
        });
    }
}

/// Reads a request; [`None`] if the client has disconnected.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    stream.read_line(&mut first).await.ok().filter(|length| *length > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let decoded =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    Some(Request {
        method,
        path: path.split('/').filter(|part| !part.is_empty()).map(decoded).collect(),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

async fn whole(stream: &mut BufReader<TcpStream>, status: u16, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.flush().await
}

async fn watch(stream: &mut BufReader<TcpStream>, mut changes: Changes) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 \r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    while let Some(lines) = changes.next().await {
        stream.write_all(format!("{:x}\r\n{lines}\r\n", lines.len()).as_bytes()).await?;
        stream.flush().await?;
    }
    stream.write_all(b"0\r\n\r\n").await?;
    stream.flush().await
}

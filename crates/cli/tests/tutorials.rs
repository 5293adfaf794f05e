//! Works through the tutorials of `docs/tutorials` as a reader does: every block of a page, one after another, in an empty folder.
//!
//! | Block begins with | What happens |
//! | --- | --- |
//! | `sh` | a shell runs it; it must succeed |
//! | `sh fails` | the same; it must fail |
//! | `sh terminal 1` | takes the place of what runs in the other terminal, and goes on |
//! | `text` | each line is among those that the last shell printed; `…` stands for any text |
//! | `text terminal 1` | each line, in this order, is printed in the other terminal, which is waited for |
//!
//! The pages use a peer's usual port. Here `ccs` is a script that gives each page a port of its own.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use ccs_testkit::source_tree;
use rustix::process::{Pid, Signal, kill_process_group};

/// Longer than a virtual machine takes to start on a busy machine; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A block of a page: what stands behind the three ticks, and its lines.
type Block = (String, Vec<String>);

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => open = Some((info.to_owned(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    blocks
}

/// Tells whether a line is as the page shows it.
fn is_shown(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    for part in parts {
        let at = if part.is_empty() { Some(rest.len()) } else { rest.find(part) };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// What runs in the other terminal.
struct Terminal {
    child: Child,
    lines: Receiver<String>,
}

impl Terminal {
    fn open(mut shell: Command) -> Self {
        let (output, end) = std::io::pipe().unwrap();
        shell.stdout(end.try_clone().unwrap()).stderr(end);
        let child = shell.process_group(0).spawn().unwrap();
        // The command holds the other end of the pipe, too.
        drop(shell);
        let output = BufReader::new(output);
        let (sender, lines) = channel();
        // Ends with the output; nobody may listen any more.
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Waits for a line that the page shows.
    fn wait_for(&self, shown: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if is_shown(shown, line.trim()) {
                return;
            }
            seen.push(line);
        }
        panic!("terminal 1 does not print {shown:?}, but:\n{}", seen.join("\n"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // As the reader's Ctrl-C; whoever has ended already needs no signal.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::INT);
        }
        let _ = self.child.wait();
    }
}

/// Puts a `ccs` on the path that adds the page's own port.
fn put_ccs(bin: &Path) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ccs = cargo_bin("ccs");
    let script = format!(
        "#!/bin/sh\ncase $1 in\n\
         dev) exec {ccs} \"$@\" --listen 127.0.0.1:{port} --chaincode-listen 127.0.0.1:0 ;;\n\
         invoke | query) exec {ccs} \"$@\" --endpoint localhost:{port} ;;\n\
         *) exec {ccs} \"$@\" ;;\nesac\n",
        ccs = ccs.display()
    );
    fs::create_dir(bin).unwrap();
    fs::write(bin.join("ccs"), script).unwrap();
    fs::set_permissions(bin.join("ccs"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Works through a page.
fn work_through(page: &str) {
    let text = fs::read_to_string(source_tree().join("docs/tutorials").join(page)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join(".bin");
    put_ccs(&bin);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let shell = |script: &[String]| {
        let mut shell = Command::new("sh");
        shell
            .args(["-euc", &script.join("\n")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .stdin(Stdio::null());
        shell
    };
    let (mut terminal, mut output): (Option<Terminal>, String) = (None, String::new());
    for (info, lines) in blocks(&text) {
        match info.as_str() {
            "sh" | "sh fails" => {
                let done = shell(&lines).output().unwrap();
                // A result that goes into a pipe has no line break that a terminal would get.
                output = [done.stdout, done.stderr]
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                    .join("\n");
                assert_eq!(done.status.success(), info == "sh", "{lines:#?}\n{output}");
            }
            "sh terminal 1" => {
                drop(terminal.take());
                terminal = Some(Terminal::open(shell(&lines)));
            }
            "text" => {
                let mut printed = output.lines();
                for shown in &lines {
                    assert!(
                        printed.any(|line| is_shown(shown, line.trim_end())),
                        "{shown:?} is not in\n{output}"
                    );
                }
            }
            "text terminal 1" => {
                let terminal = terminal.as_ref().unwrap();
                for shown in &lines {
                    terminal.wait_for(shown);
                }
            }
            _ => panic!("{page} has a block that begins with {info:?}"),
        }
    }
}

#[test]
#[ignore = "needs node and npm"]
fn node() {
    work_through("node.md");
}

#[test]
#[ignore = "needs go"]
fn go() {
    work_through("go.md");
}

#[test]
#[ignore = "needs java and mvn"]
fn java() {
    work_through("java.md");
}

#[test]
fn dots_stand_for_any_text() {
    for (shown, line, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a…c", "abc", true),
        ("a…", "abc", true),
        ("…c", "abc", true),
        ("a…d", "abc", false),
        ("…a…", "banana", true),
    ] {
        assert_eq!(is_shown(shown, line), expected, "{shown} {line}");
    }
}

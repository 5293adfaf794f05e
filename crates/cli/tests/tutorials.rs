//! Works through the tutorials of `docs/tutorials` as a reader does: every block of a page, one after another, in an empty folder.
//!
//! | Block begins with | What happens |
//! | --- | --- |
//! | `sh` | a shell runs it; it must succeed |
//! | `sh fails` | the same; it must fail |
//! | `sh terminal N` | replaces the program in that terminal, and keeps running |
//! | `text` | each line is among those that the last shell printed; `…` stands for any text |
//! | `text terminal N` | the test waits until that terminal has printed each line, in this order |
//! | `console terminal N PROMPT` | the text after the prompt is typed there; other lines as above |
//!
//! At the end each terminal gets Ctrl-C, and no process that a block has started may be left.
//!
//! The pages use the usual ports of peers and debuggers. Here `ccs` is a script that assigns each page its own port, and
//! the debuggers' ports are exchanged for free ones.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use ccs_testkit::{source_tree, wait_for_exit};
use rustix::process::{Pid, Signal, kill_process_group};

/// Longer than a virtual machine takes to start on a busy machine; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where debuggers listen in the pages.
const DEBUGGERS: [&str; 3] = ["2345", "5005", "9229"];

/// The variable by which the processes of a page are known.
const MARK: &str = "CCS_TUTORIAL";

/// A block of a page: the text after the three ticks, and its lines.
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

/// Returns whether a line is as the page shows it.
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

/// What runs in another terminal.
struct Terminal {
    child: Child,
    keyboard: Option<ChildStdin>,
    printed: Receiver<Vec<u8>>,
    /// What was printed and the page has not shown yet.
    unread: Vec<u8>,
}

impl Terminal {
    fn open(mut shell: Command) -> Self {
        let (mut output, end) = std::io::pipe().unwrap();
        shell.stdin(Stdio::piped()).stdout(end.try_clone().unwrap()).stderr(end);
        let mut child = shell.process_group(0).spawn().unwrap();
        let keyboard = child.stdin.take();
        // The command holds the other end of the pipe, too.
        drop(shell);
        let (sender, printed) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, printed, unread: Vec::new() }
    }

    /// Waits until more is printed; false if nothing is.
    fn more(&mut self) -> bool {
        self.printed.recv_timeout(PATIENCE).is_ok_and(|printed| {
            self.unread.extend(printed);
            true
        })
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.unread.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// Waits for a line that the page shows.
    fn wait_for(&mut self, shown: &str) {
        let mut seen = Vec::new();
        while let Some(line) = self.line() {
            if is_shown(shown, &line) {
                return;
            }
            seen.push(line);
        }
        let unread = String::from_utf8_lossy(&self.unread);
        panic!("the terminal does not print {shown:?}, but:\n{}\n{unread}", seen.join("\n"));
    }

    /// Waits for the prompt, and types; what is typed shows behind the prompt.
    fn enter(&mut self, prompt: &str, typed: &str) {
        while !self.unread.trim_ascii_end().ends_with(prompt.as_bytes()) {
            let more = self.more();
            assert!(more, "no prompt for {typed:?}, but {}", String::from_utf8_lossy(&self.unread));
        }
        writeln!(self.keyboard.as_mut().unwrap(), "{typed}").unwrap();
        writeln!(self.unread, "{typed}").unwrap();
    }

    /// Repeats a dialog of the page.
    fn talk(&mut self, prompt: &str, lines: &[String]) {
        for line in lines {
            if let Some(typed) = line.strip_prefix(prompt) {
                self.enter(prompt, typed.trim_start());
            } else {
                // A prompt without input may precede it.
                self.wait_for(&format!("…{line}"));
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Like the reader's Ctrl-C; a process that has ended needs no signal.
        let signal = |signal| {
            if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, signal);
            }
        };
        drop(self.keyboard.take());
        signal(Signal::INT);
        while self.printed.recv_timeout(PATIENCE).is_ok() {}
        signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Returns the processes that a page has started and that are still there, with their commands.
fn left_behind(mark: &str) -> Vec<(String, String)> {
    let processes = fs::read_dir("/proc").unwrap().map_while(Result::ok).map(|entry| entry.path());
    // Foreign and ended processes cannot be read.
    let read = |file: PathBuf| String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
    let ours = processes.filter(|process| read(process.join("environ")).split('\0').any(|it| it == mark));
    let name = |process: &PathBuf| process.file_name().unwrap().to_string_lossy().into_owned();
    ours.map(|process| (name(&process), read(process.join("cmdline")).replace('\0', " "))).collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Puts a `ccs` on the path that adds the page's own port, and behind a result the line break that a terminal would get.
fn put_ccs(bin: &Path) {
    let port = free_port();
    let ccs = cargo_bin("ccs");
    let script = format!(
        "#!/bin/sh\ncase $1 in\n\
         dev) exec {ccs} \"$@\" --listen 127.0.0.1:{port} --chaincode-listen 127.0.0.1:0 ;;\n\
         invoke | query) {ccs} \"$@\" --endpoint localhost:{port} 2>\"$0.$$\"; code=$?\n\
         echo; cat \"$0.$$\" >&2; exit $code ;;\n\
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
    let text = DEBUGGERS.iter().fold(text, |text, port| text.replace(port, &free_port().to_string()));
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
            .env(MARK, folder.path())
            .stdin(Stdio::null());
        shell
    };
    let (mut terminals, mut output): (BTreeMap<String, Terminal>, String) = <_>::default();
    for (info, lines) in blocks(&text) {
        match info.splitn(4, ' ').collect::<Vec<_>>()[..] {
            ["sh"] | ["sh", "fails"] => {
                let done = shell(&lines).output().unwrap();
                output = [done.stdout, done.stderr]
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                    .concat();
                assert_eq!(done.status.success(), info == "sh", "{lines:#?}\n{output}");
            }
            ["sh", "terminal", number] => {
                drop(terminals.remove(number));
                terminals.insert(number.to_owned(), Terminal::open(shell(&lines)));
            }
            ["text"] => {
                let mut printed = output.lines();
                for shown in &lines {
                    assert!(
                        printed.any(|line| is_shown(shown, line.trim_end())),
                        "{shown:?} is not in\n{output}"
                    );
                }
            }
            ["text", "terminal", number] => {
                for shown in &lines {
                    terminals.get_mut(number).unwrap().wait_for(shown);
                }
            }
            ["console", "terminal", number, prompt] => {
                terminals.get_mut(number).unwrap().talk(prompt, &lines);
            }
            _ => panic!("{page} has a block that begins with {info:?}"),
        }
    }
    drop(terminals);
    let mark = format!("{MARK}={}", folder.path().display());
    for (process, command) in left_behind(&mark) {
        // What was killed takes a moment to be gone.
        assert!(wait_for_exit(&process, PATIENCE), "left behind: {command}");
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

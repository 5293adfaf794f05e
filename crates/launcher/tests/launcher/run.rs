//! `run`: from the call to the last process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::site::{Site, gone, said};

/// Prints its process ID, and runs until a signal stops it.
const RUNS: &str = "echo ready $$; exec sleep 100";

#[test]
fn the_fake_chaincode_gets_what_the_shims_need() {
    let site = Site::with_fake_chaincode(
        "env | sort; for argument; do echo argument $argument; done; pwd; cat; exit 7",
    );
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(46));
    let said = |text: &str| lines.iter().any(|line| line == &format!("chaincode basic_1.0: {text}"));
    let meta = site.path("meta").display().to_string();
    for text in [
        "CORE_CHAINCODE_ID_NAME=basic_1.0:abababababababababababababababababababababababababababababababab",
        "CORE_PEER_ADDRESS=peer0.example.com:7052",
        "CORE_PEER_TLS_ENABLED=true",
        &format!("CORE_TLS_CLIENT_KEY_PATH={meta}/tls/client.key"),
        &format!("HOME={meta}/work"),
        "argument -peer.address=peer0.example.com:7052",
        &format!("{meta}/work"),
    ] {
        assert!(said(text), "{text}: {lines:#?}");
    }
    let last = lines.last().unwrap();
    let expected = format!(
        "run basic_1.0: error 46 chaincode ended: the chaincode ended by itself with exit status 7; its last line: \
         {meta}/work; hint: its output is in the lines above; the next transaction starts it again"
    );
    assert_eq!(last, &expected);
    let key = fs::metadata(site.path("meta/tls/client.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(site.path("meta/tls/client_pem.key")).unwrap(), "KEY");
    assert!(!lines.iter().any(|line| line.contains("KEY") && !line.contains("CLIENT_KEY")), "{lines:#?}");
}

#[test]
fn sigterm_stops_the_fake_chaincode_at_once() {
    let site = Site::with_fake_chaincode(RUNS);
    let mut run = site.run("meta");
    let pid = run.says("chaincode basic_1.0: ready ");
    run.signal(Signal::TERM);
    let (code, took, lines) = run.ends();
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(lines.last().unwrap(), "run basic_1.0: the chaincode was stopped");
    gone(&pid);
}

#[test]
fn a_fake_chaincode_that_ignores_sigterm_is_gone_in_three_seconds_with_its_children() {
    let site = Site::with_fake_chaincode(
        "trap '' TERM; sleep 100 & echo child $!; echo ready; while true; do wait; done",
    );
    let mut run = site.run("meta");
    let child = run.says("child ");
    run.says("ready");
    run.signal(Signal::TERM);
    let (code, took, lines) = run.ends();
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(lines.last().unwrap().contains("SIGTERM did not end it in time"), "{lines:#?}");
    gone(&child);
}

#[test]
fn a_second_run_stops_the_first_quietly() {
    let site = Site::with_fake_chaincode(RUNS);
    let mut first = site.run("first");
    let old = first.says("ready ");
    let mut second = site.run("second");
    second.says("stops the earlier launch of the package, process ");
    let new = second.says("ready ");
    let (code, took, _) = first.ends();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    gone(&old);
    assert_ne!(old, new);
    second.signal(Signal::TERM);
    assert_eq!(second.ends().0, Some(0));
}

#[test]
fn sigterm_ends_a_run_that_waits_for_an_earlier_one() {
    let site = Site::with_fake_chaincode("trap '' TERM; echo ready $$; while true; do sleep 1; done");
    let mut first = site.run("first");
    let old = first.says("ready ");
    let mut second = site.run("second");
    second.says("stops the earlier launch of the package, process ");
    second.signal(Signal::TERM);
    let (code, took, _) = second.ends();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(first.ends().0, Some(0));
    gone(&old);
}

#[test]
fn when_run_is_killed_the_fake_chaincode_dies_with_its_children() {
    let site = Site::with_fake_chaincode("sleep 100 & echo child $!; echo ready $$; wait");
    let mut first = site.run("first");
    let child = first.says("child ");
    let pid = first.says("ready ");
    first.signal(Signal::KILL);
    gone(&pid);
    gone(&child);
    let mut second = site.run("second");
    second.says("ready ");
    second.signal(Signal::TERM);
    assert_eq!(second.ends().0, Some(0));
}

#[test]
fn when_nobody_reads_stderr_run_ends_with_the_fake_chaincode() {
    let site = Site::with_fake_chaincode(
        "trap 'echo more' USR1; echo ready $$; while true; do sleep 100 & wait $!; done",
    );
    let mut run = site.run("meta");
    let pid = run.says("ready ");
    run.stop_reading();
    // The next line has no reader, because the pipe is closed.
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::USR1).unwrap();
    gone(&pid);
    assert_eq!(run.ends().0, Some(0));
}

#[test]
fn a_fake_chaincode_that_ends_at_once_is_a_failure_whatever_its_status() {
    let site = Site::with_fake_chaincode("exit 0");
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(46));
    assert!(
        lines.last().unwrap().contains("ended by itself with exit status 0 and wrote nothing"),
        "{lines:#?}"
    );
}

#[test]
fn long_lines_of_the_fake_chaincode_are_cut_and_the_next_ones_follow() {
    let site = Site::with_fake_chaincode("head -c 200000 /dev/zero | tr '\\0' x; echo; echo next; exit 1");
    let (_, _, lines) = site.run("meta").ends();
    let long = lines.iter().find(|line| line.contains("xxx")).unwrap();
    assert_eq!(long.len(), 4_095);
    assert!(lines.contains(&"chaincode basic_1.0: next".to_owned()), "{lines:#?}");
}

#[test]
fn limits_hold_for_the_fake_chaincode() {
    let site = Site::with_fake_chaincode("ulimit -n; ulimit -c; nice; exit 1");
    let settings = "platform: process\nprocess: {limits: {open_files: 77}}\nchaincodes:\n- match: {label: 'basic*'}\n  process: {limits: {nice: 3}}\n";
    fs::write(site.path("launch.yaml"), settings).unwrap();
    let (_, _, lines) = site.run("meta").ends();
    let said: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("chaincode basic_1.0: ")).collect();
    let nice = rustix::process::getpriority_process(None).unwrap() + 3;
    assert_eq!(said, ["77", "0", nice.to_string().as_str()], "{lines:#?}");
}

#[test]
fn a_program_without_its_interpreter_is_named() {
    let site = Site::new("platform: process\n", "binary");
    site.source("chaincode", "#!/not/there\n");
    assert!(site.build().status.success());
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!(code, Some(22));
    let expected = format!(
        "run basic_1.0: error 22 binary: cannot execute {}: No such file or directory (os error 2); hint: a program that \
         needs shared libraries or an interpreter needs them on the peer's host; build it static",
        site.path("bld/chaincode").display()
    );
    assert_eq!(lines.last().unwrap(), &expected);
}

#[test]
fn broken_settings_fail_the_launch() {
    let site = Site::with_fake_chaincode(RUNS);
    fs::write(site.path("launch.yaml"), "platform: [").unwrap();
    let (code, _, lines) = site.run("meta").ends();
    assert_eq!((code, lines.len()), (Some(24), 1), "{lines:#?}");
    assert!(lines[0].starts_with("run basic_1.0: error 24 launch settings: launch.yaml: "), "{lines:#?}");
    assert!(said(&site.detect()).is_empty());
}

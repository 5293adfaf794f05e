//! Launches against a fake API server, one for each folder of `cases/`. They cover each row of the tables of [`crate::verdict`] and
//! [`crate::refusal`], from the calls to the line in the peer's log. `cargo xtask kubernetes` uses a real cluster, which cannot produce
//! all of these errors; the cases quote its texts.
//!
//! The client, its connections and its requests are real. The time is simulated: it advances in steps when all tasks are idle, so a
//! timeout of a minute does not take a minute.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `case` | the events of a case, and the launch that observes them |
//! | `api` | the objects, and how the fake server handles a call |
//! | `http` | the connections |

mod api;
mod case;
mod http;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use case::Case;

/// The roles, by the name of the file with the expected result.
const ROLES: [&str; 2] = ["client", "server"];

/// Returns the folders of all cases.
fn folders() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut folders: Vec<_> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Runs all cases in a role, and returns those that do not end as expected.
fn wrong(role: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for folder in folders() {
        let said = Case::read(&folder.join("case.yaml")).play(role);
        let file = folder.join(role).with_extension("txt");
        if std::env::var_os("CCS_BLESS").is_some() {
            match &said {
                Some(said) => fs::write(&file, said).unwrap(),
                None => drop(fs::remove_file(&file)),
            }
        }
        let expected = fs::read_to_string(&file).ok();
        if said != expected {
            let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
            let [expected, said] = [expected, said].map(Option::unwrap_or_default);
            wrong.push(format!("--- {name}: expected\n{expected}--- {name}: happened\n{said}"));
        }
    }
    wrong
}

#[test]
fn each_case_on_a_fake_api_server_ends_as_expected() {
    let wrong = thread::scope(|scope| {
        let roles = ROLES.map(|role| scope.spawn(move || wrong(role)));
        roles.map(|role| role.join().unwrap()).concat()
    });
    assert!(wrong.is_empty(), "`cargo xtask bless tests` records what happens\n{}", wrong.join("\n"));
}

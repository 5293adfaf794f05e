//! Checks the host's requirements for launching processes.

use std::env;
use std::path::{Path, PathBuf};

use ccs_launch::ExitCode;
use ccs_launch::settings::{Language, Settings, User};
use ccs_launch_site::account;
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use super::{Item, Outcome};

const FEATURE: &str = "processes";

/// Checks the tools, and the folders from which programs are started.
pub(super) fn look(settings: &Settings, builds: Option<&Path>) -> Vec<Item> {
    let mut items = Vec::new();
    let temporary = env::temp_dir();
    let cache = settings.build.cache.clone().unwrap_or_else(|| temporary.clone());
    let mut folders = vec![("temporary files", temporary.as_path())];
    if !settings.languages.is_empty() {
        folders.push(("build.cache", &cache));
    }
    folders.extend(builds.map(|builds| ("builds of the peer", builds)));
    items.extend(folders.into_iter().map(|(name, folder)| starts_programs(name, folder)));
    let mut users: Vec<&User> = Vec::new();
    for user in settings.users() {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let mut entered = vec![("TMPDIR", temporary.as_path())];
    if !settings.languages.is_empty() {
        entered.push(("build.cache", &cache));
    }
    items.extend(users.into_iter().map(|user| can_be(user, &entered)));
    for language in &settings.languages {
        let (needed, one_of): (&[&str], &[&str]) = match language {
            Language::Golang => (&["go"], &[]),
            Language::Node => (&["node", "npm"], &[]),
            Language::Java => (&["java"], &["mvn", "gradle"]),
        };
        let name = language.name();
        items.extend(needed.iter().map(|tool| has(name, tool)));
        if !one_of.is_empty() {
            items.push(has_one(name, one_of));
        }
    }
    items
}

/// Checks whether this process could start chaincode as a user, and whether that user can enter the necessary folders.
fn can_be(user: &User, folders: &[(&str, &Path)]) -> Item {
    let entered = account::of(Some(user)).and_then(|account| {
        let Some(account) = account else { return Ok("the user of this process".to_owned()) };
        for (name, folder) in folders {
            // A build creates a missing folder so that the user can enter it, but does not change its parents.
            let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
            account::check_entry(account, there, name)?;
        }
        Ok(format!("{account}, which can enter the folders that it needs"))
    });
    let outcome = match entered {
        Ok(message) => Outcome::There(message),
        Err(failure) => Outcome::Missing(failure.to_string(), failure.hint().map(str::to_owned)),
    };
    Item::of(FEATURE, format!("user {user}"), ExitCode::Settings, outcome)
}

fn starts_programs(name: &str, folder: &Path) -> Item {
    let what = format!("{name}: {}", folder.display());
    let outcome = match statvfs(folder) {
        Ok(found) if found.f_flag.contains(StatVfsMountFlags::NOEXEC) => Outcome::Missing(
            "it is mounted noexec, so no program in it starts".to_owned(),
            Some("name another folder, or mount it without noexec".to_owned()),
        ),
        Ok(_) => Outcome::There("programs in it may be started".to_owned()),
        Err(error) => Outcome::Missing(
            format!("cannot look at it: {error}"),
            Some("name a folder that the peer can write".to_owned()),
        ),
    };
    Item::of(FEATURE, what, ExitCode::Binary, outcome)
}

fn has(language: &str, tool: &str) -> Item {
    let outcome = match find(tool) {
        Some(path) => Outcome::There(path.display().to_string()),
        None => Outcome::Missing(
            format!("{tool} is not on the PATH"),
            Some(format!("install {tool}, and let the peer propagate PATH to the builder")),
        ),
    };
    Item::of(language, tool, ExitCode::Language, outcome)
}

fn has_one(language: &str, tools: &[&str]) -> Item {
    let what = tools.join(" or ");
    let outcome = match tools.iter().find_map(|tool| find(tool)) {
        Some(path) => Outcome::There(path.display().to_string()),
        None => Outcome::Optional(
            format!("{what} is not on the PATH"),
            Some("without it, only packages that bring mvnw or gradlew are built".to_owned()),
        ),
    };
    Item::of(language, what, ExitCode::Language, outcome)
}

/// Finds a program on the PATH.
fn find(tool: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut places = env::split_paths(&path).map(|folder| folder.join(tool));
    places.find(|place| place.is_file() && access(place, Access::EXEC_OK).is_ok())
}

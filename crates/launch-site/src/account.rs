//! The user of a process in the settings, and the folders that this user can enter.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use ccs_builder::input::{self, ReadError};
use ccs_launch::account::{Account, FILE, MAX_SIZE};
use ccs_launch::settings::User;
use ccs_launch::{ExitCode, Failure};
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, capabilities};

/// Finds the user of the settings; [`None`] if it is the user of this process. Any other user requires root.
pub fn of(user: Option<&User>) -> Result<Option<Account>, Failure> {
    let Some(user) = user else { return Ok(None) };
    let own = Account { user: geteuid().as_raw(), group: getegid().as_raw() };
    let passwd = match input::read(Path::new(FILE), MAX_SIZE) {
        Err(ReadError::Missing) => Ok(Vec::new()),
        found => found.map_err(|error| {
            Failure::new(ExitCode::Settings, format!("process.user: cannot read {FILE}: {error}"))
        }),
    }?;
    let account = Account::find(user, &passwd)?;
    if !account.is_other(own)? {
        return Ok(None);
    }
    let has = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    check_capabilities(has)?;
    Ok(Some(account))
}

/// The capabilities for starting, building and stopping as another user; root in a container may lack some.
const NEEDED: [(CapabilitySet, &str); 6] = [
    (CapabilitySet::CHOWN, "CHOWN"),
    (CapabilitySet::DAC_OVERRIDE, "DAC_OVERRIDE"),
    (CapabilitySet::FOWNER, "FOWNER"),
    (CapabilitySet::KILL, "KILL"),
    (CapabilitySet::SETGID, "SETGID"),
    (CapabilitySet::SETUID, "SETUID"),
];

fn check_capabilities(has: CapabilitySet) -> Result<(), Failure> {
    let missing: Vec<_> =
        NEEDED.into_iter().filter(|(needed, _)| !has.contains(*needed)).map(|(_, name)| name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let reason = format!("process.user: the peer lacks the capabilities {}", missing.join(", "));
    Err(Failure::new(ExitCode::Settings, reason)
        .with_hint("grant them to the container of the peer, or leave process.user out"))
}

/// Checks that a user can enter a folder and each of its parents.
pub fn check_entry(account: Account, folder: &Path, name: &str) -> Result<(), Failure> {
    let absolute = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    for place in absolute.ancestors() {
        let found = fs::metadata(place).map_err(|error| {
            Failure::new(ExitCode::Settings, format!("cannot look at {}: {error}", place.display()))
        })?;
        let bit = if found.uid() == account.user {
            0o100
        } else if found.gid() == account.group {
            0o010
        } else {
            0o001
        };
        if found.mode() & bit == 0 {
            let reason = format!("process.user: {account} cannot enter {}", place.display());
            return Err(Failure::new(ExitCode::Settings, reason).with_hint(format!(
                "name another folder as {name}, or allow all users to pass through with chmod o+x"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn missing_capabilities_are_named() {
        check_capabilities(CapabilitySet::all()).unwrap();
        let line = check_capabilities(CapabilitySet::all() - CapabilitySet::KILL - CapabilitySet::SETUID);
        let expected = "error 24 launch settings: process.user: the peer lacks the capabilities KILL, SETUID; hint: grant";
        let line = line.unwrap_err().line();
        assert!(line.starts_with(expected), "{line}");
    }

    #[test]
    fn a_folder_that_another_user_cannot_enter_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let inner = temporary.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let mode = |mode| fs::set_permissions(temporary.path(), fs::Permissions::from_mode(mode)).unwrap();
        let account = Account { user: 4_000_001, group: 4_000_001 };
        mode(0o711);
        assert_eq!(check_entry(account, &inner, "TMPDIR"), Ok(()));
        mode(0o700);
        let expected = format!(
            "error 24 launch settings: process.user: 4000001:4000001 cannot enter {}; hint: name another folder as TMPDIR, \
             or allow all users to pass through with chmod o+x",
            temporary.path().display()
        );
        assert_eq!(check_entry(account, &inner, "TMPDIR").unwrap_err().line(), expected);
    }
}

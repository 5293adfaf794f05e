//! Users of the system, by number, as /etc/passwd lists them.

use std::fmt;

use crate::settings::User;
use crate::{ExitCode, Failure};

/// The file in which names are looked up.
pub const FILE: &str = "/etc/passwd";

/// The largest file, in bytes, that is read.
pub const MAX_SIZE: u64 = 4 << 20;

/// A user and a group of the system, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.user, self.group)
    }
}

impl Account {
    /// Finds the user of the settings in the content of /etc/passwd; a user with a group needs no lookup.
    pub fn find(user: &User, passwd: &[u8]) -> Result<Self, Failure> {
        let found = match user {
            User::Number { user, group: Some(group) } => return Ok(Self { user: *user, group: *group }),
            User::Number { user, group: None } => {
                accounts(passwd).find(|(_, account)| account.user == *user).ok_or_else(|| {
                    refused(format!("{user} is not in {FILE}, so its group is not known"))
                        .with_hint(format!("write user and group, such as '{user}:{user}'"))
                })
            }
            User::Name(name) => {
                accounts(passwd).find(|(found, _)| *found == name.as_bytes()).ok_or_else(|| {
                    refused(format!("{name:?} is not in {FILE}")).with_hint(
                        "make that user, or write the numbers of a user and a group, such as '10001:10001'",
                    )
                })
            }
        };
        found.map(|(_, account)| account)
    }

    /// Tells whether this process, which runs as `own`, has to change to the account; it can only if `own` is root.
    pub fn is_other(self, own: Self) -> Result<bool, Failure> {
        if self == own {
            return Ok(false);
        }
        if own.user != 0 {
            let reason = format!("{self} is not the user of the peer, which is {own} and not root");
            return Err(refused(reason)
                .with_hint("leave process.user out: only root can start a process as another user"));
        }
        if self.user == own.user || self.group == own.group {
            let reason =
                format!("{self} has the user or the group of the peer, so it could read the peer's files");
            return Err(refused(reason).with_hint("name a user and a group that no other program uses"));
        }
        Ok(true)
    }
}

/// Returns a failure of the setting.
fn refused(reason: impl fmt::Display) -> Failure {
    Failure::new(ExitCode::Settings, format!("process.user: {reason}"))
}

/// Reads the lines of /etc/passwd (passwd(5)): the name, a password, the user, the group, and more.
fn accounts(passwd: &[u8]) -> impl Iterator<Item = (&[u8], Account)> {
    passwd.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next()?;
        fields.next()?;
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        Some((name, Account { user: number()?, group: number()? }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n# none\n+::::::\nchaincode:x:10001:10002::/:/x\nnobody:*:65534:65534:::\n";

    fn found(user: &str) -> Result<String, String> {
        let user = user.parse().unwrap();
        Account::find(&user, PASSWD).map(|it| it.to_string()).map_err(|failure| failure.line())
    }

    #[test]
    fn a_user_is_found_by_name_or_number() {
        assert_eq!(found("chaincode").unwrap(), "10001:10002");
        assert_eq!(found("nobody").unwrap(), "65534:65534");
        assert_eq!(found("10001").unwrap(), "10001:10002");
        assert_eq!(found("7:8").unwrap(), "7:8");
        assert_eq!(
            found("other").unwrap_err(),
            "error 24 launch settings: process.user: \"other\" is not in /etc/passwd; hint: make that user, or write the \
             numbers of a user and a group, such as '10001:10001'"
        );
        assert_eq!(
            found("7").unwrap_err(),
            "error 24 launch settings: process.user: 7 is not in /etc/passwd, so its group is not known; hint: write user \
             and group, such as '7:7'"
        );
    }

    #[test]
    fn only_root_starts_a_process_as_another_user() {
        let account = |user, group| Account { user, group };
        let root = account(0, 0);
        assert_eq!(account(7, 8).is_other(root), Ok(true));
        assert_eq!(root.is_other(root), Ok(false));
        assert_eq!(account(7, 8).is_other(account(7, 8)), Ok(false));
        let line = account(7, 8).is_other(account(1000, 1000)).unwrap_err().line();
        let expected = "error 24 launch settings: process.user: 7:8 is not the user of the peer, which is 1000:1000 and \
                        not root; hint: leave process.user out";
        assert!(line.starts_with(expected), "{line}");
        for account in [account(7, 0), account(0, 7)] {
            let line = account.is_other(root).unwrap_err().line();
            assert!(line.contains("has the user or the group of the peer"), "{line}");
        }
    }
}

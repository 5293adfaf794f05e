//! The result of a build as another user.
//!
//! Code of the package has run as that user, and may still be running. Therefore the launcher reads the result name by name in open
//! folders, does not follow links, and takes only files that the user owns: for example, no hard link to a file of root.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, lchown, symlink,
};
use std::path::{Path, PathBuf};

use ccs_builder::folder::{Folder, Kind};
use ccs_builder::input;
use ccs_launch::process::OtherUser;
use ccs_launch::{Account, ExitCode, Failure};
use ccs_launch_process::users_folder;
use ccs_launch_site::account;

/// The maximum number of files and folders of a build.
const MAX_ENTRIES: u64 = 500_000;

/// The maximum size of a build, in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// The maximum depth of folders of a build, below the top of the package.
const MAX_DEPTH: u32 = 100;

/// Returns the cache of a user's tools: one for each user, below the folder of the settings.
pub(crate) fn cache(other: &OtherUser, named: Option<&Path>, temporary: &Path) -> Result<PathBuf, Failure> {
    let OtherUser { account, .. } = other;
    let parent = match named {
        Some(named) => {
            make_parent(named).map_err(|error| cannot("make", named, &error))?;
            named.to_owned()
        }
        None => users_folder(temporary)?,
    };
    account::check_entry(*account, &parent, "build.cache")?;
    let cache = parent.join(format!("cache-{}", account.user));
    if !cache.exists() {
        let draft = parent.join(format!("cache-{}-{}", account.user, std::process::id()));
        let made = make_cache(*account, &draft).and_then(|()| fs::rename(&draft, &cache));
        // Another build of the user may have created the cache meanwhile, and be using it.
        if let Err(error) = made
            && !cache.exists()
        {
            let _ = fs::remove_dir_all(&draft);
            return Err(cannot("make", &cache, &error));
        }
        let _ = fs::remove_dir_all(&draft);
    }
    let found = fs::symlink_metadata(&cache).map_err(|error| cannot("read", &cache, &error))?;
    if !found.is_dir() || found.uid() != account.user {
        let reason = format!("{} does not belong to the user {account}", cache.display());
        return Err(Failure::new(ExitCode::InputOutput, reason).with_hint("remove it; it is made again"));
    }
    Ok(cache)
}

/// Creates the folder of the settings, which other users can enter.
fn make_parent(named: &Path) -> io::Result<()> {
    if named.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o711).create(named)?;
    // The umask of the peer may have removed the rights of others.
    fs::set_permissions(named, Permissions::from_mode(0o711))
}

/// Creates the cache of a user, under its final name only when it is complete.
fn make_cache(account: Account, draft: &Path) -> io::Result<()> {
    let home = draft.join("home");
    DirBuilder::new().mode(0o700).create(draft)?;
    DirBuilder::new().mode(0o700).create(&home)?;
    for path in [&home, draft] {
        lchown(path, Some(account.user), Some(account.group))?;
    }
    Ok(())
}

/// Reads a file of the build.
pub(crate) fn take_file(other: &OtherUser, path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let name = path.file_name().unwrap_or_default();
    let parent = open(other, path.parent().unwrap_or(path)).map_err(|error| error.to_string())?;
    let file = parent.file(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    check(&file, other.account).map_err(|error| error.to_string())?;
    input::read_file(file, limit).map_err(|error| error.to_string())
}

/// Copies files into a folder, which may exist: programs with mode 0700, other files with 0600, links unchanged.
pub(crate) fn take_tree(other: &OtherUser, from: &Path, to: &Path) -> Result<(), Failure> {
    let mut taking = Taking { account: other.account, entries: 0, bytes: 0 };
    let taken = open(other, from).and_then(|folder| taking.folder(&folder, to, 0));
    taken.map_err(|error| {
        Failure::new(ExitCode::Language, format!("cannot take over the result of the build: {error}"))
            .with_hint(format!(
                "a build may make {MAX_ENTRIES} files and folders, {MAX_DEPTH} levels deep, with {} GiB, and no pipes or devices",
                MAX_BYTES >> 30
            ))
    })
}

/// Opens a folder below that of the user.
fn open(other: &OtherUser, path: &Path) -> io::Result<Folder> {
    let below = path.strip_prefix(&other.folder).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut folder = Folder::open(&other.folder)?;
    for name in below {
        folder = folder.folder(name)?;
    }
    Ok(folder)
}

fn check(file: &fs::File, account: Account) -> io::Result<()> {
    let found = file.metadata()?;
    if found.uid() == account.user { Ok(()) } else { Err(io::Error::other("it does not belong to the user")) }
}

/// A copy in progress, with its limits.
struct Taking {
    account: Account,
    entries: u64,
    bytes: u64,
}

impl Taking {
    fn folder(&mut self, folder: &Folder, to: &Path, depth: u32) -> io::Result<()> {
        check(folder.handle(), self.account)?;
        if depth > MAX_DEPTH {
            return Err(io::Error::other(format!("folders are deeper than {MAX_DEPTH}")));
        }
        for entry in folder.entries()? {
            let (name, kind) = entry?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(io::Error::other(format!("there are more than {MAX_ENTRIES} files")));
            }
            let taken = self.entry(folder, (&name, kind), &to.join(&name), depth);
            taken.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", name.display())))?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: &Folder,
        (name, kind): (&OsStr, Kind),
        to: &Path,
        depth: u32,
    ) -> io::Result<()> {
        match kind {
            Kind::Folder => {
                DirBuilder::new().mode(0o700).create(to)?;
                self.folder(&folder.folder(name)?, to, depth + 1)
            }
            Kind::Link => symlink(folder.link(name)?, to),
            Kind::File => self.file(folder.file(name)?, to),
            Kind::Other => Err(io::Error::other("it is a pipe, socket or device")),
        }
    }

    fn file(&mut self, mut file: fs::File, to: &Path) -> io::Result<()> {
        check(&file, self.account)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let mode = if found.mode() & 0o100 == 0 { 0o600 } else { 0o700 };
        let mut copy = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
        let left = MAX_BYTES - self.bytes;
        self.bytes += io::copy(&mut (&mut file).take(left + 1), &mut copy)?;
        if self.bytes > MAX_BYTES {
            return Err(io::Error::other(format!("there are more than {MAX_BYTES} bytes")));
        }
        Ok(())
    }
}

fn cannot(action: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::system(action, path, error)
        .with_hint("build.cache in launch.yaml names a folder that the peer can write")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a folder of this user, as if it were another one's.
    fn site() -> (tempfile::TempDir, OtherUser) {
        let temporary = tempfile::tempdir().unwrap();
        let found = fs::metadata(temporary.path()).unwrap();
        let account = Account { user: found.uid(), group: found.gid() };
        let folder = temporary.path().join("own");
        fs::create_dir_all(folder.join("src/deep")).unwrap();
        (temporary, OtherUser { account, folder })
    }

    #[test]
    fn files_are_taken_with_private_modes_and_links_as_they_are() {
        let (temporary, other) = site();
        let (from, to) = (other.folder.join("src"), temporary.path().join("to"));
        for (name, mode) in [("deep/program", 0o6755), ("text", 0o644)] {
            fs::write(from.join(name), name).unwrap();
            fs::set_permissions(from.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink("deep/program", from.join("link")).unwrap();
        fs::create_dir(&to).unwrap();
        take_tree(&other, &from, &to).unwrap();
        let mode = |name: &str| fs::symlink_metadata(to.join(name)).unwrap().mode() & 0o7777;
        assert_eq!((mode("deep"), mode("deep/program"), mode("text")), (0o700, 0o700, 0o600));
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("deep/program"));
        assert_eq!(take_file(&other, &from.join("text"), 10).unwrap(), b"text");
    }

    #[test]
    fn no_link_leads_to_a_file_outside() {
        let (temporary, other) = site();
        let secret = temporary.path().join("secret");
        fs::create_dir(&secret).unwrap();
        fs::write(secret.join("program"), "SECRET").unwrap();
        symlink(secret.join("program"), other.folder.join("program")).unwrap();
        symlink(&secret, other.folder.join("target")).unwrap();
        for (place, expected) in [("program", "symbolic link"), ("target/program", "Not a directory")] {
            let error = take_file(&other, &other.folder.join(place), 100).unwrap_err();
            assert!(error.contains(expected), "{place}: {error}");
        }
        assert_eq!(take_file(&other, &other.folder.join("x"), 9).unwrap_err(), "there is no such file");
    }

    #[test]
    fn what_belongs_to_another_user_is_not_taken() {
        let (temporary, other) = site();
        let (from, to) = (other.folder.join("src"), temporary.path().join("to"));
        fs::write(from.join("file"), "x").unwrap();
        let stranger = OtherUser { account: Account { user: 4_000_001, group: 4_000_001 }, ..other };
        let expected = "it does not belong to the user";
        assert_eq!(take_file(&stranger, &from.join("file"), 9).unwrap_err(), expected);
        let line = take_tree(&stranger, &from, &to).unwrap_err().line();
        let expected =
            format!("error 23 language build: cannot take over the result of the build: {expected}; hint: ");
        assert!(line.starts_with(&expected), "{line}");
    }
}

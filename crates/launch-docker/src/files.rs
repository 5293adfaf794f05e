//! The files of a container. They are uploaded before it starts, so that the engine may be on another machine.

use std::path::Path;

use bollard::body_full;
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use ccs_launch::docker::Plan;
use ccs_launch::shim::File;
use ccs_launch::{ExitCode, Failure};

use crate::connect::Engine;
use crate::refusal::Refusal;

/// Returns the folder of the files if it must be a volume, because an engine cannot upload files to a read-only root file system.
pub(crate) fn volume(plan: &Plan) -> Option<&str> {
    let folder = plan.files.first()?.path.parent()?;
    folder.to_str().filter(|_| plan.host_config.readonly_rootfs)
}

/// Uploads the files to the container.
pub(crate) async fn upload(engine: &Engine, plan: &Plan, id: &str) -> Result<(), Failure> {
    if plan.files.is_empty() {
        return Ok(());
    }
    let root = volume(plan).unwrap_or("/");
    let archive = archive(&plan.files, Path::new(root)).map_err(|error| {
        Failure::new(
            ExitCode::InputOutput,
            format!("cannot pack the certificates for the container: {error}"),
        )
    })?;
    let options = UploadToContainerOptionsBuilder::new().path(root).build();
    let uploaded = engine.docker.upload_to_container(id, Some(options), body_full(archive.into())).await;
    uploaded.map_err(|error| {
        Refusal::of(&error).failure(
            "put the certificates into the container",
            ExitCode::NotReady,
            &format!(
                "the image must let files be written below {}",
                plan.files.first().and_then(|file| file.path.parent()).unwrap_or(Path::new("/")).display()
            ),
        )
    })
}

/// Packs files and their parent folders, with paths relative to a folder.
fn archive(files: &[File], root: &Path) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut folders: Vec<_> = files
        .iter()
        .filter_map(|file| file.path.parent()?.strip_prefix(root).ok())
        // Folders of the image remain unchanged.
        .flat_map(|folder| folder.ancestors().filter(|folder| folder.components().count() > 1))
        .collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        let mut header = header(tar::EntryType::Directory, 0o755, 0);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    for file in files {
        let path = file.path.strip_prefix(root).unwrap_or(&file.path);
        let mut header = header(tar::EntryType::Regular, file.mode, file.content.len() as u64);
        archive.append_data(&mut header, path, file.content.as_slice())?;
    }
    archive.into_inner()
}

fn header(entry_type: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(entry_type);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_holds_the_files_and_the_folders_above_them() {
        let file = |name: &str, content: &str| File {
            path: Path::new("/etc/hyperledger/fabric").join(name),
            content: content.into(),
            mode: 0o644,
        };
        let files = [file("peer.crt", "ROOT"), file("client.key", "KEY")];
        let entries = |root: &str| {
            let archive = archive(&files, Path::new(root)).unwrap();
            let mut archive = tar::Archive::new(archive.as_slice());
            let entries = archive.entries().unwrap().map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = String::new();
                std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
                let header = entry.header();
                format!(
                    "{} {:o} {} {content}",
                    entry.path().unwrap().display(),
                    header.mode().unwrap(),
                    header.uid().unwrap()
                )
            });
            entries.collect::<Vec<_>>()
        };
        assert_eq!(
            entries("/"),
            [
                "etc/hyperledger 755 0 ",
                "etc/hyperledger/fabric 755 0 ",
                "etc/hyperledger/fabric/peer.crt 644 0 ROOT",
                "etc/hyperledger/fabric/client.key 644 0 KEY",
            ]
        );
        assert_eq!(entries("/etc/hyperledger/fabric"), ["peer.crt 644 0 ROOT", "client.key 644 0 KEY"]);
    }
}

//! Images made from files of this machine, loaded without a registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xtask_base::image::{Image, NOBODY};

use crate::engine::{Engine, output};
use crate::registry::Registry;

/// Images that an engine has, by their names, with the ID of each. They are removed when this is dropped.
pub struct Images<'a> {
    engine: &'a Engine,
    folder: tempfile::TempDir,
    busybox: PathBuf,
    ids: BTreeMap<String, String>,
}

impl<'a> Images<'a> {
    /// Begins without images; those with a shell get it from this busybox.
    pub fn new(engine: &'a Engine, busybox: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("images-").tempdir()?;
        Ok(Self { engine, folder, busybox: busybox.to_owned(), ids: BTreeMap::new() })
    }

    /// Begins without images on another engine.
    pub fn on<'b>(&self, engine: &'b Engine) -> Result<Images<'b>> {
        Images::new(engine, &self.busybox)
    }

    /// Loads an image in which a shell runs a script.
    pub fn shell(&mut self, name: &str, script: &str) -> Result<()> {
        let busybox = self.busybox.clone();
        self.load(name, &[(&busybox, "bin/busybox")], &["/bin/busybox", "sh", "-c", script])
    }

    /// Loads an image with a program, and a shell that starts it.
    pub fn with_program(&mut self, name: &str, program: &Path, script: &str) -> Result<()> {
        let busybox = self.busybox.clone();
        let files: &[(&Path, &str)] = &[(&busybox, "bin/busybox"), (program, "program")];
        self.load(name, files, &["/bin/busybox", "sh", "-c", script])
    }

    /// Loads an image that holds a file alone, which is its command.
    pub fn command(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content)?;
        self.load(name, &[(&file, "command")], &["/command"])
    }

    /// Loads an image whose command is not there.
    pub fn without_program(&mut self, name: &str) -> Result<()> {
        self.load(name, &[], &["/not/there"])
    }

    /// Loads an image of files and folders, each with its place.
    pub fn load(&mut self, name: &str, files: &[(&Path, &str)], command: &[&str]) -> Result<()> {
        let tag = tag(name);
        let archive = self.folder.path().join(format!("{name}.tar"));
        Image { name: &tag, files, command, user: NOBODY }.write(&archive)?;
        self.engine.output(["load".as_ref(), "--input".as_ref(), archive.as_os_str()])?;
        let id = output(&mut self.engine.docker(["image", "inspect", "--format", "{{.Id}}", &tag]))?;
        self.ids.insert(name.to_owned(), id.trim().to_owned());
        Ok(())
    }

    /// Returns the ID of an image.
    pub fn id(&self, name: &str) -> Result<&str> {
        self.ids.get(name).map(String::as_str).with_context(|| format!("there is no image {name}"))
    }

    /// Starts a registry with an image in which a shell runs a script.
    pub fn registry(&self, script: &str, authorization: &str) -> Result<Registry> {
        let files: &[(&Path, &str)] = &[(&self.busybox, "bin/busybox")];
        let command = ["/bin/busybox", "sh", "-c", script];
        Registry::start(&Image { name: "shell", files, command: &command, user: NOBODY }, authorization)
    }

    /// Returns the content of image.json: the name, and the ID instead of a digest.
    pub fn json(&self, name: &str) -> Result<String> {
        Ok(format!(r#"{{"name":"{}","digest":"{}"}}"#, repository(name), self.id(name)?))
    }
}

impl Drop for Images<'_> {
    fn drop(&mut self) {
        for name in self.ids.keys() {
            let _ = self.engine.output(["rmi", "--force", &tag(name)]);
        }
    }
}

fn repository(name: &str) -> String {
    format!("fabric-ccs-test/{name}")
}

/// Returns the name and tag under which an image is loaded.
#[must_use]
pub fn tag(name: &str) -> String {
    format!("{}:1", repository(name))
}

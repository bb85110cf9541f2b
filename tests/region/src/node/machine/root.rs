//! The root file system of one machine: a writable overlay over the cached tree, which is never written to.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::command::run;

/// A file to be laid into a root file system before it boots.
#[derive(Debug, Clone)]
pub struct File {
    /// Absolute path inside the machine.
    pub path: String,
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

impl File {
    /// A file that everyone may read.
    pub fn text(path: &str, content: impl Into<String>) -> Self {
        Self { path: path.to_owned(), content: content.into().into_bytes(), mode: 0o644 }
    }
}

/// A mounted overlay.
#[derive(Debug)]
pub struct Root {
    folder: PathBuf,
    /// Whether `folder` is a disk of its own.
    disk: bool,
}

impl Root {
    /// Mounts a fresh overlay over `tree`, keeping what is written below `folder`, which holds no more than `disk`
    /// bytes if that is given.
    ///
    /// # Errors
    /// When the folders or a mount cannot be made.
    pub async fn mount(tree: &Path, folder: &Path, disk: Option<u64>) -> Result<Self> {
        if let Some(bytes) = disk {
            fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
            let size = format!("size={bytes}");
            run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", &folder.to_string_lossy()]).await?;
        }
        for part in ["upper", "work", "root", "docker"] {
            fs::create_dir_all(folder.join(part)).with_context(|| format!("could not make {}", folder.display()))?;
        }
        let layers = format!(
            "lowerdir={},upperdir={},workdir={}",
            tree.display(),
            folder.join("upper").display(),
            folder.join("work").display()
        );
        let root = Self { folder: folder.to_owned(), disk: disk.is_some() };
        run("mount", &["-t", "overlay", "overlay", "-o", &layers, &root.path().to_string_lossy()]).await?;
        Ok(root)
    }

    /// Where the machine's root directory is on this system.
    pub fn path(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// Writes a file into it, through no link: a link in its place is replaced.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &File) -> Result<()> {
        let path = self.inside(&file.path);
        let context = || format!("could not write {}", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        self.delete(&file.path)?;
        fs::write(&path, &file.content).with_context(context)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(file.mode)).with_context(context)
    }

    /// Deletes a file of it, if there is one.
    ///
    /// # Errors
    /// When it is there and cannot be deleted.
    pub fn delete(&self, path: &str) -> Result<()> {
        match fs::remove_file(self.inside(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("could not delete {path}"))
            }
            _ => Ok(()),
        }
    }

    /// Unmounts it and deletes all that was written, apart from the cached tree.
    pub async fn remove(&self) {
        for path in [Some(self.path()), self.disk.then(|| self.folder.clone())].into_iter().flatten() {
            if let Err(error) = run("umount", &["--lazy", &path.to_string_lossy()]).await {
                tracing::warn!("{error:#}");
            }
        }
        if let Err(error) = tokio::fs::remove_dir_all(&self.folder).await {
            tracing::warn!("could not delete {}: {error}", self.folder.display());
        }
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.path().join(path.trim_start_matches('/'))
    }
}

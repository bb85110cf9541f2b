//! A control group of its own for each machine, in every hierarchy, so that two machines never share one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the hierarchies are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// Whether the system has only the unified hierarchy (version 2).
pub fn unified() -> bool {
    Path::new(MOUNT).join("cgroup.controllers").exists()
}

/// Makes the group `name` in every hierarchy; gives its folders.
///
/// # Errors
/// When a folder cannot be made, such as where the hierarchies are read-only.
pub fn make(name: &str) -> io::Result<Vec<PathBuf>> {
    let hierarchies = if unified() { vec![PathBuf::from(MOUNT)] } else { hierarchies_of_version_1()? };
    let mut made = Vec::new();
    for hierarchy in hierarchies {
        let folder = hierarchy.join(name);
        if !folder.exists() {
            fs::create_dir(&folder)?;
        }
        // A cpuset group takes no process before it has processors and memory nodes.
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let (from, to) = (hierarchy.join(file), folder.join(file));
            if from.exists() && fs::read_to_string(&to)?.trim().is_empty() {
                fs::write(to, fs::read_to_string(from)?.trim())?;
            }
        }
        made.push(folder);
    }
    Ok(made)
}

/// Removes the groups whose name starts with `prefix` and that hold no process any more, with all below them.
/// True when none is left.
pub fn remove_all(prefix: &str) -> bool {
    let hierarchies = if unified() { Ok(vec![PathBuf::from(MOUNT)]) } else { hierarchies_of_version_1() };
    let mut left = 0;
    for hierarchy in hierarchies.unwrap_or_default() {
        let Ok(groups) = fs::read_dir(hierarchy) else { continue };
        for group in groups.flatten().filter(|group| group.file_name().to_string_lossy().starts_with(prefix)) {
            remove_below(&group.path());
            left += usize::from(group.path().exists());
        }
    }
    left == 0
}

fn remove_below(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path());
        }
    }
    // A group that still holds a process refuses: it is then somebody's who is not done.
    let _busy = fs::remove_dir(folder);
}

fn hierarchies_of_version_1() -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(MOUNT)? {
        let entry = entry?;
        // `cpu` may be a link to `cpu,cpuacct`.
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

//! How honest the region is, counted from its own source: which rules cite AWS, which are unverified, and whether its
//! other tests would notice if it became kinder than AWS. It runs nothing of the region.

mod models;
mod mutations;
mod source;
mod stricter;
mod table;

use std::path::{Path, PathBuf};

/// Files that refuse what is no business of AWS: the region's own paths, faults and clock.
const OWN: [&str; 5] = ["clock.rs", "fault.rs", "main.rs", "start.rs", "wire/control.rs"];

/// The region's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files of the region's source, by their path from `src`, without their tests.
fn sources() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    paths.sort();
    let relative = |path: &Path| path.strip_prefix(root().join("src")).unwrap_or(path).display().to_string();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (relative(path), code)
    };
    let of_aws = |path: &str| !path.ends_with("tests.rs") && !OWN.contains(&path);
    paths.iter().map(read).filter(|(path, _)| of_aws(path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

//! Makes the region kinder than AWS, one edit at a time, in a copy of the tree, and demands that a test notices.
//!
//! `cargo test --test mutations` runs all; words after `--` choose those whose description contains them. It takes some
//! minutes: every edit is a build. The result of a full run is written to mutations.md beside the region's README.

#![expect(clippy::print_stdout, reason = "the result is what this program is for")]

mod list;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use list::{MUTATIONS, Mutation};

/// A copy of the tree, with a target folder of its own.
struct Copy {
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Copies what git knows of, and what is built already.
    fn new(root: &Path) -> anyhow::Result<Self> {
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("the target folder")?;
        let place = built.join("mutations");
        let copy = Self { tree: place.join("tree"), target: place.join("target") };
        if copy.tree.exists() {
            std::fs::remove_dir_all(&copy.tree)?;
        }
        std::fs::create_dir_all(&copy.tree)?;
        let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
        ensure!(listed.status.success(), "git cannot list the tree");
        for path in String::from_utf8(listed.stdout)?.split('\0').filter(|path| !path.is_empty()) {
            let to = copy.tree.join(path);
            std::fs::create_dir_all(to.parent().context("a folder")?)?;
            std::fs::copy(root.join(path), &to).with_context(|| path.to_owned())?;
        }
        if !copy.target.exists() {
            let debug = copy.target.join("debug");
            std::fs::create_dir_all(&debug)?;
            for part in [".fingerprint", "build", "deps"] {
                let done = Command::new("cp").arg("-a").arg(built.join("debug").join(part)).arg(&debug).status()?;
                ensure!(done.success(), "cannot copy {part}");
            }
        }
        Ok(copy)
    }

    /// Runs one test; whether it passed. A test that does not run is an error.
    fn passes(&self, (target, test): (&str, &str)) -> anyhow::Result<bool> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--offline", "--workspace", "--test", target, "--", "--exact", test]);
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "1");
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        match (output.status.success(), said.contains("1 passed"), said.contains("1 failed")) {
            (true, true, false) => Ok(true),
            (false, false, true) => Ok(false),
            _ => bail!("{test} did not run:\n{said}\n{}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Whether the test notices the edit.
    fn notices(&self, mutation: &Mutation) -> anyhow::Result<bool> {
        let path = self.tree.join("tests/region/src").join(mutation.file);
        let before = std::fs::read_to_string(&path)?;
        ensure!(before.matches(mutation.text).count() == 1, "the text does not occur once");
        std::fs::write(&path, before.replace(mutation.text, mutation.with))?;
        let passes = self.passes(mutation.test);
        std::fs::write(&path, before)?;
        Ok(!passes?)
    }
}

fn main() -> anyhow::Result<()> {
    let region = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = region.ancestors().nth(2).context("the tree")?;
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let chosen = |mutation: &&Mutation| words.iter().all(|word| mutation.kindness.contains(word));
    let mutations: Vec<&Mutation> = MUTATIONS.iter().filter(chosen).collect();
    let copy = Copy::new(root)?;
    for mutation in &mutations {
        ensure!(copy.passes(mutation.test)?, "{} fails without any edit", mutation.test.1);
        println!("green without: {}", mutation.test.1);
    }
    let mut table = String::from("| the region, made kinder | noticed by | |\n|---|---|---|\n");
    let mut missed = 0;
    for mutation in &mutations {
        let started = Instant::now();
        let noticed = copy.notices(mutation).with_context(|| mutation.kindness)?;
        missed += usize::from(!noticed);
        let verdict = if noticed { "noticed" } else { "**missed**" };
        println!("{verdict} in {:.0?}: {}", started.elapsed(), mutation.kindness);
        table += &format!("| {} | `{}` | {verdict} |\n", mutation.kindness, mutation.test.1);
    }
    if words.is_empty() {
        let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let head = "Written by `cargo test --test mutations`: each edit alone, in a copy of the tree; the test fails with it and passes without.";
        let count = mutations.len();
        let text = format!(
            "# The region made kinder than AWS\n\n{head}\n\n{day}: {} of {count} noticed.\n\n{table}",
            count - missed
        );
        std::fs::write(region.join("mutations.md"), text)?;
    }
    ensure!(missed == 0, "{missed} edits went unnoticed");
    Ok(())
}

//! Makes the region kinder than AWS, one edit at a time, in a copy of the tree, and demands that a test notices.
//!
//! `cargo test --test mutations` runs all; words after `--` choose those whose description contains one of them. It takes some
//! minutes: every edit is a build. The results are written to mutations.md beside the region's README, each with its day.

#![expect(clippy::print_stdout, reason = "the result is what this program is for")]

mod list;

use std::collections::BTreeMap;
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
    let chosen = |mutation: &&Mutation| words.is_empty() || words.iter().any(|word| mutation.kindness.contains(word));
    let mutations: Vec<&Mutation> = MUTATIONS.iter().filter(chosen).collect();
    let copy = Copy::new(root)?;
    for mutation in &mutations {
        ensure!(copy.passes(mutation.test)?, "{} fails without any edit", mutation.test.1);
        println!("green without: {}", mutation.test.1);
    }
    let mut results = Results::read(region);
    let mut missed = 0;
    for mutation in &mutations {
        let started = Instant::now();
        let noticed = copy.notices(mutation).with_context(|| mutation.kindness)?;
        missed += usize::from(!noticed);
        println!("{} in {:.0?}: {}", verdict(noticed), started.elapsed(), mutation.kindness);
        results.put(mutation, noticed);
    }
    results.write(region)?;
    ensure!(missed == 0, "{missed} edits went unnoticed");
    Ok(())
}

fn verdict(noticed: bool) -> &'static str {
    if noticed { "noticed" } else { "**missed**" }
}

/// The table of the last results, by the mutation's description.
struct Results(BTreeMap<String, String>);

impl Results {
    fn read(region: &Path) -> Self {
        let text = std::fs::read_to_string(region.join("mutations.md")).unwrap_or_default();
        let rows = text.lines().filter_map(|line| Some((line.strip_prefix("| ")?.split(" | ").next()?, line)));
        Self(rows.map(|(said, line)| (said.to_owned(), line.to_owned())).collect())
    }

    fn put(&mut self, mutation: &Mutation, noticed: bool) {
        let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let line = format!("| {} | `{}` | {} | {day} |", mutation.kindness, mutation.test.1, verdict(noticed));
        self.0.insert(mutation.kindness.to_owned(), line);
    }

    fn write(&self, region: &Path) -> anyhow::Result<()> {
        let head = "# The region made kinder than AWS\n\nWritten by `cargo test --test mutations`: each edit alone, in a copy of the tree. The test fails with it and passes without.\n\n| the region, made kinder | test | result | on |\n|---|---|---|---|\n";
        let rows = MUTATIONS.iter().filter_map(|mutation| self.0.get(mutation.kindness));
        let text: String = std::iter::once(head.to_owned()).chain(rows.map(|row| row.clone() + "\n")).collect();
        Ok(std::fs::write(region.join("mutations.md"), text)?)
    }
}

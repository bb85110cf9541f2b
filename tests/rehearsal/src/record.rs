//! The committed record of chaos: a Markdown file whose rows are each replaced by their latest run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A table of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Things that go wrong.
    Faults,
    /// Changes of the stack.
    Changes,
    /// All else that is seen.
    Others,
}

impl Section {
    const ALL: [Self; 3] = [Self::Faults, Self::Changes, Self::Others];

    /// Title and columns after the name and the date.
    fn head(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Faults => (
                "Faults",
                &[
                    "pulls (failed)",
                    "pushes (failed)",
                    "longest gap, s",
                    "recovery, s",
                    "nodes replaced",
                    "lost pushes",
                ],
            ),
            Self::Changes => (
                "Changes",
                &["pulls (failed)", "pushes (failed)", "longest gap, s", "took, s", "nodes replaced", "lost pushes"],
            ),
            Self::Others => ("Users, disks, logs, template", &["seen"]),
        }
    }
}

/// What stands above the tables.
const TITLE: &str = "# What clients saw while things went wrong

Written by `tests/rehearse --chaos --record FILE`: each row by the latest run that performed it, on its date. The README
beside this file says what the columns mean and what is not as it is on AWS.
";

/// The file, if there is to be one.
#[derive(Debug, Clone, Default)]
pub struct Record(Option<PathBuf>);

impl Record {
    /// A record in this file; none keeps nothing.
    pub fn new(file: Option<&Path>) -> Self {
        Self(file.map(Path::to_owned))
    }

    /// Writes a row, in the place of an older one of this name.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn write(&self, section: Section, name: &str, cells: &[String]) -> Result<()> {
        let Some(path) = &self.0 else { return Ok(()) };
        let context = || format!("could not write {}", path.display());
        let before = if path.exists() { fs::read_to_string(path).with_context(context)? } else { String::new() };
        let date = jiff::Timestamp::now().strftime("%F").to_string();
        fs::write(path, with_row(&before, section, name, &date, cells)).with_context(context)
    }
}

/// The text with this row: all that is not a row is written anew.
fn with_row(before: &str, section: Section, name: &str, date: &str, cells: &[String]) -> String {
    let mut text = TITLE.to_owned();
    for each in Section::ALL {
        let (title, columns) = each.head();
        let mut rows = rows(before, title);
        if each == section {
            let row = format!("| {name} | {date} | {} |", cells.join(" | "));
            let start = format!("| {name} |");
            match rows.iter_mut().find(|old| old.starts_with(&start)) {
                Some(old) => *old = row,
                None => rows.push(row),
            }
        }
        text += &format!(
            "\n## {title}\n\n| what | on | {} |\n|{}\n",
            columns.join(" | "),
            "---|".repeat(columns.len() + 2)
        );
        text.extend(rows.into_iter().map(|row| row + "\n"));
    }
    text
}

/// The rows below a title.
fn rows(text: &str, title: &str) -> Vec<String> {
    let below = text.split("\n## ").find_map(|part| part.strip_prefix(title)).unwrap_or_default();
    below.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_the_place_of_the_older_one_and_leaves_the_others() {
        let cells = |seen: &str| vec![seen.to_owned()];
        let first = with_row("", Section::Others, "users", "2026-11-01", &cells("90 s"));
        let second = with_row(&first, Section::Others, "disks", "2026-11-02", &cells("full"));
        let third = with_row(&second, Section::Others, "users", "2026-11-03", &cells("60 s"));
        assert_eq!(
            rows(&third, "Users, disks, logs, template"),
            ["| users | 2026-11-03 | 60 s |", "| disks | 2026-11-02 | full |"]
        );
        assert!(rows(&third, "Faults").is_empty());
        assert_eq!(third.matches("## ").count(), 3);
    }
}

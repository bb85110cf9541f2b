//! The table of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::case::Ended;

/// Cases by command and kind of trouble: how many, how their first runs ended, how many converged.
pub fn table(ended: &[Ended], all: usize, took: Duration) -> String {
    #[derive(Default)]
    struct Row {
        cases: usize,
        not_met: usize,
        codes: BTreeMap<Option<i32>, usize>,
        converged: usize,
    }
    let mut rows: BTreeMap<_, Row> = BTreeMap::new();
    for one in ended {
        let row = rows.entry((one.case.undisturbed.command, one.case.trouble.kind())).or_default();
        row.cases += 1;
        row.not_met += usize::from(!one.met);
        *row.codes.entry(one.code).or_default() += 1;
        row.converged += usize::from(one.problem.is_none());
    }
    let mut text = String::from(
        "| command | trouble | cases | first run ended | converged |\n|---------|---------|------:|-----------------|----------:|\n",
    );
    for ((command, kind), row) in &rows {
        let code = |(code, count): (&Option<i32>, &usize)| match code {
            Some(code) => format!("{count} with {code}"),
            None => format!("{count} killed"),
        };
        let mut codes: Vec<String> = row.codes.iter().map(code).collect();
        if row.not_met > 0 {
            codes.push(format!("{} before it was met", row.not_met));
        }
        let Row { cases, converged, .. } = row;
        // Writing to a String does not fail.
        let _ = writeln!(text, "| {} | {kind} | {cases} | {} | {converged} |", command.name(), codes.join(", "));
    }
    let converged = ended.iter().filter(|one| one.problem.is_none()).count();
    let seconds = took.as_secs();
    let _ = writeln!(text, "\n{} of {all} cases in {seconds} s: {converged} converged.", ended.len());
    text
}

/// Writes the table of the whole matrix where it is committed.
pub fn keep(table: &str) {
    let now = jiff::Timestamp::now().to_string();
    let today = now.split('T').next().unwrap_or_default();
    let text = format!(
        "# The whole fault matrix\n\nWritten by `DOCKREG_MATRIX=all cargo test --test matrix -- --nocapture` on {today}. What the \
         columns mean is said in `main.rs`.\n\n{table}"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/matrix/RESULTS.md");
    std::fs::write(path, text).expect("the results are written");
}

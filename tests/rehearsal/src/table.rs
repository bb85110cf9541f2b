//! The steps of the rehearsal: each with its time limit, its time and its result, printed as it goes and at the end.
//! The only place that prints.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// A step that was performed.
#[derive(Debug)]
struct Row {
    name: String,
    took: Duration,
    /// What was seen, or why it failed.
    result: Result<String, String>,
}

/// The steps performed so far.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Performs one step within `limit` and records it.
    ///
    /// # Errors
    /// The step's own, or that it took too long.
    pub async fn step(
        &mut self,
        name: &str,
        limit: Duration,
        work: impl Future<Output = Result<String>>,
    ) -> Result<()> {
        say(&format!("{name} …"));
        let start = Instant::now();
        let result = match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_elapsed) => Err(anyhow!("not done after {} s", limit.as_secs())),
        };
        let took = start.elapsed();
        let (word, note) = match &result {
            Ok(note) => ("ok", note.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        say(&format!("{name}: {word} after {:.1} s{}", took.as_secs_f64(), suffix(&note)));
        let recorded = result.as_ref().map(Clone::clone).map_err(|error| first_line(&format!("{error:#}")));
        self.rows.push(Row { name: name.to_owned(), took, result: recorded });
        result.map(|_note| ())
    }

    /// Whether every step held, and there was one.
    pub fn held(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.result.is_ok())
    }

    /// The table as text.
    pub fn render(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default().max("step".len());
        let mut text = format!("\n{:<width$}  {:>8}  {:<6}  seen\n", "step", "seconds", "result");
        for Row { name, took, result } in &self.rows {
            let (word, note) = match result {
                Ok(note) => ("ok", note),
                Err(note) => ("FAILED", note),
            };
            let _infallible = writeln!(text, "{name:<width$}  {:>8.1}  {word:<6}  {note}", took.as_secs_f64());
        }
        let total: Duration = self.rows.iter().map(|row| row.took).sum();
        let _infallible = writeln!(text, "{:<width$}  {:>8.1}", "together", total.as_secs_f64());
        text
    }
}

/// Prints a line of progress on standard error.
#[expect(clippy::print_stderr, reason = "the one place that prints progress")]
pub fn say(line: &str) {
    eprintln!("rehearse: {line}");
}

/// Prints a result on standard output.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
pub fn print(text: &str) {
    println!("{text}");
}

fn suffix(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(" ({note})") }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_that_fails_or_hangs_is_recorded_and_ends_the_table_as_not_held() -> Result<()> {
        let mut table = Table::default();
        assert!(!table.held(), "no step is no proof");
        table.step("first", Duration::from_secs(5), async { Ok("seen".to_owned()) }).await?;
        assert!(table.held());
        let hung = table.step("second", Duration::from_millis(10), std::future::pending()).await;
        assert!(hung.is_err() && !table.held());
        assert!(table.render().contains("FAILED  not done after 0 s"), "{}", table.render());
        Ok(())
    }
}

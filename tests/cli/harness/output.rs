//! What one run of dockreg printed and returned.

use serde_json::Value;

use super::redact;

/// The output of a run: compare it with a snapshot, or assert on it.
#[derive(Debug)]
#[must_use = "look at what dockreg printed and returned"]
pub struct Output {
    command: String,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
}

impl Output {
    /// Keeps what a process left.
    pub fn new(arguments: &[&str], output: &std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("dockreg prints UTF-8");
        let stdout = text(&output.stdout);
        let stderr = text(&output.stderr);
        Self { command: format!("dockreg {}", arguments.join(" ")), stdout, stderr, code: output.status.code() }
    }

    /// Asserts the exit code and nothing more.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Ends the duty to look at it.
    pub fn ignored(self) {}

    /// Command, exit code, standard output and standard error, with all that differs between runs replaced.
    pub fn transcript(&self) -> String {
        redact::redacted(&self.to_string())
    }

    /// The JSON document on standard output, which must be all there is.
    pub fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"));
        let keys: Vec<_> = document.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["schema", "command", "result", "exit_code", "data", "warnings", "error"], "{self}");
        assert_eq!(document["exit_code"].as_i64(), self.code.map(i64::from), "{self}");
        document
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        writeln!(f, "$ {}", self.command)?;
        writeln!(f, "exit code {code}")?;
        writeln!(f, "--- stdout\n{}", self.stdout.trim_end())?;
        write!(f, "--- stderr\n{}", self.stderr.trim_end())
    }
}

//! Where commands are run from: a Debian machine with a Docker daemon of its own, or, with `--light`, this one.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use dockreg_region::node::machine::Guest;
use tokio::process::Command;

/// Variables of the environment, in order.
pub type Environment = Vec<(String, String)>;

enum Place {
    Machine(Box<Guest>),
    Here { dockreg: PathBuf, home: PathBuf },
}

/// A person's machine.
pub struct Client {
    place: Place,
    environment: Environment,
    /// Output of every command, kept until the end for the case that one fails.
    transcripts: PathBuf,
    count: AtomicUsize,
}

/// How a command ended.
#[derive(Debug)]
pub struct Output {
    /// Exit code; 128 and more for a signal.
    pub code: i32,
    /// What it wrote.
    pub stdout: String,
    /// What it wrote beside that.
    pub stderr: String,
}

impl Output {
    /// Exit code of a failed command, and the line of what it said that tells most.
    pub fn failure(&self) -> Option<String> {
        let mut lines = self.stderr.trim().lines();
        // Docker quotes the page that a proxy answered, line by line.
        let said = lines.clone().find(|line| line.to_lowercase().contains("error")).or_else(|| lines.next_back());
        (self.code != 0).then(|| format!("{}: {}", self.code, said.unwrap_or("nothing on standard error")))
    }
}

impl From<std::process::Output> for Output {
    fn from(ended: std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: ended.status.code().unwrap_or(128), stdout: text(&ended.stdout), stderr: text(&ended.stderr) }
    }
}

impl Client {
    /// Commands run on `guest`.
    ///
    /// # Errors
    /// When `transcripts` cannot be made.
    pub fn on(guest: Guest, environment: Environment, transcripts: &Path) -> Result<Self> {
        Self::new(Place::Machine(Box::new(guest)), environment, transcripts)
    }

    /// Commands run here, `dockreg` being this file, with an empty home.
    ///
    /// # Errors
    /// When `transcripts` or the home cannot be made.
    pub fn here(dockreg: &Path, environment: Environment, transcripts: &Path) -> Result<Self> {
        let home = transcripts.join("home");
        fs::create_dir_all(&home)?;
        Self::new(Place::Here { dockreg: dockreg.to_owned(), home }, environment, transcripts)
    }

    fn new(place: Place, environment: Environment, transcripts: &Path) -> Result<Self> {
        fs::create_dir_all(transcripts).with_context(|| format!("could not make {}", transcripts.display()))?;
        Ok(Self { place, environment, transcripts: transcripts.to_owned(), count: AtomicUsize::new(0) })
    }

    /// The machine, if it is one.
    pub fn guest(&self) -> Option<&Guest> {
        match &self.place {
            Place::Machine(guest) => Some(guest),
            Place::Here { .. } => None,
        }
    }

    /// Runs a command with `stdin` to its end, however it ends.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn run(&self, argv: &[&str], stdin: &str) -> Result<Output> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let path = |end: &str| self.transcripts.join(format!("{number:05}.{end}"));
        fs::write(path("command"), argv.join(" "))?;
        let mut input = File::create_new(path("in"))?;
        input.write_all(stdin.as_bytes())?;
        let mut command = self.command(argv).await?;
        command.stdin(File::open(path("in"))?).stdout(File::create(path("out"))?).stderr(File::create(path("err"))?);
        // What a command is told on standard input may be a password.
        fs::remove_file(path("in"))?;
        let status = command.status().await.with_context(|| format!("could not start {}", argv.join(" ")))?;
        let read = |end: &str| fs::read(path(end)).map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok(Output { code: status.code().unwrap_or(128), stdout: read("out")?, stderr: read("err")? })
    }

    /// Runs a command that must end with status 0.
    ///
    /// # Errors
    /// When it does not: with the last line it wrote.
    pub async fn succeed(&self, argv: &[&str], stdin: &str) -> Result<Output> {
        let output = self.run(argv, stdin).await?;
        if let Some(failure) = output.failure() {
            bail!("`{}` ended with {failure}", argv.join(" "));
        }
        Ok(output)
    }

    /// The output of the last `commands` commands, each no longer than `lines`.
    pub fn tail(&self, commands: usize, lines: usize) -> String {
        let count = self.count.load(Ordering::Relaxed);
        let mut text = String::new();
        for number in count.saturating_sub(commands)..count {
            let read =
                |end: &str| fs::read_to_string(self.transcripts.join(format!("{number:05}.{end}"))).unwrap_or_default();
            text.push_str(&format!(
                "$ {}\n{}{}",
                read("command"),
                last_lines(&read("out"), lines),
                last_lines(&read("err"), lines)
            ));
        }
        text
    }

    async fn command(&self, argv: &[&str]) -> Result<Command> {
        match &self.place {
            Place::Machine(guest) => guest.command(&self.environment, argv).await,
            Place::Here { dockreg, home } => {
                let (program, arguments) = argv.split_first().context("an empty command")?;
                let mut command = if *program == "dockreg" { Command::new(dockreg) } else { Command::new(program) };
                command.args(arguments).env_clear().envs(self.environment.iter().cloned()).env("HOME", home);
                command.env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::null()).kill_on_drop(true);
                Ok(command)
            }
        }
    }
}

/// The last `count` lines of a text, each ended.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| format!("{line}\n")).collect()
}

//! dockreg on a terminal of its own, that of `script`, with somebody at the keyboard who reads before typing.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Fixture, Output, PATIENCE};

/// Ctrl-C, as the keyboard sends it.
pub const CTRL_C: &str = "\x03";

/// A run on a terminal.
pub struct Terminal {
    arguments: Vec<String>,
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    shown: Vec<u8>,
    /// How much of what was shown has been waited for.
    read: usize,
}

impl Fixture {
    /// Starts dockreg on a terminal of 45 rows and 80 columns.
    pub fn terminal(&self, arguments: &[&str]) -> Terminal {
        self.terminal_of(45, 80, arguments)
    }

    /// Starts dockreg on a terminal of so many rows and columns.
    pub fn terminal_of(&self, rows: u16, columns: u16, arguments: &[&str]) -> Terminal {
        let program = assert_cmd::cargo::cargo_bin!("dockreg").display().to_string();
        let line = format!("stty rows {rows} cols {columns}; echo pid $$; exec {program} {}", arguments.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command.env_clear().envs(&self.environment).env("TERM", "xterm").env("SHELL", "/bin/sh");
        command.current_dir(self.home.path()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("script starts");
        let keyboard = child.stdin.take().expect("a keyboard");
        let screen = child.stdout.take().expect("a screen");
        let arguments = arguments.iter().map(|own| (*own).to_owned()).collect();
        Terminal { arguments, child, keyboard, screen, shown: Vec::new(), read: 0 }
    }
}

impl Terminal {
    /// Waits until this was shown since the last wait.
    pub async fn shows(&mut self, text: &str) -> &mut Self {
        let come = async {
            loop {
                let unread = String::from_utf8_lossy(&self.shown[self.read..]).into_owned();
                if unread.contains(text) {
                    return;
                }
                let mut more = [0; 4096];
                match self.screen.read(&mut more).await {
                    Ok(0) | Err(_) => panic!("ended without {text:?}:\n{unread}"),
                    Ok(count) => self.shown.extend_from_slice(&more[..count]),
                }
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(60), come).await;
        assert!(came.is_ok(), "no {text:?} in\n{}", String::from_utf8_lossy(&self.shown[self.read..]));
        self.read = self.shown.len();
        self
    }

    /// Types.
    pub async fn types(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).await.expect("the keys are typed");
        self.keyboard.flush().await.expect("the keys are typed");
        self
    }

    /// Sends a signal by its name to dockreg itself.
    pub async fn signals(&mut self, name: &str) -> &mut Self {
        let shown = String::from_utf8_lossy(&self.shown).into_owned();
        let pid = shown.split_whitespace().skip_while(|word| *word != "pid").nth(1).expect("the process tells its id");
        super::signal(pid, name);
        self
    }

    /// Waits for the end. All that the terminal showed is in `stdout`.
    pub async fn ended(&mut self) -> Output {
        let rest = async {
            // The other end of a terminal that is gone is an error, not an end.
            let read = self.screen.read_to_end(&mut self.shown).await;
            (read.is_ok(), self.child.wait().await.expect("an end"))
        };
        let (_, status) = tokio::time::timeout(PATIENCE, rest).await.expect("dockreg ends");
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let stdout = std::mem::take(&mut self.shown);
        Output::new(&arguments, &std::process::Output { status, stdout, stderr: Vec::new() })
    }
}

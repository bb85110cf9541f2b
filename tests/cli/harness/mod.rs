//! One region, one home, one binary: how tests run dockreg and look at what it did.

mod certificates;
mod clients;
mod output;
mod redact;
mod terminal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dockreg_region::service::{self, Call, Principal};
use dockreg_region::{AwsError, Options, Running};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

pub use clients::{leaf, stubborn};
pub use output::Output;
pub use terminal::CTRL_C;

/// The host that every region has a zone and a certificate for.
pub const HOST: &str = "docker.example.test";

/// The arguments of the `up` that most tests begin with.
pub const UP: [&str; 4] = ["up", "--domain", HOST, "--yes"];

/// What the ARN of whoever runs dockreg has in it, and a node's has not.
pub const OPERATOR: &str = ":user/";

/// A run longer than this hangs: the slowest takes some seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends a signal by its name to a process.
pub fn signal(process: &str, name: &str) {
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
}

/// A region and a machine to run dockreg on.
pub struct Fixture {
    region: Running,
    home: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    /// Everything that any run has printed.
    printed: Mutex<String>,
}

impl Fixture {
    /// A region in which a whole `up` takes about a second.
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// A region started with these options, and the host.
    pub async fn with(options: Options) -> Self {
        let options = Options { domain: Some(HOST.to_owned()), ..options };
        let region = dockreg_region::start(options).await.expect("the region starts");
        let home = tempfile::tempdir().expect("a home");
        let mut environment: BTreeMap<_, _> = region.environment().into_iter().collect();
        environment.insert("DOCKREG_POLL_INTERVAL".into(), "20ms".into());
        environment.insert("HOME".into(), home.path().display().to_string());
        environment.insert("PATH".into(), "/usr/bin:/bin".into());
        Self { region, home, environment, printed: Mutex::default() }
    }

    /// The region.
    pub fn region(&self) -> &Running {
        &self.region
    }

    /// A file in the home.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("the home takes a file");
        path
    }

    /// Sets an environment variable for all later runs.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Removes an environment variable for all later runs.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.remove(name);
        self
    }

    /// Runs dockreg to its end, without a terminal and without anything on standard input.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.ended(self.spawn(arguments), arguments).await
    }

    /// Runs dockreg to its end with this on its standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("dockreg starts");
        let mut stdin = child.stdin.take().expect("a standard input");
        stdin.write_all(input.as_bytes()).await.expect("the input is taken");
        drop(stdin);
        self.ended(child, arguments).await
    }

    /// Starts dockreg and leaves it running.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("dockreg starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dockreg"));
        command.args(arguments).env_clear().envs(&self.environment).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs dockreg on a terminal of its own and types this. All that the terminal showed is in `stdout`.
    pub async fn run_on_terminal(&self, arguments: &[&str], typed: &str) -> Output {
        let program = assert_cmd::cargo::cargo_bin!("dockreg").display().to_string();
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &format!("{program} {}", arguments.join(" ")), "/dev/null"]);
        command.env_clear().envs(&self.environment).env("TERM", "xterm").current_dir(self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("script starts");
        // Kept open until the end: a closed keyboard would end the terminal.
        let mut keyboard = child.stdin.take().expect("a keyboard");
        keyboard.write_all(typed.as_bytes()).await.expect("the keys are typed");
        let output = self.ended(child, arguments).await;
        drop(keyboard);
        output
    }

    /// Waits for the end of a run.
    pub async fn ended(&self, child: Child, arguments: &[&str]) -> Output {
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output = Output::new(arguments, &ended.expect("dockreg ends").expect("its output can be read"));
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.push_str(&output.stdout);
        printed.push_str(&output.stderr);
        output
    }

    /// Everything that any run has printed.
    pub fn printed(&self) -> String {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes something go wrong from now on, in the words of a faults file.
    pub fn plant(&self, fault: Value) {
        self.region.region().plant(serde_json::from_value(fault).expect("a fault"));
    }

    /// Runs dockreg as a process that may open no more than so many files.
    pub async fn run_with_files(&self, files: u32, arguments: &[&str]) -> Output {
        let program = assert_cmd::cargo::cargo_bin!("dockreg").display().to_string();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec {program} {}", arguments.join(" "))]);
        command.env_clear().envs(&self.environment).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        self.ended(command.spawn().expect("sh starts"), arguments).await
    }

    /// Waits until an operation was called so often.
    pub async fn called(&self, operation: &str, times: usize) {
        self.until(|| self.region.region().journal.count(operation) >= times).await;
    }

    /// The stack's status.
    pub async fn status(&self) -> String {
        let input = serde_json::json!({ "StackName": "docker-registry" });
        let described = self.call("cloudformation", "DescribeStacks", input).await;
        described["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned()
    }

    /// Calls the region itself, as the account's own user.
    pub async fn call(&self, service: &'static str, operation: &str, input: Value) -> Value {
        self.answer(service, operation, input).await.expect("the region accepts the call")
    }

    /// The same for a call that the region may refuse.
    pub async fn answer(&self, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
        let region = self.region.region();
        let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
        let call = Call { service, operation: operation.to_owned(), input, principal };
        service::dispatch(&region, call).await
    }

    /// Waits until something is so, looking again and again.
    pub async fn until(&self, mut so: impl FnMut() -> bool) {
        let wait = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it comes to be so");
    }

    /// Waits until the stack has this status.
    pub async fn until_status(&self, wanted: &str) {
        let look = async {
            while self.status().await != wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the status comes");
    }

    /// The status of a stack once no operation runs.
    pub async fn settled(&self, stack: &str) -> String {
        let look = async {
            loop {
                let input = serde_json::json!({ "StackName": stack });
                let answer = self.call("cloudformation", "DescribeStacks", input).await;
                let status = answer["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
                if !status.ends_with("_IN_PROGRESS") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the operation ends")
    }

    /// The names of the stacks that exist.
    pub async fn stacks(&self) -> Vec<String> {
        let answer = self.call("cloudformation", "DescribeStacks", serde_json::json!({})).await;
        let stacks = answer["Stacks"].as_array().cloned().unwrap_or_default();
        stacks.iter().filter_map(|stack| Some(stack["StackName"].as_str()?.to_owned())).collect()
    }

    /// The names of the buckets that exist.
    pub fn buckets(&self) -> Vec<String> {
        self.region.region().world(|world| world.s3.buckets.keys().cloned().collect())
    }

    /// How many calls that change something the region has got so far.
    pub fn mutations(&self) -> Vec<String> {
        const READING: [&str; 5] = ["Describe", "Get", "List", "Head", "Poll"];
        let entries = self.region.region().journal.entries();
        let by_operator = entries.iter().filter(|entry| entry.caller.contains(OPERATOR));
        by_operator
            .map(|entry| entry.operation.clone())
            .filter(|operation| !READING.iter().any(|word| operation.starts_with(word)))
            .collect()
    }

    /// The ARN of the operator's secret, as the stack's output says it.
    async fn operator_secret(&self) -> Value {
        let input = serde_json::json!({ "StackName": "docker-registry" });
        let described = self.call("cloudformation", "DescribeStacks", input).await;
        let outputs = described["Stacks"][0]["Outputs"].as_array().cloned().unwrap_or_default();
        let own = outputs.iter().find(|output| output["OutputKey"] == "OperatorSecretArn");
        own.expect("the stack names the operator's secret")["OutputValue"].clone()
    }

    /// The operator's password, as the secret holds it.
    pub async fn password(&self) -> String {
        let input = serde_json::json!({ "SecretId": self.operator_secret().await });
        let value = self.call("secretsmanager", "GetSecretValue", input).await;
        let text = value["SecretString"].as_str().expect("a secret text");
        let login: Value = serde_json::from_str(text).expect("a login as JSON");
        login["password"].as_str().expect("a password").to_owned()
    }

    /// The home of the runs.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

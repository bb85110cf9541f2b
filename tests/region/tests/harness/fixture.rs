//! Regions to test: without a network and on a clock that only moves when everybody waits, or whole and in a hurry.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dockreg_region::clock::Clock;
use dockreg_region::journal::PrintedOnPanic;
use dockreg_region::node::{Launch, NodeBackend};
use dockreg_region::region::World;
use dockreg_region::service::{Call, Principal, dispatch};
use dockreg_region::{AwsError, Options, Region, Running, Settings};
use serde_json::{Value, json};

/// A region, and how to ask it.
pub struct Fixture {
    pub region: Arc<Region>,
    /// Keeps the sockets of a whole region.
    _running: Option<Running>,
    _timeline: Option<PrintedOnPanic>,
}

struct NoNodes;

#[async_trait]
impl NodeBackend for NoNodes {
    async fn launch(&self, _: &Arc<Region>, _: Launch) -> Result<(), String> {
        Err("this region has no instances".to_owned())
    }
    async fn terminate(&self, _: &str) {}
    fn address(&self, _: &str, _: u16) -> Option<SocketAddr> {
        None
    }
    async fn console_output(&self, _: &str) -> String {
        String::new()
    }
    fn running(&self, _: &str) -> bool {
        false
    }
}

impl Fixture {
    /// A region whose durations are those of AWS: under a paused runtime they pass at once.
    pub fn new() -> Self {
        let settings = Settings {
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            seed: 7,
        };
        let region = Region::new(settings, Clock::new(1.0), Arc::new(NoNodes), World::default());
        Self { region: region.clone(), _running: None, _timeline: Some(PrintedOnPanic::new(region)) }
    }

    /// A whole region with nodes in this process and a zone and a certificate for `docker.example.test`.
    pub async fn whole() -> Self {
        let options = Options { domain: Some("docker.example.test".to_owned()), ..Options::default() };
        let running = dockreg_region::start(options).await.unwrap_or_else(|error| panic!("{error:#}"));
        Self { region: running.region(), _running: Some(running), _timeline: None }
    }

    /// A region that somebody else keeps running.
    pub fn of(region: Arc<Region>) -> Self {
        Self { region, _running: None, _timeline: None }
    }

    /// Calls a service.
    pub async fn ask(&self, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
        let principal = Principal::Operator { arn: "arn:aws:iam::123456789012:user/operator".to_owned() };
        dispatch(&self.region, Call { service, operation: operation.to_owned(), input, principal }).await
    }

    /// Calls CloudFormation.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.ask("cloudformation", operation, input).await
    }

    /// Calls CloudFormation, which must agree.
    pub async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Calls CloudFormation, which must refuse; gives code and message.
    pub async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        match self.call(operation, input).await {
            Ok(answer) => panic!("{operation} was not refused: {answer}"),
            Err(error) => (error.code, error.message),
        }
    }

    /// Creates a stack and waits for its end; gives its last status.
    pub async fn create(&self, name: &str, body: &str, parameters: &[(&str, &str)]) -> String {
        self.ok("CreateStack", deployment(name, body, parameters)).await;
        self.settled(name).await
    }

    /// Updates a stack and waits for its end; gives its last status.
    pub async fn update(&self, name: &str, body: &str, parameters: &[(&str, &str)]) -> String {
        self.ok("UpdateStack", deployment(name, body, parameters)).await;
        self.settled(name).await
    }

    /// The stack, by name or id.
    pub async fn stack(&self, name: &str) -> Value {
        self.ok("DescribeStacks", json!({"StackName": name})).await["Stacks"][0].clone()
    }

    /// Looks again and again until there is something to see. Under a paused runtime that takes no time.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let pace = self.region.clock.scaled(Duration::from_millis(50)).max(Duration::from_millis(2));
        let mut ticks = tokio::time::interval(pace);
        for _ in 0..200_000 {
            if let Some(found) = look().await {
                return found;
            }
            ticks.tick().await;
        }
        panic!("{what}: not seen");
    }

    /// Waits until nothing is under way; gives the status.
    pub async fn settled(&self, name: &str) -> String {
        let id = text(&self.stack(name).await["StackId"]);
        self.until(name, async || {
            let status = text(&self.stack(&id).await["StackStatus"]);
            (!status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS").then_some(status)
        })
        .await
    }

    /// Waits until an event of the stack begins with this.
    pub async fn until_told(&self, name: &str, line: &str) {
        let told = async || self.story(name).await.iter().any(|told| told.starts_with(line)).then_some(());
        self.until(line, told).await;
    }

    /// All events, oldest first, as `LOGICAL STATUS REASON`.
    pub async fn story(&self, name: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut token = None;
        loop {
            let mut input = json!({"StackName": name});
            if let Some(token) = token {
                input["NextToken"] = token;
            }
            let page = self.ok("DescribeStackEvents", input).await;
            for event in page["StackEvents"].as_array().into_iter().flatten() {
                let reason = event["ResourceStatusReason"].as_str().unwrap_or_default();
                let line = format!("{} {} {reason}", text(&event["LogicalResourceId"]), text(&event["ResourceStatus"]));
                lines.push(line.trim_end().to_owned());
            }
            match page.get("NextToken") {
                Some(next) => token = Some(next.clone()),
                None => break,
            }
        }
        lines.reverse();
        lines
    }

    /// The value of one output.
    pub async fn output(&self, name: &str, key: &str) -> Option<String> {
        let stack = self.stack(name).await;
        let outputs = stack["Outputs"].as_array().cloned().unwrap_or_default();
        outputs.iter().find(|output| output["OutputKey"] == key).map(|output| text(&output["OutputValue"]))
    }

    /// The value of an SSM parameter.
    pub fn ssm(&self, name: &str) -> Option<String> {
        self.region.world(|world| world.ssm.value(name)).map(|(_, value)| value)
    }
}

/// The input of CreateStack, UpdateStack or CreateChangeSet; the value `PREVIOUS` keeps a parameter.
pub fn deployment(name: &str, body: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|(key, value)| match *value {
            "PREVIOUS" => json!({"ParameterKey": key, "UsePreviousValue": true}),
            value => json!({"ParameterKey": key, "ParameterValue": value}),
        })
        .collect();
    json!({"StackName": name, "TemplateBody": body, "Parameters": parameters})
}

/// A JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether lines occur in this order, others between them.
#[track_caller]
pub fn in_this_order(story: &[String], lines: &[&str]) {
    let mut rest = story.iter();
    for line in lines {
        assert!(rest.any(|told| told == line), "`{line}` is missing or too late in:\n{}", story.join("\n"));
    }
}

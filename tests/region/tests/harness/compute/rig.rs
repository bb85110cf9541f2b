//! A region of its own for each test, and a small registry stack in it.

use std::sync::Arc;
use std::time::Duration;

use dockreg_region::node::NodeBackend;
use dockreg_region::node::in_process::InProcess;
use dockreg_region::service::{Call, Principal, dispatch};
use dockreg_region::{AwsError, Options, Running, start};
use serde_json::{Value, json};

/// The host that the region has a certificate for.
pub const HOST: &str = "docker.example.test";

/// The registry stack.
pub const TEMPLATE: &str = include_str!("registry.json");

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(150);

/// A running region with its nodes within reach.
pub struct Rig {
    pub running: Running,
    pub nodes: Arc<InProcess>,
}

impl Rig {
    /// A fresh region at the speed of tests.
    pub async fn new() -> Self {
        Self::at_speed(Options::default().speed).await
    }

    /// A fresh region at another speed.
    pub async fn at_speed(speed: f64) -> Self {
        let nodes = Arc::new(InProcess::default());
        let domain = Some(HOST.to_owned());
        let options = Options { domain, nodes: Some(nodes.clone()), speed, ..Options::default() };
        Self { running: start(options).await.expect("the region starts"), nodes }
    }

    /// A region with the stack `registry` in it, complete.
    pub async fn with_registry(parameters: &[(&str, &str)]) -> Self {
        let rig = Self::new().await;
        let status = rig.create(parameters).await;
        assert_eq!(status, "CREATE_COMPLETE", "{}", rig.story().await);
        rig
    }

    /// Takes the route to the internet out of every route table.
    pub fn cut_off(&self) {
        self.running.region().world(|world| {
            for table in world.ec2.network.route_tables.values_mut() {
                table.routes.retain(|route| route.destination_cidr_block != "0.0.0.0/0");
            }
        });
    }

    /// The default subnet in the zone of this letter.
    pub fn subnet(&self, letter: char) -> String {
        self.running.region().world(|world| {
            let mut subnets = world.ec2.network.subnets.values();
            let found = subnets.find(|one| one.availability_zone.ends_with(letter) && one.default_for_az);
            found.map(|one| one.subnet_id.clone()).expect("a subnet")
        })
    }

    /// All scaling activities, newest first.
    pub async fn activities(&self) -> Vec<Value> {
        let all = self.ask("autoscaling", "DescribeScalingActivities", json!({"IncludeDeletedGroups": true})).await;
        all["Activities"].as_array().cloned().unwrap_or_default()
    }

    /// Makes one call as the account's own user.
    pub async fn call(&self, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
        let region = self.running.region();
        let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
        dispatch(&region, Call { service, operation: operation.to_owned(), input, principal }).await
    }

    /// Makes one call that must work.
    pub async fn ask(&self, service: &'static str, operation: &str, input: Value) -> Value {
        self.call(service, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    fn parameters(&self, changes: &[(&str, &str)]) -> Value {
        let region = self.running.region();
        let mut all = region.world(|world| {
            let vpc = world.ec2.network.vpcs.keys().next().cloned().expect("a VPC");
            let subnet = |letter: char| {
                let mut subnets = world.ec2.network.subnets.values();
                let found = subnets.find(|subnet| subnet.availability_zone.ends_with(letter));
                found.map(|subnet| subnet.subnet_id.clone()).expect("a subnet")
            };
            let image = world.ec2.images.iter().find(|image| image.architecture == "x86_64").expect("an image");
            let certificate = world.iam.certificates.values().next().expect("a certificate");
            vec![
                ("VpcId".to_owned(), vpc),
                ("Subnets".to_owned(), format!("{},{}", subnet('a'), subnet('b'))),
                ("Certificate".to_owned(), certificate.arn.clone()),
                ("Ami".to_owned(), image.image_id.clone()),
            ]
        });
        for (key, value) in changes {
            all.retain(|(known, _)| known != key);
            all.push(((*key).to_owned(), (*value).to_owned()));
        }
        all.into_iter().map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value})).collect()
    }

    /// Creates the stack and answers its final status.
    pub async fn create(&self, parameters: &[(&str, &str)]) -> String {
        self.create_from(TEMPLATE, parameters).await
    }

    /// Creates the stack from a template of one's own and answers its final status.
    pub async fn create_from(&self, template: &str, parameters: &[(&str, &str)]) -> String {
        self.submit("CreateStack", template, parameters).await;
        self.settled().await
    }

    /// Updates the stack and answers its final status.
    pub async fn update(&self, parameters: &[(&str, &str)]) -> String {
        self.update_from(TEMPLATE, parameters).await
    }

    /// Updates the stack to a template of one's own and answers its final status.
    pub async fn update_from(&self, template: &str, parameters: &[(&str, &str)]) -> String {
        self.submit("UpdateStack", template, parameters).await;
        self.settled().await
    }

    /// Begins to create or update the stack.
    pub async fn submit(&self, operation: &str, template: &str, parameters: &[(&str, &str)]) {
        let input = json!({
            "StackName": "registry", "TemplateBody": template, "Parameters": self.parameters(parameters),
            "Capabilities": ["CAPABILITY_IAM"],
        });
        self.ask("cloudformation", operation, input).await;
    }

    /// Deletes the stack and answers its final status.
    pub async fn delete(&self) -> String {
        let id = self.stack().await["StackId"].as_str().expect("a stack id").to_owned();
        self.ask("cloudformation", "DeleteStack", json!({"StackName": id})).await;
        self.until("the stack is gone", async || {
            let stack = self.ask("cloudformation", "DescribeStacks", json!({"StackName": id})).await;
            let status = stack["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
            (!status.ends_with("_IN_PROGRESS")).then_some(status)
        })
        .await
    }

    /// The stack as described.
    pub async fn stack(&self) -> Value {
        self.ask("cloudformation", "DescribeStacks", json!({"StackName": "registry"})).await["Stacks"][0].clone()
    }

    /// One of its outputs.
    pub async fn output(&self, key: &str) -> String {
        let stack = self.stack().await;
        let mut outputs = stack["Outputs"].as_array().into_iter().flatten();
        let found = outputs.find(|output| output["OutputKey"] == key).and_then(|one| one["OutputValue"].as_str());
        found.unwrap_or_else(|| panic!("no output {key} in {stack}")).to_owned()
    }

    /// The final status of what goes on.
    pub async fn settled(&self) -> String {
        self.until("the stack is settled", async || {
            let status = self.stack().await["StackStatus"].as_str().unwrap_or_default().to_owned();
            let busy = status.ends_with("_IN_PROGRESS");
            (!busy).then_some(status)
        })
        .await
    }

    /// All events with a reason, oldest first.
    pub async fn story(&self) -> String {
        let events = self.ask("cloudformation", "DescribeStackEvents", json!({"StackName": "registry"})).await;
        let mut lines: Vec<String> = events["StackEvents"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| {
                let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
                format!("{} {} {}", text("LogicalResourceId"), text("ResourceStatus"), text("ResourceStatusReason"))
            })
            .collect();
        lines.reverse();
        lines.join("\n")
    }

    /// Instances of the group in this lifecycle state.
    pub async fn members(&self, state: &str) -> Vec<String> {
        let groups = self.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
        let instances = groups["AutoScalingGroups"][0]["Instances"].as_array().cloned().unwrap_or_default();
        let chosen = instances.iter().filter(|one| one["LifecycleState"] == state);
        chosen.filter_map(|one| one["InstanceId"].as_str()).map(str::to_owned).collect()
    }

    /// State and reason of each target, by instance.
    pub async fn targets(&self) -> Vec<(String, String, String)> {
        let arn = self.output("TargetGroup").await;
        let health = self.ask("elbv2", "DescribeTargetHealth", json!({"TargetGroupArn": arn})).await;
        let all = health["TargetHealthDescriptions"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|one| {
                let state = &one["TargetHealth"];
                (text(&one["Target"]["Id"]), text(&state["State"]), text(&state["Reason"]))
            })
            .collect()
    }

    /// Asks again and again until there is an answer.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(_) => {
                let mut consoles = String::new();
                for id in self.nodes.instance_ids() {
                    consoles += &self.nodes.console_output(&id).await;
                }
                panic!("not within {PATIENCE:?}: {what}\n{}\n{consoles}", self.story().await)
            }
        }
    }
}

//! A node's boot, step by step as `dockreg-bootstrap` goes, and what it does from then on.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::time::Instant;

use super::aws::Client;
use super::proxy::{self, Site};
use super::registry::Registry;
use super::storage::Storage;
use super::users::{Refused, Users};
use super::{Fault, Node, user_data};
use crate::Region;
use crate::clock::Clock;
use crate::service::ec2::instances::reaches_out;

/// No step waits less than this in real time, however fast the clock: the machine is no faster for it.
const SHORTEST_LIMIT: Duration = Duration::from_secs(60);

/// Between two tries of a step.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

/// A signal is not sent again after a longer pause than this, as `dockreg-aws` does.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// The users are read again no sooner than this.
const SHORTEST_REFRESH: Duration = Duration::from_secs(1);

/// How long a hasty node takes after it has said that it is there.
const SLOW_BOOT: Duration = Duration::from_secs(600);

/// How long unattended upgrades hold apt's lock.
const LOCKED: Duration = Duration::from_secs(240);

/// Boots the node and serves until its tasks are aborted.
pub(super) async fn boot(region: Weak<Region>, node: Weak<Node>) {
    let (Some(strong), Some(node)) = (region.upgrade(), node.upgrade()) else { return };
    let (clock, endpoint) = (strong.node_clock(), strong.endpoint().map(str::to_owned));
    let connected = strong.world(|world| reaches_out(&world.ec2, &node.launch.instance_id));
    drop(strong);
    node.say("cloud-init: reading user data");
    let settings = match user_data::settings(&node.launch.user_data) {
        Ok(settings) => settings,
        Err(problem) => return node.say(&format!("cloud-init: {problem}")),
    };
    let Some(authority) = endpoint.as_deref().and_then(|endpoint| endpoint.strip_prefix("http://")) else {
        return node.say("cloud-init: AWS is out of reach");
    };
    let aws_region = settings.get("AWS_REGION").cloned().unwrap_or_default();
    let aws = Client::new(node.clone(), authority.to_owned(), aws_region);
    if !connected {
        node.say("dockreg: packages");
        node.say("W: Failed to fetch http://deb.debian.org/debian/: connection timed out");
        // Neither can it tell CloudFormation that it failed.
        return std::future::pending().await;
    }
    let mut boot = Boot { node, aws, settings, clock, users: Arc::default(), registry: None, step: "packages" };
    match boot.steps().await {
        Ok(()) => boot.node.say("dockreg: READY"),
        Err(error) => {
            boot.node.say(&format!("{error:#}"));
            boot.node.say(&format!("dockreg: FAILED step={}", boot.step));
            if let Err(error) = boot.signal("FAILURE").await {
                boot.node.say(&format!("dockreg-aws: cloudformation: {error:#}"));
            }
            return;
        }
    }
    loop {
        tokio::time::sleep(boot.clock.scaled(Duration::from_secs(60)).max(SHORTEST_REFRESH)).await;
        if let Err(error) = boot.read_users().await {
            boot.node.say(&format!("dockreg-users: {error:#}"));
        }
    }
}

/// What a step tries until it works.
#[derive(Clone, Copy)]
enum Attempt {
    HttpSecret,
    Users,
    Ping,
    Healthy,
}

struct Boot {
    node: Arc<Node>,
    aws: Client,
    settings: HashMap<String, String>,
    clock: Clock,
    users: Arc<Users>,
    registry: Option<Arc<Registry>>,
    step: &'static str,
}

impl Boot {
    async fn steps(&mut self) -> anyhow::Result<()> {
        if self.node.fault == Some(Fault::Hasty) {
            self.signal("SUCCESS").await?;
            self.clock.patience(SLOW_BOOT).await;
        }
        self.begin("packages");
        if self.node.fault == Some(Fault::Locked) {
            self.lock().await?;
        }
        if self.node.fault == Some(Fault::Fails) {
            return Err(anyhow!("E: Failed to fetch packages"));
        }
        if self.node.fault == Some(Fault::Slow) {
            std::future::pending::<()>().await;
        }
        self.begin("secrets");
        self.keep_trying(120, 1, Attempt::HttpSecret).await?;
        self.begin("users");
        self.keep_trying(120, 1, Attempt::Users).await?;
        self.begin("registry");
        let bucket = self.setting("BUCKET")?.to_owned();
        let registry = Arc::new(Registry::new(Storage::new(self.aws.clone(), bucket)));
        self.begin("proxy");
        self.registry = Some(registry.clone());
        let site = Arc::new(Site { node: Arc::downgrade(&self.node), users: self.users.clone(), registry });
        proxy::listen(&self.node, &site).await?;
        self.begin("ping");
        self.keep_trying(120, 2, Attempt::Ping).await?;
        if self.node.fault == Some(Fault::Dies) {
            self.node.say("reboot: Power down");
            self.node.end();
            return Ok(());
        }
        if self.node.fault == Some(Fault::Hasty) {
            return Ok(());
        }
        self.begin("load-balancer");
        self.keep_trying(600, 5, Attempt::Healthy).await?;
        self.begin("signal");
        if self.node.fault == Some(Fault::Silent) {
            return Ok(());
        }
        self.signal("SUCCESS").await
    }

    /// What apt does while another holds its lock: it waits as long as its option says, which is not at all by default.
    async fn lock(&self) -> anyhow::Result<()> {
        let data = String::from_utf8_lossy(&self.node.launch.user_data);
        let option = data.split_once("DPkg::Lock::Timeout=").map(|(_, rest)| rest);
        let digits = option.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let patience = Duration::from_secs(digits.and_then(|digits| digits.parse().ok()).unwrap_or_default());
        self.clock.sleep(patience.min(LOCKED)).await;
        if patience < LOCKED {
            return Err(anyhow!(
                "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 612 (unattended-upgr)"
            ));
        }
        Ok(())
    }

    fn begin(&mut self, step: &'static str) {
        self.step = step;
        self.node.say(&format!("dockreg: {step}"));
    }

    fn setting(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.settings.get(name).filter(|value| !value.is_empty());
        value.map(String::as_str).with_context(|| format!("node.env has no {name}"))
    }

    /// Repeats what may fail for `limit` simulated seconds, with a pause of `pause` between.
    async fn keep_trying(&self, limit: u64, pause: u64, attempt: Attempt) -> anyhow::Result<()> {
        let until = Instant::now() + self.clock.scaled(Duration::from_secs(limit)).max(SHORTEST_LIMIT);
        let mut told = false;
        loop {
            match self.attempt(attempt).await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > until || makes_no_sense(&error) => return Err(error),
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        self.node.say(&format!("dockreg: {error:#}; trying again"));
                    }
                    tokio::time::sleep(self.clock.scaled(Duration::from_secs(pause)).max(SHORTEST_PAUSE)).await;
                }
            }
        }
    }

    async fn attempt(&self, attempt: Attempt) -> anyhow::Result<()> {
        match attempt {
            Attempt::HttpSecret => self.aws.secret(self.setting("HTTP_SECRET_ARN")?).await.map(drop),
            Attempt::Users => self.read_users().await,
            Attempt::Ping => self.registry.as_ref().context("there is no registry yet")?.deep_ping().await,
            Attempt::Healthy => self.healthy().await,
        }
    }

    async fn read_users(&self) -> anyhow::Result<()> {
        let operator = self.aws.secret(self.setting("OPERATOR_SECRET_ARN")?).await.context("the operator secret")?;
        let users = self.aws.secret(self.setting("USERS_SECRET_ARN")?).await.context("the users secret")?;
        Ok(self.users.set(&operator, &users)?)
    }

    /// The load balancer's opinion of this node.
    async fn healthy(&self) -> anyhow::Result<()> {
        let parameters = [
            ("Action", "DescribeTargetHealth"),
            ("Version", "2015-12-01"),
            ("TargetGroupArn", self.setting("TARGET_GROUP_ARN")?),
            ("Targets.member.1.Id", &self.node.launch.instance_id),
        ];
        let answer = self.aws.query("elasticloadbalancing", &parameters).await?;
        if answer.contains("<State>healthy</State>") { Ok(()) } else { Err(anyhow!("the target is not healthy")) }
    }

    async fn signal(&self, status: &str) -> anyhow::Result<()> {
        let parameters = [
            ("Action", "SignalResource"),
            ("Version", "2010-05-15"),
            ("StackName", self.setting("STACK_NAME")?),
            ("LogicalResourceId", self.setting("SIGNAL_RESOURCE")?),
            ("UniqueId", &self.node.launch.instance_id),
            ("Status", status),
        ];
        let mut pause = Duration::from_secs(1);
        loop {
            let Err(error) = self.aws.query("cloudformation", &parameters).await else { return Ok(()) };
            let text = format!("{error:#}");
            // The node was launched by its group long after the stack was finished, or the answer was lost and the
            // signal counted.
            if text.contains("cannot be signaled") || text.contains("already exists") {
                return Ok(());
            }
            let final_answer = text.starts_with("HTTP 4") && !text.contains("Throttl") && !text.starts_with("HTTP 429");
            if final_answer || pause > LONGEST_PAUSE {
                return Err(error);
            }
            tokio::time::sleep(self.clock.scaled(pause).max(SHORTEST_PAUSE)).await;
            pause *= 2;
        }
    }
}

/// What is not worth another try.
fn makes_no_sense(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Refused::Users(..)))
}

//! All that the steps act on: the region, its instances, the store behind it, the client.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use dockreg_region::fault::Fault;
use dockreg_region::node::in_process::InProcess;
use dockreg_region::node::machine::{Addresses, File, Guest, Host, Machines, Spec};
use dockreg_region::service::elbv2::targets::{Health, Target};
use dockreg_region::service::secretsmanager::Secret;
use dockreg_region::{Options, Running, starting};
use tokio::process::Child;

use crate::arguments::Arguments;
use crate::client::{Client, Output, last_lines};
use crate::{bucket, mirror, network, store, supervisor};

/// The registry's host name.
pub const DOMAIN: &str = "docker.example.test";
/// A user of the registry from the first `up` on.
pub const USER: &str = "alice";
/// That user's password; a made-up one for a registry that lives for minutes.
pub const PASSWORD: &str = "correct horse battery staple";

/// Divisor of AWS's own durations. Nodes, health checks and signals keep real time.
const SPEED: f64 = 20.0;
/// The same where nodes boot in milliseconds, and nothing keeps real time.
const LIGHT_SPEED: f64 = 100.0;

/// The client's copy of the public registry image.
const ARCHIVE: &str = "/srv/registry-image.tar";

/// The client's aws-cli, and how it is called. The folder is read-only.
const AWS_CLI: &str = "/usr/local/lib/aws-cli";
const AWS: &str =
    "#!/bin/sh\nPYTHONPATH=/usr/local/lib/aws-cli PYTHONDONTWRITEBYTECODE=1 exec python3 -m awscli \"$@\"\n";

/// What runs the region's instances.
enum Nodes {
    Machines(Arc<Machines>),
    InProcess(Arc<InProcess>),
}

/// A running rehearsal.
pub struct Scene {
    /// Where commands run.
    pub client: Arc<Client>,
    /// Where the client has htpasswd lines for `up`.
    pub users: Option<String>,
    /// The image of the nodes, where it is not the default one.
    pub ami: Option<String>,
    /// What the account held before the first `up`.
    pub at_start: Vec<(&'static str, usize)>,
    region: Running,
    nodes: Nodes,
    /// Programs that end with the scene.
    _programs: Vec<Child>,
}

impl Scene {
    /// A region in this process with machines as nodes, an S3 behind it, and a client machine outside of it.
    ///
    /// # Errors
    /// When a part of it does not start.
    pub async fn full(arguments: &Arguments, prefix: &str, scratch: &Path) -> Result<Self> {
        network::lay().await?;
        let store = store::start(&arguments.moto, &scratch.join("moto.log")).await?;
        let folder = scratch.join("machines");
        let host = Host { root: arguments.machine.join("root"), scratch: folder, prefix: prefix.to_owned() };
        let machines = Arc::new(Machines::new(host.clone(), network::vpc()));
        let options = Options {
            domain: Some(DOMAIN.to_owned()),
            speed: SPEED,
            nodes: Some(machines.clone()),
            s3: Some(format!("http://{}:{}", store::ADDRESS.0, store::ADDRESS.1)),
            addresses: Some(Addresses {
                region: network::REGION,
                metadata: network::METADATA,
                balancers: network::BALANCERS.to_vec(),
                names: vec![(mirror::HOST.to_owned(), network::MIRROR)],
            }),
            ..Options::default()
        };
        let region = dockreg_region::start(options).await.context("could not start the region")?;
        machines.trust(region.ca_pem());
        let issued = region.authority().issue(&[mirror::HOST.to_owned()])?;
        let content = arguments.machine.join("registry");
        let public = mirror::start(&content, scratch, &issued).await?;
        mirror::archive(&content, scratch, &region.ca_pem()).await?;
        let client = client(arguments, &host, scratch, &region).await?;
        mirror::publish(&client, ARCHIVE).await?;
        let users = "/srv/htpasswd".to_owned();
        client.succeed(&["sh", "-c", &format!("htpasswd -niB {USER} >{users}")], PASSWORD).await?;
        Ok(Self {
            client: Arc::new(client),
            users: Some(users),
            ami: ami(&region, &arguments.suite),
            at_start: Vec::new(),
            region,
            nodes: Nodes::Machines(machines),
            _programs: vec![store, public],
        })
    }

    /// A region in this process with in-process nodes; the client is this machine.
    ///
    /// # Errors
    /// When the region does not start.
    pub async fn light(arguments: &Arguments, scratch: &Path) -> Result<Self> {
        let nodes = Arc::new(InProcess::default());
        let options = Options {
            domain: Some(DOMAIN.to_owned()),
            speed: LIGHT_SPEED,
            nodes: Some(nodes.clone()),
            ..Options::default()
        };
        let region = dockreg_region::start(options).await.context("could not start the region")?;
        let client = Client::here(&arguments.dockreg, region.environment(), &scratch.join("transcripts"))?;
        Ok(Self {
            client: Arc::new(client),
            users: None,
            ami: None,
            at_start: Vec::new(),
            region,
            nodes: Nodes::InProcess(nodes),
            _programs: Vec::new(),
        })
    }

    /// Whether its nodes are in-process ones and there is no Docker client.
    pub fn light_weight(&self) -> bool {
        matches!(self.nodes, Nodes::InProcess(_))
    }

    /// Ids of the instances that the load balancers find healthy.
    pub fn healthy_nodes(&self) -> BTreeSet<String> {
        let healthy = self.targets().into_iter().filter(|target| target.health == Health::Healthy);
        healthy.map(|target| target.instance_id).collect()
    }

    /// Every target of every load balancer.
    pub fn targets(&self) -> Vec<Target> {
        self.region.region().world(|world| {
            let groups = world.elbv2.target_groups.iter();
            groups.flat_map(|group| group.targets.clone()).collect()
        })
    }

    /// Operations called so far, in order.
    pub fn calls(&self) -> Vec<String> {
        self.region.region().journal.entries().into_iter().map(|entry| entry.operation).collect()
    }

    /// What the region itself did wrong so far: answers that AWS's own models do not allow.
    pub fn faults(&self) -> Vec<String> {
        self.region.region().journal.bugs()
    }

    /// How much of everything that costs money or gives rights there is in the account, buckets apart.
    pub fn inventory(&self) -> Vec<(&'static str, usize)> {
        self.region.region().world(|world| {
            // Service-linked roles stay in the account, as AWS leaves them.
            let roles = world.iam.roles.keys().filter(|name| !name.starts_with("AWSServiceRole")).count();
            let records = world.route53.zones.values().map(|zone| zone.records.len()).sum();
            vec![
                ("load balancers", world.elbv2.load_balancers.len()),
                ("target groups", world.elbv2.target_groups.len()),
                ("groups", world.autoscaling.groups.len()),
                ("secrets", world.secretsmanager.secrets.len()),
                ("roles", roles),
                ("policies", world.iam.policies.len()),
                ("instance profiles", world.iam.profiles.len()),
                ("security groups", world.ec2.security_groups.len()),
                ("DNS records", records),
            ]
        })
    }

    /// Objects in all buckets of the account, as S3 lists them. None where nodes keep no real images.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn objects(&self) -> Result<Option<usize>> {
        if self.light_weight() {
            return Ok(None);
        }
        bucket::objects(&self.client, &self.region.environment()).await.map(Some)
    }

    /// Cuts the power of an instance, without telling the region.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn cut(&self, instance_id: &str) -> Result<()> {
        match &self.nodes {
            Nodes::Machines(machines) => machines.guest(instance_id).context("it does not run")?.cut().await,
            Nodes::InProcess(nodes) => nodes.kill(instance_id),
        }
        Ok(())
    }

    /// Cuts the network of an instance, without telling the region.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn unplug(&self, instance_id: &str) -> Result<()> {
        self.machine(instance_id)?.unplug().await
    }

    /// The first process of a node: another one after each reboot.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn first_process(&self, instance_id: &str) -> Result<u32> {
        self.machine(instance_id)?.leader().await
    }

    /// The region itself.
    pub(crate) fn region(&self) -> Arc<dockreg_region::Region> {
        self.region.region()
    }

    /// What a node wrote to its console so far.
    pub fn console(&self, instance_id: &str) -> String {
        self.machine(instance_id).map(|guest| guest.console()).unwrap_or_default()
    }

    /// Gives nodes to come a disk of so many bytes; `None` one as large as this machine's.
    ///
    /// # Errors
    /// When nodes are in-process ones.
    pub fn limit_disks(&self, bytes: Option<u64>) -> Result<()> {
        let Nodes::Machines(machines) = &self.nodes else { bail!("an in-process node has no disk") };
        machines.limit_disks(bytes);
        Ok(())
    }

    /// A newer machine image appears under a public parameter; answers its id, if there is such a parameter.
    pub fn release(&self, parameter: &str, name: &str) -> Option<String> {
        let region = self.region.region();
        region.world(|world| starting::release(&region, world, parameter, name))
    }

    /// The machine image of each healthy node.
    pub fn machine_images(&self) -> Vec<String> {
        let nodes = self.healthy_nodes();
        self.region.region().world(|world| {
            let all = world.ec2.instances.all().filter(|instance| nodes.contains(&instance.id));
            all.map(|instance| instance.image_id.clone()).collect()
        })
    }

    /// ARN and current value of every secret of the account.
    pub fn secrets(&self) -> Vec<(String, String)> {
        self.region.region().world(|world| {
            let current = |secret: &Secret| Some((secret.arn.clone(), secret.current()?.1.value.clone()));
            world.secretsmanager.secrets.values().filter_map(current).collect()
        })
    }

    /// Has curl sign a call of a service as the account's owner: lines of its configuration.
    ///
    /// # Errors
    /// When the region exports no keys.
    pub fn signer(&self, service: &str) -> Result<String> {
        bucket::signer(&self.region.environment(), service)
    }

    /// Makes something go wrong in the region from now on.
    pub fn plant(&self, fault: Fault) {
        self.region.region().plant(fault);
    }

    /// Lets nothing go wrong in the region any more.
    pub fn forget_faults(&self) {
        self.region.region().faults.clear();
    }

    /// Runs a shell script on a node, as root, to its end, however it ends.
    ///
    /// # Errors
    /// When the node does not run, or is an in-process one.
    pub async fn on_node(&self, instance_id: &str, script: &str) -> Result<Output> {
        let guest = self.machine(instance_id)?;
        Ok(guest.command(&[], &["sh", "-c", script]).await?.output().await?.into())
    }

    fn machine(&self, instance_id: &str) -> Result<Arc<Guest>> {
        let Nodes::Machines(machines) = &self.nodes else { bail!("an in-process node is no machine") };
        machines.guest(instance_id).with_context(|| format!("{instance_id} does not run"))
    }

    /// Ids of the instances that run, whatever the region thinks of them.
    pub fn running_nodes(&self) -> Vec<String> {
        match &self.nodes {
            Nodes::Machines(machines) => machines.instance_ids(),
            Nodes::InProcess(_) => self.healthy_nodes().into_iter().collect(),
        }
    }

    /// What happened lately, for the case that a step failed: commands, calls, consoles.
    pub async fn account(&self) -> String {
        let mut text = format!("\n== last commands\n{}", self.client.tail(3, 60));
        text += &format!("== last calls to the region\n{}", last_lines(&self.region.region().journal.timeline(), 40));
        if let Nodes::Machines(machines) = &self.nodes {
            for id in machines.instance_ids() {
                let console = without_colours(&self.console(&id));
                text += &format!("== console of {id}\n{}", last_lines(&console, 40));
            }
        }
        text
    }

    /// How to use what --keep leaves running.
    pub fn invitation(&self) -> String {
        let environment = || {
            let exports = self.region.environment();
            exports.iter().map(|(name, value)| format!("  export {name}='{value}'\n")).collect::<String>()
        };
        if self.light_weight() {
            return format!(
                "The registry runs on in-process nodes. In another shell:\n{}Ctrl-C ends it.",
                environment()
            );
        }
        format!(
            "The registry runs. In another shell:\n  \
             tests/rehearse --enter                       a shell on the client machine\n  \
             tests/rehearse --enter dockreg status\n  \
             tests/rehearse --enter docker pull {DOMAIN}/rehearsal:small\n\
             Ctrl-C here, or tests/rehearse --stop, ends it and removes all of it."
        )
    }
}

/// The id of the region's image of this Debian release; none for the one that `up` takes unless told otherwise.
fn ami(region: &Running, suite: &str) -> Option<String> {
    let name = if suite == "bookworm" { "debian-12-amd64" } else { return None };
    region.region().world(|world| {
        world.ec2.images.iter().find(|image| image.name.starts_with(name)).map(|image| image.image_id.clone())
    })
}

/// Boots the client machine: Docker, skopeo and dockreg, its resolver the region's, its system trusting the region.
async fn client(arguments: &Arguments, host: &Host, scratch: &Path, region: &Running) -> Result<Client> {
    let endpoint = format!("http://{}", network::REGION);
    let variables: Vec<(String, String)> = region
        .environment()
        .into_iter()
        .filter(|(name, _)| name.starts_with("AWS_"))
        .map(|(name, value)| if name == "AWS_ENDPOINT_URL" { (name, endpoint.clone()) } else { (name, value) })
        .collect();
    let exports: String = variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    let aws = File { mode: 0o755, ..File::text("/usr/local/bin/aws", AWS) };
    let spec = Spec {
        name: "client".to_owned(),
        host_name: "client".to_owned(),
        link: network::outside(),
        resolver: network::REGION,
        authority: Some(region.ca_pem()),
        files: vec![
            File::text("/etc/cloud/cloud-init.disabled", ""),
            File::text("/etc/profile.d/aws.sh", exports),
            aws,
        ],
        disk: None,
        removed: vec!["/etc/systemd/system/multi-user.target.wants/nginx.service".to_owned()],
        binds: vec![
            (fs::canonicalize(&arguments.dockreg)?, "/usr/local/bin/dockreg".to_owned()),
            (scratch.join("image.tar"), ARCHIVE.to_owned()),
            (arguments.aws_cli.clone(), AWS_CLI.to_owned()),
        ],
    };
    let guest = Guest::boot(host, spec).await?;
    guest.booted().await?;
    fs::write(scratch.join(supervisor::CLIENT_FILE), guest.leader().await?.to_string())?;
    Client::on(guest, variables, &scratch.join("transcripts"))
}

/// A console's text without the control sequences that colour it.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        rest = rest.get(1..).unwrap_or_default();
    }
    plain + rest
}

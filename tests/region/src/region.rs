//! One simulated region: its settings, its state, and what runs its instances.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::clock::Clock;
use crate::fault::{Fault, Faults};
use crate::journal::Journal;
use crate::node::NodeBackend;
use crate::random::Random;
use crate::service;

/// What a region is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Region name, such as `us-east-1`.
    pub region: String,
    /// Twelve-digit account id.
    pub account: String,
    /// AWS partition, such as `aws`.
    pub partition: String,
    /// DNS suffix of the partition, such as `amazonaws.com`.
    pub url_suffix: String,
    /// Seed of every random choice.
    pub seed: u64,
}

/// All state of the region, one part per service. Held behind one lock that is never kept across an await.
#[derive(Debug, Default)]
pub struct World {
    pub acm: service::acm::State,
    pub autoscaling: service::autoscaling::State,
    pub cloudformation: service::cloudformation::State,
    pub ec2: service::ec2::State,
    pub elbv2: service::elbv2::State,
    pub iam: service::iam::State,
    pub logs: service::logs::State,
    pub route53: service::route53::State,
    pub s3: service::s3::State,
    pub secretsmanager: service::secretsmanager::State,
    pub ssm: service::ssm::State,
}

impl World {
    /// ARNs of the load balancers whose listeners use a certificate.
    pub fn certificate_users(&self, arn: &str) -> Vec<String> {
        let uses = self.elbv2.listeners.iter().filter(|one| {
            one.settings.certificate.as_deref() == Some(arn) || one.more_certificates.iter().any(|more| more == arn)
        });
        uses.map(|one| one.load_balancer_arn.clone()).collect()
    }

    /// ARNs of the load balancers by which IAM and ACM count a certificate as used: for a while also those that have let
    /// go of it.
    pub fn certificate_holders(&self, arn: &str, now: f64) -> Vec<String> {
        let mut holders = self.certificate_users(arn);
        let held = self.elbv2.released.iter().filter(|one| one.certificate == arn && one.until > now);
        holders.extend(held.map(|one| one.load_balancer_arn.clone()));
        holders.dedup();
        holders
    }
}

/// A running region. Cheap to share: every task holds an `Arc<Region>`.
pub struct Region {
    pub settings: Settings,
    pub clock: Clock,
    pub nodes: Arc<dyn NodeBackend>,
    /// Source of ids and other random values; may be used while the world is locked.
    pub random: Random,
    /// Every request so far.
    pub journal: Journal,
    /// What is to go wrong.
    pub faults: Faults,
    world: Mutex<World>,
    endpoint: OnceLock<String>,
    real_time: Clock,
}

impl Region {
    /// A region with this world and node back end; nothing listens yet.
    pub fn new(settings: Settings, clock: Clock, nodes: Arc<dyn NodeBackend>, world: World) -> Arc<Self> {
        let random = Random::new(settings.seed);
        let (journal, faults) = (Journal::default(), Faults::default());
        Arc::new(Self {
            settings,
            clock,
            nodes,
            random,
            journal,
            faults,
            world: Mutex::new(world),
            endpoint: OnceLock::new(),
            real_time: Clock::new(1.0),
        })
    }

    /// Where all services listen, such as `http://127.0.0.1:4566`; None until the region listens.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.get().map(String::as_str)
    }

    /// Tells the region where it listens. Only the first call counts.
    pub fn listens_at(&self, endpoint: String) {
        self.endpoint.get_or_init(|| endpoint);
    }

    /// The clock of what nodes take part in (health checks, draining, grace periods, signals): the region's own for
    /// in-process nodes, real time for real machines, which boot no faster for being asked to.
    pub fn node_clock(&self) -> Clock {
        if self.nodes.real_time() { self.real_time.clone() } else { self.clock.clone() }
    }

    /// Makes something go wrong from now on.
    pub fn plant(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Reads or changes the world under its lock. The closure must be short and must not block.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = look(&mut world);
        self.journal.look_at(&world);
        seen
    }

    /// An ARN in this region and account: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Settings { partition, region, account, .. } = &self.settings;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// An ARN of a global service (IAM): no region.
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        let Settings { partition, account, .. } = &self.settings;
        format!("arn:{partition}:{service}::{account}:{resource}")
    }
}

//! One simulated region: its settings, its state, and what runs its instances.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::node::NodeBackend;
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

/// A running region. Cheap to share: every task holds an `Arc<Region>`.
pub struct Region {
    pub settings: Settings,
    pub clock: Clock,
    pub nodes: Arc<dyn NodeBackend>,
    world: Mutex<World>,
}

impl Region {
    /// A region with this world and node back end; nothing listens yet.
    pub fn new(settings: Settings, clock: Clock, nodes: Arc<dyn NodeBackend>, world: World) -> Arc<Self> {
        Arc::new(Self { settings, clock, nodes, world: Mutex::new(world) })
    }

    /// Reads or changes the world under its lock. The closure must be short and must not block.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
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

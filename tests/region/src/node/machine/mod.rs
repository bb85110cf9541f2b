//! Instances that are real: Debian under systemd-nspawn, one network namespace each, booting unchanged user data.
//!
//! Needs root, the tools of `guest`, and a network that the caller has laid (see [`Link`]). What it starts dies with
//! the process namespace it runs in; it must therefore run in one of its own.

mod addresses;
mod command;
pub mod control_groups;
mod guest;
mod node;
mod root;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use addresses::Addresses;
pub use command::run;
pub use guest::{Guest, Host, Link, Spec};
pub use root::File;

use super::{Launch, NodeBackend};
use crate::Region;

/// How long an instance may take to power off before it is cut; EC2 gives an operating system minutes.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(20);

/// One instance, from the call that launches it.
enum Instance {
    /// Its root file system is being laid.
    Starting { address: SocketAddr },
    /// It boots or runs.
    Running { guest: Arc<Guest> },
    /// It is gone; what it wrote to its console stays readable.
    Ended { console: String },
}

/// Runs instances as machines of a [`Host`].
pub struct Machines {
    host: Host,
    subnet: Subnet,
    authority: OnceLock<String>,
    /// Bytes of the disks of instances to come; 0 for what the host has.
    disk: AtomicU64,
    instances: Arc<Mutex<HashMap<String, Instance>>>,
}

/// The network that instances are attached to.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Bridge of the VPC.
    pub bridge: String,
    /// Prefix length of the VPC, such as 16.
    pub prefix: u8,
    /// The VPC's router, which also leads to the metadata service.
    pub gateway: std::net::Ipv4Addr,
    /// The VPC's resolver.
    pub resolver: std::net::Ipv4Addr,
}

impl Machines {
    /// A back end that starts machines of `host` in `subnet`.
    pub fn new(host: Host, subnet: Subnet) -> Self {
        Self { host, subnet, authority: OnceLock::new(), disk: AtomicU64::new(0), instances: Arc::default() }
    }

    /// Has every instance launched from now on trust this certificate authority (PEM), as they trust Amazon's.
    pub fn trust(&self, authority: String) {
        // A second authority would mean a second region, which never shares its back end.
        let _first = self.authority.set(authority);
    }

    /// Gives every instance launched from now on a disk of so many bytes, and of what the host has for `None`.
    pub fn limit_disks(&self, bytes: Option<u64>) {
        self.disk.store(bytes.unwrap_or_default(), Ordering::Relaxed);
    }

    /// The machine of an instance that boots or runs.
    pub fn guest(&self, instance_id: &str) -> Option<Arc<Guest>> {
        match self.lock().get(instance_id) {
            Some(Instance::Running { guest }) => Some(Arc::clone(guest)),
            _ => None,
        }
    }

    /// Ids of the instances that boot or run.
    pub fn instance_ids(&self) -> Vec<String> {
        let instances = self.lock();
        instances.iter().filter(|(_, it)| !matches!(it, Instance::Ended { .. })).map(|(id, _)| id.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instance>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl NodeBackend for Machines {
    async fn launch(&self, _region: &Arc<Region>, launch: Launch) -> Result<(), String> {
        let Subnet { bridge, prefix, gateway, resolver } = self.subnet.clone();
        let link = Link { bridge, address: launch.private_ip, prefix, gateway, mac: Some(launch.mac.clone()) };
        let spec = Spec {
            name: launch.instance_id.clone(),
            host_name: format!("ip-{}", launch.private_ip.to_string().replace('.', "-")),
            link,
            resolver,
            authority: self.authority.get().cloned(),
            files: node::files(&self.host.root).map_err(|error| format!("{error:#}"))?,
            disk: Some(self.disk.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0),
            removed: node::removed(),
            binds: Vec::new(),
        };
        let address = SocketAddr::from((launch.private_ip, 0));
        self.lock().insert(launch.instance_id.clone(), Instance::Starting { address });
        match Guest::boot(&self.host, spec).await {
            Ok(guest) => {
                let guest = Arc::new(guest);
                self.lock().insert(launch.instance_id, Instance::Running { guest });
                Ok(())
            }
            Err(error) => {
                let console = format!("{error:#}");
                self.lock().insert(launch.instance_id, Instance::Ended { console: console.clone() });
                Err(console)
            }
        }
    }

    async fn terminate(&self, instance_id: &str) {
        let Some(guest) = self.guest(instance_id) else { return };
        let (id, instances) = (instance_id.to_owned(), Arc::clone(&self.instances));
        tokio::spawn(async move {
            guest.power_off(POWER_OFF_LIMIT).await;
            let console = guest.console();
            guest.remove().await;
            instances.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Instance::Ended { console });
        });
    }

    fn address(&self, instance_id: &str, port: u16) -> Option<SocketAddr> {
        match self.lock().get(instance_id)? {
            Instance::Starting { address } => Some(SocketAddr::new(address.ip(), port)),
            Instance::Running { guest } => Some(SocketAddr::from((guest.address(), port))),
            Instance::Ended { .. } => None,
        }
    }

    async fn console_output(&self, instance_id: &str) -> String {
        match self.lock().get(instance_id) {
            Some(Instance::Running { guest }) => guest.console(),
            Some(Instance::Ended { console }) => console.clone(),
            Some(Instance::Starting { .. }) | None => String::new(),
        }
    }

    fn running(&self, instance_id: &str) -> bool {
        match self.lock().get(instance_id) {
            Some(Instance::Starting { .. }) => true,
            Some(Instance::Running { guest }) => guest.runs(),
            Some(Instance::Ended { .. }) | None => false,
        }
    }

    fn real_time(&self) -> bool {
        true
    }
}

//! Instances as tasks of this process: they read their real user data, call AWS as their role, and serve what the real
//! node serves, in milliseconds.

mod aws;
mod boot;
mod proxy;
mod registry;
mod storage;
mod user_data;
mod users;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::task::AbortHandle;

use super::metadata::Metadata;
use super::{Launch, NodeBackend};
use crate::Region;

/// What goes wrong with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It boots and serves, and never signals.
    Silent,
    /// It gives up at its first step and signals FAILURE.
    Fails,
    /// It powers itself off before it has signalled.
    Dies,
    /// Its mirrors are so slow that it is not done before anybody's patience is.
    Slow,
    /// It signals SUCCESS before it does anything, asks nobody whether it is healthy, and takes its time.
    Hasty,
    /// Unattended upgrades hold apt's lock for four minutes: a bootstrap that does not wait as long for it fails.
    Locked,
}

/// Runs instances as tasks of this process, on free loopback ports. It belongs to one region.
#[derive(Default)]
pub struct InProcess {
    nodes: Mutex<HashMap<String, Arc<Node>>>,
    metadata: Mutex<Option<Arc<Metadata>>>,
    /// Faults of the next launches, first first; then the one of all others.
    faults: Mutex<(Vec<Option<Fault>>, Option<Fault>)>,
}

/// One node.
pub(crate) struct Node {
    launch: Launch,
    metadata: Arc<Metadata>,
    fault: Option<Fault>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where its ports are found.
    ports: HashMap<u16, SocketAddr>,
    console: String,
    tasks: Vec<AbortHandle>,
    /// It is off and does not come back.
    ended: bool,
    /// Its registry process does not answer, though its proxy does.
    registry_stopped: bool,
}

impl InProcess {
    /// Gives the next launch this fault, or none; calls add up.
    pub fn next_launch(&self, fault: Option<Fault>) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).0.push(fault);
    }

    /// Gives every launch this fault, unless `next_launch` said otherwise.
    pub fn every_launch(&self, fault: Option<Fault>) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).1 = fault;
    }

    /// Cuts a node's power.
    pub fn kill(&self, instance_id: &str) {
        if let Some(node) = self.node(instance_id) {
            node.end();
        }
    }

    /// Stops or starts a node's registry process; its proxy answers 502 meanwhile.
    pub fn stop_registry(&self, instance_id: &str, stopped: bool) {
        if let Some(node) = self.node(instance_id) {
            node.state().registry_stopped = stopped;
        }
    }

    /// Ids of the nodes that run.
    pub fn instance_ids(&self) -> Vec<String> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.iter().filter(|(_, node)| !node.state().ended).map(|(id, _)| id.clone()).collect()
    }

    fn node(&self, instance_id: &str) -> Option<Arc<Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).get(instance_id).cloned()
    }

    fn fault(&self) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.0.is_empty() { faults.1 } else { faults.0.remove(0) }
    }
}

impl Node {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line to the console.
    fn say(&self, line: &str) {
        let mut state = self.state();
        state.console.push_str(line);
        state.console.push('\n');
    }

    /// Keeps a task to be ended with the node.
    fn keep(&self, task: AbortHandle) {
        let mut state = self.state();
        if state.ended {
            task.abort();
        } else {
            state.tasks.push(task);
        }
    }

    fn listens(&self, port: u16, address: SocketAddr) {
        self.state().ports.insert(port, address);
    }

    fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.ports.clear();
        for task in state.tasks.drain(..) {
            task.abort();
        }
    }
}

#[async_trait]
impl NodeBackend for InProcess {
    async fn launch(&self, region: &Arc<Region>, launch: Launch) -> Result<(), String> {
        let metadata = {
            let mut kept = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert_with(|| Metadata::new(region)).clone()
        };
        let id = launch.instance_id.clone();
        let node = Arc::new(Node { launch, metadata, fault: self.fault(), state: Mutex::default() });
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).insert(id, node.clone());
        let booting = tokio::spawn(boot::boot(Arc::downgrade(region), Arc::downgrade(&node)));
        node.keep(booting.abort_handle());
        Ok(())
    }

    async fn terminate(&self, instance_id: &str) {
        if let Some(node) = self.node(instance_id) {
            node.end();
        }
    }

    fn address(&self, instance_id: &str, port: u16) -> Option<SocketAddr> {
        self.node(instance_id)?.state().ports.get(&port).copied()
    }

    async fn console_output(&self, instance_id: &str) -> String {
        self.node(instance_id).map(|node| node.state().console.clone()).unwrap_or_default()
    }

    fn running(&self, instance_id: &str) -> bool {
        self.node(instance_id).is_some_and(|node| !node.state().ended)
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        for node in self.nodes.lock().unwrap_or_else(PoisonError::into_inner).values() {
            node.end();
        }
    }
}

//! The states of a world, compared with those seen last. It only looks: nobody has to tell it.

use std::collections::BTreeMap;

use super::Change;
use crate::region::World;
use crate::service::elbv2::Health;
use crate::service::route53::Key;

/// What was seen last, and every change so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) changes: Vec<Change>,
    /// Events known of each stack, by its id.
    events: BTreeMap<String, usize>,
    instances: States<String>,
    members: States<String>,
    targets: States<(String, String)>,
    load_balancers: States<String>,
    certificates: States<String>,
    /// By zone.
    records: BTreeMap<String, States<Key>>,
}

type States<K> = BTreeMap<K, &'static str>;

impl Seen {
    /// Notes every difference.
    pub(super) fn look_at(&mut self, world: &World) {
        let mut told = Vec::new();
        world.cloudformation.news(&mut self.events, &mut told);
        let at = jiff::Timestamp::now().as_duration().as_secs_f64();
        let mut tell = |what: String, state: &str| {
            told.push(Change { at, what, state: state.to_owned(), reason: None });
        };
        let instances = world.ec2.instances.all().map(|one| (&one.id, one.lifecycle.code_and_name().1));
        compare(&mut self.instances, instances, |id, state| tell(format!("instance {id}"), state));
        let members = world.autoscaling.groups.iter().flat_map(|group| &group.members);
        let members = members.map(|one| (&one.instance_id, one.state.name()));
        compare(&mut self.members, members, |id, state| tell(format!("member {id}"), state));
        let balancers = world.elbv2.load_balancers.iter();
        let balancers = balancers.map(|one| (&one.name, if one.active { "active" } else { "provisioning" }));
        compare(&mut self.load_balancers, balancers, |name, state| tell(format!("load balancer {name}"), state));
        for group in &world.elbv2.target_groups {
            for target in &group.targets {
                let state = health(&target.health);
                let known =
                    self.targets.iter_mut().find(|((arn, id), _)| *arn == group.arn && *id == target.instance_id);
                match known {
                    Some((_, known)) if *known == state => continue,
                    Some((_, known)) => *known = state,
                    None => {
                        self.targets.insert((group.arn.clone(), target.instance_id.clone()), state);
                    }
                }
                tell(format!("target {} of {}", target.instance_id, group.name), state);
            }
        }
        let there = |arn: &str, id: &str| {
            let mut groups = world.elbv2.target_groups.iter().filter(|group| group.arn == arn);
            groups.any(|group| group.targets.iter().any(|target| target.instance_id == id))
        };
        self.targets.retain(|(arn, id), _| {
            let stays = there(arn, id);
            if !stays {
                let name = arn.rsplit('/').nth(1).unwrap_or_default();
                tell(format!("target {id} of {name}"), "gone");
            }
            stays
        });
        let requested = world.acm.certificates.values();
        let requested =
            requested.map(|one| (&one.arn, if one.issued.is_some() { "ISSUED" } else { "PENDING_VALIDATION" }));
        let uploaded = world.iam.certificates.values().map(|one| (&one.arn, "uploaded"));
        compare(&mut self.certificates, requested.chain(uploaded), |arn, state| {
            tell(format!("certificate {arn}"), state)
        });
        for zone in world.route53.zones.values() {
            let records = zone
                .records
                .iter()
                .map(|(key, record)| (key, if zone.published.get(key) == Some(record) { "INSYNC" } else { "PENDING" }));
            if !self.records.contains_key(&zone.id) {
                self.records.insert(zone.id.clone(), States::new());
            }
            let Some(known) = self.records.get_mut(&zone.id) else { continue };
            compare(known, records, |key, state| tell(format!("record {} {}", key.name(), key.kind), state));
        }
        self.changes.append(&mut told);
    }
}

fn health(health: &Health) -> &'static str {
    match health {
        Health::Registering | Health::Initial => "initial",
        Health::Healthy => "healthy",
        Health::Unhealthy { reason, .. } => reason,
        Health::Draining => "draining",
    }
}

/// Brings `known` up to date and tells every difference.
fn compare<'a, K: Ord + Clone + 'a>(
    known: &mut States<K>,
    now: impl Iterator<Item = (&'a K, &'static str)> + Clone,
    mut tell: impl FnMut(&K, &str),
) {
    let mut there = 0;
    for (key, state) in now.clone() {
        there += 1;
        match known.get_mut(key) {
            Some(before) if *before == state => {}
            Some(before) => {
                *before = state;
                tell(key, state);
            }
            None => {
                known.insert(key.clone(), state);
                tell(key, state);
            }
        }
    }
    if known.len() > there {
        known.retain(|key, _| {
            let stays = now.clone().any(|(one, _)| one == key);
            if !stays {
                tell(key, "gone");
            }
            stays
        });
    }
}

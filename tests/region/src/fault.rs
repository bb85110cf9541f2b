//! Faults as an input: what goes wrong, where, how often. Given by the Rust API, by a file (a JSON array of faults),
//! or while the region runs by `POST /_region/faults`. What they do to a connection is the wire's business.

mod effect;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use effect::Effect;

use crate::random::Random;

/// One fault.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Fault {
    /// Model name of the service, such as `cloudformation`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Operation, such as `DescribeStackEvents`, or for a resource `CREATE`, `UPDATE`, `DELETE`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// For an operation: a text that must occur in its input as JSON (S3: in its path). For a resource: its logical id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// A text that must occur in the caller's ARN, such as `user/` for people and `assumed-role/` for nodes; anybody's
    /// calls when absent. Not for resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// How many matching calls go well first.
    #[serde(default)]
    pub after: u32,
    /// How many calls it then hits; all when absent, but one for [`Effect::FailResource`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Which share of the matching calls it hits, above 0 up to 1; every one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Seed of the probability; the same seed hits the same calls, counted by themselves. 0 when absent.
    #[serde(default)]
    pub seed: u64,
    /// Whether an error is answered only after the call took effect, or a resource fails only once it is made.
    #[serde(default)]
    pub after_effect: bool,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// Reads an array of faults.
    ///
    /// # Errors
    /// What is wrong with it, with line and column, or the number of the fault.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let faults: Vec<Self> =
            serde_json::from_str(text).map_err(|error| format!("not an array of faults: {error}"))?;
        for (index, fault) in faults.iter().enumerate() {
            fault.check().map_err(|problem| format!("fault {}: {problem}", index + 1))?;
        }
        Ok(faults)
    }

    fn check(&self) -> Result<(), String> {
        if self.probability.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
            return Err("probability must be above 0 and at most 1".to_owned());
        }
        let negative = |seconds: f64| !(seconds.is_finite() && seconds >= 0.0);
        if matches!(self.effect, Effect::Slow(by) | Effect::Drip(by) | Effect::SlowResource(by) if negative(by)) {
            return Err("seconds must be a number from 0".to_owned());
        }
        if self.effect.is_about_resources() {
            if self.caller.is_some() {
                return Err("caller goes with an effect on calls; resources are made by CloudFormation".to_owned());
            }
            let known = ["CREATE", "UPDATE", "DELETE"];
            return match &self.operation {
                Some(action) if !known.contains(&action.as_str()) => {
                    Err(format!("operation of a resource is one of {}, not {action}", known.join(", ")))
                }
                _ => Ok(()),
            };
        }
        if self.after_effect && !self.effect.is_an_answer() {
            return Err(
                "after_effect goes with an effect that is an answer; cut, reset and stall have names of their own"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether its probability lets it hit the matching call of this number.
    fn draws(&self, number: u64) -> bool {
        self.probability.is_none_or(|share| Random::new(self.seed).fixed(&format!("call {number}")) < share)
    }
}

/// A fault that hits, and the how-manieth time it does, from 1.
#[derive(Debug, Clone)]
pub struct Hit {
    pub effect: Effect,
    pub after_effect: bool,
    pub number: u32,
}

/// What is to go wrong with one operation on a resource.
#[derive(Debug, Default)]
pub struct ResourceHit(Vec<Hit>);

impl ResourceHit {
    /// The reason to fail, before or after the resource is made.
    pub fn failing(&self, after_effect: bool) -> Option<String> {
        self.0.iter().filter(|hit| hit.after_effect == after_effect).find_map(|hit| match &hit.effect {
            Effect::FailResource { reason } => Some(reason.clone()),
            _ => None,
        })
    }

    /// Simulated time by which it takes longer.
    pub fn delay(&self) -> Duration {
        self.0.iter().filter_map(|hit| hit.effect.delay()).sum()
    }
}

#[derive(Debug, Serialize)]
struct Planted {
    #[serde(flatten)]
    fault: Fault,
    /// Matching calls so far.
    calls: u64,
    /// How many of them it hit.
    hits: u32,
}

impl Planted {
    /// Counts a matching call; whether the fault hits it.
    fn hits_now(&mut self) -> bool {
        self.calls += 1;
        if self.calls <= u64::from(self.fault.after) || self.fault.times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        let hit = self.fault.draws(self.calls);
        self.hits += u32::from(hit);
        hit
    }

    fn hit(&self) -> Hit {
        Hit { effect: self.fault.effect.clone(), after_effect: self.fault.after_effect, number: self.hits }
    }
}

/// The faults of a region.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Planted>>);

impl Faults {
    /// Adds a fault; earlier ones are asked first.
    pub fn add(&self, mut fault: Fault) {
        if matches!(fault.effect, Effect::FailResource { .. }) {
            fault.times.get_or_insert(1);
        }
        self.planted(|all| all.push(Planted { fault, calls: 0, hits: 0 }));
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.planted(Vec::clear);
    }

    /// All faults as JSON, each with the `calls` that matched it so far and its `hits`.
    pub fn list(&self) -> serde_json::Value {
        self.planted(|all| serde_json::json!(all))
    }

    /// The effect on a call of an operation, counted. `caller` is its ARN, `input` its input as JSON text.
    pub fn on_call(&self, service: &str, operation: &str, caller: &str, input: &str) -> Option<Hit> {
        self.planted(|all| {
            let matching = all.iter_mut().filter(|planted| {
                let fault = &planted.fault;
                !fault.effect.is_about_resources()
                    && fault.service.as_deref().is_none_or(|one| one == service)
                    && fault.operation.as_deref().is_none_or(|one| one == operation)
                    && fault.resource.as_deref().is_none_or(|one| input.contains(one))
                    && fault.caller.as_deref().is_none_or(|one| caller.contains(one))
            });
            matching.filter_map(|planted| planted.hits_now().then(|| planted.hit())).next()
        })
    }

    /// What happens to an operation (`CREATE`, `UPDATE`, `DELETE`) on a resource of a stack, counted.
    pub fn on_resource(&self, logical_id: &str, action: &str) -> ResourceHit {
        self.planted(|all| {
            let matching = all.iter_mut().filter(|planted| {
                let fault = &planted.fault;
                fault.effect.is_about_resources()
                    && fault.operation.as_deref().is_none_or(|one| one == action)
                    && fault.resource.as_deref().is_none_or(|one| one == logical_id)
            });
            ResourceHit(matching.filter_map(|planted| planted.hits_now().then(|| planted.hit())).collect())
        })
    }

    fn planted<T>(&self, look: impl FnOnce(&mut Vec<Planted>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;

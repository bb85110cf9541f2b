//! Faults as an input: what goes wrong, where, how often. Given by the Rust API, by a file (a JSON array of faults),
//! or while the region runs by `POST /_region/faults`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::AwsError;

/// One fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Fault {
    /// Model name of the service, such as `cloudformation`; any when absent.
    #[serde(default)]
    pub service: Option<String>,
    /// Operation, such as `DescribeStackEvents`, or for a resource `CREATE`, `UPDATE`, `DELETE`; any when absent.
    #[serde(default)]
    pub operation: Option<String>,
    /// For an operation: a text that must occur in its input as JSON. For a resource: its logical id.
    #[serde(default)]
    pub resource: Option<String>,
    /// How many matching calls go well first.
    #[serde(default)]
    pub after: u32,
    /// How many calls it then hits; all when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

/// What a fault does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The operation answers this error without having taken effect.
    Fail {
        code: String,
        message: String,
        #[serde(default)]
        status: Option<u16>,
    },
    /// `Throttling: Rate exceeded`, in the service's own code.
    Throttle,
    /// The caller's token is said to be expired.
    ExpireToken,
    /// The connection is cut; the call took no effect.
    CutBefore,
    /// The connection is cut after the call took effect.
    CutAfter,
    /// The answer comes this many seconds late.
    Slow(f64),
    /// No answer ever comes; the call takes no effect.
    Stall,
    /// The CloudFormation resource fails with this reason; `times` is 1 unless given.
    FailResource { reason: String },
}

impl Effect {
    /// The error of an effect that is one, for the model `service`.
    pub fn error(&self, service: &str) -> Option<AwsError> {
        let json = matches!(service, "acm" | "logs" | "secretsmanager" | "service-quotas" | "ssm");
        match self {
            Self::Fail { code, message, status } => {
                Some(AwsError::new(code, message).with_status(status.unwrap_or(400)))
            }
            Self::Throttle => {
                let (code, status) = match service {
                    "ec2" => ("RequestLimitExceeded", 503),
                    "s3" => ("SlowDown", 503),
                    _ if json => ("ThrottlingException", 400),
                    _ => ("Throttling", 400),
                };
                Some(AwsError::new(code, "Rate exceeded").with_status(status))
            }
            Self::ExpireToken => {
                let (code, status) = match service {
                    "ec2" => ("RequestExpired", 400),
                    "s3" => ("ExpiredToken", 400),
                    _ if json => ("ExpiredTokenException", 400),
                    _ => ("ExpiredToken", 403),
                };
                Some(AwsError::new(code, "The security token included in the request is expired").with_status(status))
            }
            _ => None,
        }
    }

    /// The delay of [`Effect::Slow`].
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Slow(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
            _ => None,
        }
    }
}

/// The faults of a region.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault of calls; earlier ones are asked first. [`Region::plant`](crate::Region::plant) takes every kind.
    pub fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The effect on a call of an operation, counted. `input` is its input as JSON text.
    pub fn on_call(&self, service: &str, operation: &str, input: &str) -> Option<Effect> {
        self.take(|fault| {
            fault.service.as_deref().is_none_or(|one| one == service)
                && fault.operation.as_deref().is_none_or(|one| one == operation)
                && fault.resource.as_deref().is_none_or(|one| input.contains(one))
        })
    }

    fn take(&self, hit: impl Fn(&Fault) -> bool) -> Option<Effect> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in faults.iter_mut().filter(|fault| hit(fault)) {
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(left) => *left -= 1,
                None => {}
            }
            return Some(fault.effect.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};

    #[test]
    fn a_fault_from_a_file_hits_as_often_as_it_says() {
        let text = r#"[{ "operation": "DescribeStacks", "resource": "\"x\"", "after": 1, "times": 2, "effect": "throttle" },
            { "service": "ec2", "effect": "cut_after" }]"#;
        let faults = Faults::default();
        for fault in serde_json::from_str::<Vec<Fault>>(text).expect("faults") {
            faults.add(fault);
        }
        let hits: Vec<bool> = (0..5)
            .map(|_| faults.on_call("cloudformation", "DescribeStacks", "{\"StackName\":\"x\"}").is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(faults.on_call("cloudformation", "DescribeStacks", "{}").is_none());
    }
}

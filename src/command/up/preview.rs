//! What people see before they agree: the settings with their sources, the changes, the cost.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use crate::registry::cost::{self, Estimate, Size};
use crate::registry::plan::{BucketPlan, PassedOver, TOLD, UpPlan};
use crate::registry::record::RecordSet;
use crate::registry::template::{NODE_GROUP, parameter};
use crate::settings::Source;
use crate::stack::change::{Action, PropertyChange, Replacement, ResourceChange};
use crate::ui::words;

/// No value is shown longer than this.
const MAX_VALUE: usize = 60;

/// What CloudFormation puts in the place of a value that only the change itself will tell.
const KNOWN_AFTERWARDS: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What is proposed, in words and as data.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Preview {
    creates: bool,
    place: String,
    settings: Vec<Line>,
    changes: Vec<ResourceChange>,
    /// Records that are removed before.
    records: Vec<RecordSet>,
    /// Certificates that were not chosen.
    passed_over: Vec<PassedOver>,
    cost: Option<Estimate>,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    name: &'static str,
    value: String,
    source: String,
}

impl Preview {
    /// Puts together what `plan` and `changes` say; `place` is account and region.
    pub(super) fn new(plan: &UpPlan, changes: Vec<ResourceChange>, place: String) -> Self {
        Self {
            creates: plan.creates,
            place,
            settings: lines(plan),
            changes,
            records: Vec::new(),
            passed_over: plan.certificate.as_ref().map(|own| own.rejected.clone()).unwrap_or_default(),
            cost: cost_of(plan),
        }
    }

    /// The same, with records that are removed before the change.
    pub(super) fn removing(self, records: Vec<RecordSet>) -> Self {
        Self { records, ..self }
    }

    /// Whether there was no stack before.
    pub(super) fn creates(&self) -> bool {
        self.creates
    }

    /// The same facts as data.
    pub(super) fn data(&self) -> Value {
        let mut data = json!({ "creates": self.creates, "settings": self.settings, "changes": self.changes, "monthly_cost_usd": self.cost });
        if !self.passed_over.is_empty() {
            data["certificates_passed_over"] = json!(self.passed_over);
        }
        if !self.records.is_empty() {
            data["removed_records"] = json!(self.records);
        }
        data
    }

    /// For people.
    pub(super) fn text(&self, stack_name: &str) -> String {
        let mut text = String::new();
        let verb = if self.creates { "create" } else { "change" };
        let mut put = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        put(format!("This will {verb} the stack {stack_name} in {}.", self.place));
        put(String::new());
        for Line { name, value, source } in &self.settings {
            put(format!("  {name:<14} {value}  ({source})"));
        }
        if !self.passed_over.is_empty() {
            put("  certificates passed over:".to_owned());
            for own in self.passed_over.iter().take(TOLD) {
                put(format!("    {}: {}", own.label, own.why));
            }
            if let more @ 1.. = self.passed_over.len().saturating_sub(TOLD) {
                put(format!("    and {more} more: see `dockreg cert list`"));
            }
        }
        put(String::new());
        for change in &self.changes {
            put(change_line(change));
            for property in change.properties.iter().filter(|own| own.before != own.after) {
                put(format!("      {}: {}", shown_path(&property.path), difference(property)));
            }
        }
        let replaced = self.changes.iter().filter(|own| own.replacement == Replacement::Yes).count();
        put(format!(
            "  {}{}",
            words::count(self.changes.len(), "resource"),
            match replaced {
                0 => String::new(),
                some => format!(", {some} of them made anew"),
            }
        ));
        for record in &self.records {
            put(format!("  - the record {record}: removed before, put back if the change fails"));
        }
        put(String::new());
        put(self.cost_line());
        text
    }

    fn cost_line(&self) -> String {
        let Some(cost) = &self.cost else {
            return "  cost: the price of this instance type is not known here".to_owned();
        };
        let [nodes, load_balancer, storage] = cost.whole_dollars();
        format!(
            "  about ${:.0} a month: nodes ${nodes:.0}, load balancer ${load_balancer:.0}, {:.0} GB in S3 and secrets \
             ${storage:.0}\n  (list prices of {}, traffic extra; the same images in ECR: ${:.0})",
            cost.total,
            cost::IMAGES_GB,
            cost::PRICES_OF,
            cost.ecr
        )
    }
}

fn change_line(change: &ResourceChange) -> String {
    let (sign, remark) = match (&change.action, change.replacement) {
        (Action::Add, _) => ("+", ""),
        (Action::Remove, _) => ("-", ""),
        (Action::Modify, Replacement::Yes) => ("±", "  made anew"),
        // The template's update policy rolls the group instead of replacing it.
        (Action::Modify, Replacement::Conditional) if change.logical_id == NODE_GROUP => {
            ("~", "  nodes replaced one by one")
        }
        (Action::Modify, Replacement::Conditional) => ("~", "  perhaps made anew"),
        (Action::Modify, Replacement::No) => ("~", ""),
        (Action::Other(_), _) => ("?", ""),
    };
    format!("  {sign} {:<26} {}{remark}", change.logical_id, change.resource_type)
}

/// A property's place as the template's readers know it: that it is among the properties goes without saying.
fn shown_path(path: &str) -> &str {
    path.strip_prefix("Properties.").unwrap_or(path)
}

/// How a property changes: the values, or only their lengths where both are too long to compare by eye.
fn difference(property: &PropertyChange) -> String {
    let length = |value: &Option<String>| value.as_deref().map_or(0, |value| value.chars().count());
    let (before, after) = (length(&property.before), length(&property.after));
    if before > MAX_VALUE && after > MAX_VALUE {
        return format!("changed ({before} → {after} characters)");
    }
    let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "(nothing)".to_owned(), shortened);
    format!("{} → {}", shown(&property.before), shown(&property.after))
}

fn shortened(value: &str) -> String {
    let line = value.replace(KNOWN_AFTERWARDS, "(known afterwards)").replace('\n', "⏎");
    if line.chars().count() <= MAX_VALUE {
        return line;
    }
    let mut short: String = line.chars().take(MAX_VALUE).collect();
    let written = write!(short, "… ({} characters)", line.chars().count());
    debug_assert!(written.is_ok(), "a String takes everything");
    short
}

/// The settings that people care about, in their words.
fn lines(plan: &UpPlan) -> Vec<Line> {
    let of = |name: &'static str, key: &str, shown: &dyn Fn(&str) -> String| {
        let setting = plan.sources.get(key).filter(|setting| !setting.value.is_empty())?;
        Some(Line { name, value: shown(&setting.value), source: setting.source.to_string() })
    };
    let plain = |value: &str| value.to_owned();
    let certificate = |arn: &str| match &plan.certificate {
        Some(own) => {
            let until =
                own.chosen.not_after.map(|at| format!(", until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
            format!("{}{until}", own.chosen.label())
        }
        None => arn.to_owned(),
    };
    let mut all = vec![Some(Line { name: "host", value: plan.host.to_string(), source: host_source(plan) })];
    all.push(match plan.requests_certificate {
        true => Some(requested_line(plan)),
        false => of("certificate", parameter::SSL_CERTIFICATE, &certificate),
    });
    all.push(match of("DNS zone", parameter::DNS_ZONE, &plain) {
        None => {
            let source = match plan {
                UpPlan { zone_declined: true, .. } => Source::Flag,
                UpPlan { creates: true, .. } => Source::Found,
                _ => Source::Stack,
            };
            let value = "none: you make the record".to_owned();
            Some(Line { name: "DNS zone", value, source: source.to_string() })
        }
        some => some,
    });
    all.push(Some(bucket_line(plan)));
    all.push(of("VPC", parameter::VPC_ID, &plain));
    all.push(of("subnets", parameter::SUBNETS, &plain));
    all.push(of("load balancer", parameter::LOAD_BALANCER_SUBNETS, &plain));
    all.push(of("nodes", parameter::NODES, &plain));
    all.push(of("instance type", parameter::INSTANCE_TYPE, &plain));
    all.push(of("machine image", parameter::AMI, &plain));
    all.push(of("registry", parameter::DOCKER_IMAGE, &plain));
    all.push(of("reachable for", parameter::ALLOWED_CIDR, &plain));
    all.into_iter().flatten().collect()
}

/// The certificate that the stack requests, or has requested before.
fn requested_line(plan: &UpPlan) -> Line {
    let (value, source) = match plan.sources.get(parameter::SSL_CERTIFICATE).map(|setting| &setting.source) {
        Some(Source::Stack) => ("the stack's own, of ACM".to_owned(), Source::Stack.to_string()),
        _ => {
            let zone = plan.zone.as_ref().map_or("its zone", |zone| zone.name.as_str());
            (format!("a new one of ACM, validated by a record in {zone}"), "none fits".to_owned())
        }
    };
    Line { name: "certificate", value, source }
}

fn host_source(plan: &UpPlan) -> String {
    if plan.creates { "as given" } else { "of the stack" }.to_owned()
}

fn bucket_line(plan: &UpPlan) -> Line {
    let (value, source) = match &plan.bucket {
        BucketPlan::New => ("a new one; it outlives the stack".to_owned(), "default"),
        BucketPlan::Adopted(name) => (format!("{name}, with the images in it"), "left by the stack before"),
        BucketPlan::Given(name) => (name.clone(), "as given"),
        BucketPlan::Kept => ("as it is".to_owned(), "as until now"),
    };
    Line { name: "bucket", value, source: source.to_owned() }
}

fn cost_of(plan: &UpPlan) -> Option<Estimate> {
    let value = |key: &str| plan.sources.get(key).map(|setting| setting.value.as_str());
    let internal = value(parameter::LOAD_BALANCER_SCHEME) == Some("internal");
    let subnets = value(parameter::LOAD_BALANCER_SUBNETS).filter(|own| !own.is_empty()).or(value(parameter::SUBNETS));
    let zones = subnets.map_or(2, |list| list.split(',').count());
    cost::estimate(&Size {
        instance_type: value(parameter::INSTANCE_TYPE).unwrap_or(crate::registry::plan::DEFAULT_INSTANCE_TYPE),
        nodes: value(parameter::NODES).and_then(|nodes| nodes.parse().ok()).unwrap_or(1),
        node_addresses: value(parameter::NODE_PUBLIC_ADDRESS) != Some("false"),
        balancer_addresses: if internal { 0 } else { u32::try_from(zones).unwrap_or(2) },
    })
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_value_of_a_list_that_only_the_change_tells_is_said_in_words() {
        assert_eq!(shortened("{{changeSet:KNOWN_AFTER_APPLY}}"), "(known afterwards)");
        assert_eq!(shortened("[\"sg-1\",\"{{changeSet:KNOWN_AFTER_APPLY}}\"]"), "[\"sg-1\",\"(known afterwards)\"]");
    }
}

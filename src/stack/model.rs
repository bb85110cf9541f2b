//! A stack as it stands, and whether it is one of ours. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::status::StackStatus;
use crate::registry::names::{DESCRIPTION_PREFIX, HostName, STACK_TAG};
use crate::registry::template::{output, parameter};

/// A CloudFormation stack as it stands.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The stack's ARN, by which it is still found after deletion.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: StackStatus,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// The template's description; absent while only a change set exists.
    pub description: Option<String>,
    /// Its parameters as CloudFormation shows them (`****` for secret ones).
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The IAM role that CloudFormation uses for it.
    pub role_arn: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it was last updated.
    pub updated: Option<Timestamp>,
    /// Whether deletion is refused.
    pub termination_protection: bool,
}

impl Stack {
    /// Whether dockreg made it: by the tag that `up` puts, or the description of our template.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.tags.get(STACK_TAG) == Some(&self.name)
            || self.description.as_deref().is_some_and(|text| text.starts_with(DESCRIPTION_PREFIX))
    }

    /// Whether the 2014 template made it, cloudformation-docker-registry, which dockreg succeeds: by that template's
    /// parameters. <https://github.com/mbabineau/cloudformation-docker-registry>
    #[must_use]
    pub fn is_of_2014(&self) -> bool {
        const PARAMETERS: [&str; 6] =
            ["KeyName", "DnsZone", "DockerImage", "S3Bucket", "SslCertificate", "RegistryAuth"];
        !self.is_ours() && PARAMETERS.iter().all(|name| self.parameters.contains_key(*name))
    }

    /// The registry's host name: by the output of a finished stack, by the parameters of one that is being made.
    #[must_use]
    pub fn host(&self) -> Option<HostName> {
        let by_zone = || {
            let zone = self.parameter(parameter::DNS_ZONE)?;
            let prefix = self.parameter(parameter::DNS_PREFIX);
            Some(prefix.map_or_else(|| zone.to_owned(), |prefix| format!("{prefix}.{zone}")))
        };
        let by_name = || self.parameter(parameter::HOST_NAME).map(str::to_owned);
        let name = self.output(output::REGISTRY_HOST).map(str::to_owned).or_else(by_zone).or_else(by_name);
        name?.parse().ok()
    }

    /// A parameter that is not empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An output that is not empty.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

//! The nodes as EC2 sees them, and what they wrote to their console.

use base64::Engine;
use jiff::Timestamp;

use super::{Aws, AwsCallError, filter};

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// EC2's word: `running`, `terminated` …
    pub state: String,
    /// Its type.
    pub instance_type: String,
    /// Its availability zone.
    pub zone: Option<String>,
    /// Its address in the VPC.
    pub private_address: Option<String>,
    /// Its address on the internet.
    pub public_address: Option<String>,
    /// The image it was started from.
    pub image: Option<String>,
    /// When it was started.
    pub launched: Option<Timestamp>,
}

/// Every instance of an Auto Scaling group, those being terminated among them.
pub async fn instances(aws: &Aws, group: &str) -> Result<Vec<Instance>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        // Auto Scaling puts this tag on what it starts.
        let of_group = filter("tag:aws:autoscaling:groupName", &[group.to_owned()]);
        let answer = aws.ec2().describe_instances().filters(of_group).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeInstances", error))?;
        let all = page.reservations().iter().flat_map(|reservation| reservation.instances());
        found.extend(all.filter_map(instance_of));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn instance_of(instance: &aws_sdk_ec2::types::Instance) -> Option<Instance> {
    Some(Instance {
        id: instance.instance_id()?.to_owned(),
        state: instance.state().and_then(|state| state.name()).map_or("unknown", |name| name.as_str()).to_owned(),
        instance_type: instance.instance_type().map_or("unknown", |own| own.as_str()).to_owned(),
        zone: instance.placement().and_then(|placement| placement.availability_zone()).map(str::to_owned),
        private_address: instance.private_ip_address().map(str::to_owned),
        public_address: instance.public_ip_address().map(str::to_owned),
        image: instance.image_id().map(str::to_owned),
        launched: instance.launch_time().and_then(crate::aws::timestamp),
    })
}

/// What an instance wrote to its console so far; `None` when there is nothing yet.
pub async fn console_output(aws: &Aws, instance: &str) -> Result<Option<String>, AwsCallError> {
    const OPERATION: &str = "GetConsoleOutput";
    // `latest` asks for the present text, not that of the last state change; only Nitro instances have it, and so
    // the plain question follows when it is refused.
    let latest = aws.ec2().get_console_output().instance_id(instance).latest(true).send().await;
    let output = match latest.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output,
        Err(error) if error.is("UnsupportedOperation") => {
            let answer = aws.ec2().get_console_output().instance_id(instance).send().await;
            answer.map_err(|error| AwsCallError::of(OPERATION, error))?
        }
        Err(error) => return Err(error),
    };
    let Some(encoded) = output.output().filter(|text| !text.is_empty()) else { return Ok(None) };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.split_whitespace().collect::<String>());
    Ok(bytes.ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

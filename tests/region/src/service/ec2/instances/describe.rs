//! `DescribeInstances` and `DescribeInstanceStatus`.

use serde_json::{Value, json};

use super::{Instance, Lifecycle, not_found};
use crate::region::World;
use crate::service::ec2::filter::{Filter, keep, page};
use crate::{AwsError, Region};

const FILTERS: &[Filter] = &[
    ("availability-zone", "Placement.AvailabilityZone"),
    ("iam-instance-profile.arn", "IamInstanceProfile.Arn"),
    ("image-id", "ImageId"),
    ("instance-id", "InstanceId"),
    ("instance-state-code", "State.Code"),
    ("instance-state-name", "State.Name"),
    ("instance-type", "InstanceType"),
    ("instance.group-id", "SecurityGroups.[].GroupId"),
    ("key-name", "KeyName"),
    ("private-ip-address", "PrivateIpAddress"),
    ("subnet-id", "SubnetId"),
    ("vpc-id", "VpcId"),
];

fn asked(world: &World, input: &Value) -> Result<Vec<Instance>, AwsError> {
    let known = &world.ec2.instances.by_id;
    let ids: Vec<&str> = input["InstanceIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !ids.is_empty() && !input["MaxResults"].is_null() {
        // https://github.com/getmoto/moto/issues/6282
        return Err(AwsError::new(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    if ids.is_empty() {
        return Ok(known.values().cloned().collect());
    }
    let missing: Vec<String> = ids.iter().filter(|id| !known.contains_key(**id)).map(|id| (*id).to_owned()).collect();
    if !missing.is_empty() {
        return Err(not_found(&missing));
    }
    Ok(ids.into_iter().filter_map(|id| known.get(id).cloned()).collect())
}

/// `DescribeInstances`: one reservation for each instance.
pub(super) fn instances(region: &Region, input: &Value) -> Result<Value, AwsError> {
    region.world(|world| {
        let all = asked(world, input)?.iter().map(|one| described(region, world, one)).collect();
        let kept = keep(all, input, FILTERS)?.into_iter().map(|instance| {
            let id = instance["InstanceId"].as_str().unwrap_or_default().replace("i-", "r-");
            json!({"ReservationId": id, "OwnerId": region.settings.account, "Groups": [], "Instances": [instance]})
        });
        page(kept.collect(), input, "Reservations")
    })
}

fn described(region: &Region, world: &World, one: &Instance) -> Value {
    let (code, name) = one.lifecycle.code_and_name();
    let host = |address: std::net::Ipv4Addr| address.to_string().replace('.', "-");
    let domain = if region.settings.region == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{}.compute.internal", region.settings.region)
    };
    let groups: Vec<Value> = one
        .security_groups
        .iter()
        .map(|id| json!({"GroupId": id, "GroupName": world.ec2.security_groups.get(id).map(|group| &group.name)}))
        .collect();
    let mut value = json!({
        "InstanceId": one.id,
        "ImageId": one.image_id,
        "InstanceType": one.instance_type,
        "Architecture": one.architecture,
        "State": {"Code": code, "Name": name},
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html: whole seconds, as in its example.
        "LaunchTime": one.launched.floor(),
        "Placement": {"AvailabilityZone": one.zone, "Tenancy": "default"},
        "AmiLaunchIndex": 0,
        "RootDeviceName": one.root_device_name,
        "RootDeviceType": "ebs",
        "SecurityGroups": groups,
        "MetadataOptions": {
            "State": "applied", "HttpTokens": if one.tokens_required { "required" } else { "optional" },
            "HttpEndpoint": if one.metadata_enabled { "enabled" } else { "disabled" },
            "HttpPutResponseHopLimit": one.hop_limit,
        },
        "Tags": one.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>(),
    });
    if let Some(key) = &one.key_name {
        value["KeyName"] = json!(key);
    }
    if let Some(profile) = &one.profile {
        value["IamInstanceProfile"] = json!({"Arn": profile.arn, "Id": profile.id});
    }
    if let Some((code, message)) = &one.reason {
        value["StateReason"] = json!({"Code": code, "Message": message});
        value["StateTransitionReason"] = json!(message); // [U]: users' own shutdowns have words and a date there
    }
    if one.lifecycle != Lifecycle::Terminated {
        value["SubnetId"] = json!(one.subnet_id);
        value["VpcId"] = json!(one.vpc_id);
        value["PrivateIpAddress"] = json!(one.private_ip);
        value["PrivateDnsName"] = json!(format!("ip-{}.{domain}", host(one.private_ip)));
        if let Some(address) = one.public_ip {
            value["PublicIpAddress"] = json!(address);
        }
    }
    value
}

/// `DescribeInstanceStatus`: running instances, or all with `IncludeAllInstances`.
pub(super) fn status(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let everything = input["IncludeAllInstances"].as_bool().unwrap_or_default();
    region.world(|world| {
        let chosen = asked(world, input)?;
        let chosen = chosen.iter().filter(|one| everything || one.lifecycle == Lifecycle::Running);
        let all = chosen
            .map(|one| {
                let (code, name) = one.lifecycle.code_and_name();
                let check = match one.lifecycle {
                    Lifecycle::Running if region.nodes.running(&one.id) => ("ok", "passed"),
                    Lifecycle::Running => ("impaired", "failed"),
                    Lifecycle::Pending => ("initializing", "initializing"),
                    _ => ("not-applicable", "insufficient-data"),
                };
                let summary = |(status, detail): (&str, &str)| {
                    json!({"Status": status, "Details": [{"Name": "reachability", "Status": detail}]})
                };
                json!({
                    "InstanceId": one.id,
                    "AvailabilityZone": one.zone,
                    "InstanceState": {"Code": code, "Name": name},
                    "InstanceStatus": summary(check),
                    "SystemStatus": summary(if check.0 == "impaired" { ("ok", "passed") } else { check }),
                })
            })
            .collect();
        let known = [
            ("availability-zone", "AvailabilityZone"),
            ("instance-state-name", "InstanceState.Name"),
            ("instance-status.status", "InstanceStatus.Status"),
            ("system-status.status", "SystemStatus.Status"),
        ];
        page(keep(all, input, &known)?, input, "InstanceStatuses")
    })
}

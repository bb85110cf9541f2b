//! The tree of an instance's metadata: folders list their entries, leaves are text.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Region;
use crate::service::ec2::instances::Instance;
use crate::service::iam::Credentials;

/// What `path` shows, or None where there is nothing.
pub(super) fn look_up(
    region: &Region,
    instance: &Instance,
    path: &str,
    credentials: impl Fn() -> Option<Credentials>,
) -> Option<String> {
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    let Some(version) = steps.next() else { return Some("1.0\n2021-03-23\nlatest".to_owned()) };
    if version != "latest" && !version.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let steps: Vec<&str> = steps.collect();
    if steps == ["user-data"] {
        return (!instance.user_data.is_empty()).then(|| String::from_utf8_lossy(&instance.user_data).into_owned());
    }
    if let ["meta-data", "iam", "security-credentials", role] = steps[..] {
        let own = instance.profile.as_ref()?.role_name.as_deref()?;
        return (own == role).then(&credentials).flatten().map(|one| document(&one));
    }
    let tree = tree(region, instance);
    let mut place = &tree;
    for step in &steps {
        place = place.get(step)?;
    }
    match place {
        Value::Object(entries) => {
            let list = entries.iter().filter(|(_, value)| !value.is_null());
            let show = |(name, value): (&String, &Value)| {
                // A role is a file among credentials, though it is kept elsewhere.
                if value.is_object() { format!("{name}/") } else { name.clone() }
            };
            Some(list.map(show).collect::<Vec<_>>().join("\n"))
        }
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn document(one: &Credentials) -> String {
    let at = |seconds: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are meant")]
        let at = Timestamp::from_second(seconds as i64).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let document = json!({
        "Code": "Success",
        "LastUpdated": at(one.updated),
        "Type": "AWS-HMAC",
        "AccessKeyId": one.access_key_id,
        "SecretAccessKey": one.secret_access_key,
        "Token": one.session_token,
        "Expiration": at(one.expires),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn tree(region: &Region, one: &Instance) -> Value {
    let settings = &region.settings;
    let host = format!("ip-{}.ec2.internal", one.private_ip.to_string().replace('.', "-"));
    let (subnet_cidr, vpc_cidr) = region.world(|world| {
        let network = &world.ec2.network;
        let subnet = network.subnets.get(&one.subnet_id).map(|subnet| subnet.cidr_block.clone());
        (
            subnet.unwrap_or_default(),
            network.vpcs.get(&one.vpc_id).map(|vpc| vpc.cidr_block.clone()).unwrap_or_default(),
        )
    });
    let groups = one.security_groups.join("\n");
    let iam = one.profile.as_ref().map(|profile| {
        let mut roles = serde_json::Map::new();
        roles.extend(profile.role_name.iter().map(|role| (role.clone(), json!(""))));
        let info = json!({"Code": "Success", "InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id});
        json!({"info": info.to_string(), "security-credentials": roles})
    });
    let mut interfaces = serde_json::Map::new();
    interfaces.insert(
        one.mac.clone(),
        json!({
            "device-number": "0",
            "interface-id": one.interface_id,
            "local-hostname": host,
            "local-ipv4s": one.private_ip.to_string(),
            "mac": one.mac,
            "owner-id": settings.account,
            "security-group-ids": groups,
            "subnet-id": one.subnet_id,
            "subnet-ipv4-cidr-block": subnet_cidr,
            "vpc-id": one.vpc_id,
            "vpc-ipv4-cidr-block": vpc_cidr,
            "vpc-ipv4-cidr-blocks": vpc_cidr,
        }),
    );
    let identity = json!({
        "accountId": settings.account, "architecture": one.architecture, "availabilityZone": one.zone,
        "imageId": one.image_id, "instanceId": one.id, "instanceType": one.instance_type,
        "privateIp": one.private_ip.to_string(), "region": settings.region, "version": "2017-09-30",
    });
    json!({
        "meta-data": {
            "ami-id": one.image_id,
            "ami-launch-index": "0",
            "hostname": host,
            "iam": iam,
            "instance-action": "none",
            "instance-id": one.id,
            "instance-life-cycle": "on-demand",
            "instance-type": one.instance_type,
            "local-hostname": host,
            "local-ipv4": one.private_ip.to_string(),
            "mac": one.mac,
            "network": {"interfaces": {"macs": interfaces}},
            "placement": {"availability-zone": one.zone, "region": settings.region},
            "profile": "default-hvm",
            "public-ipv4": one.public_ip.map(|address| address.to_string()),
            "reservation-id": one.id.replace("i-", "r-"),
            "security-groups": groups,
            "services": {"domain": settings.url_suffix, "partition": settings.partition},
        },
        "dynamic": {"instance-identity": {"document": identity.to_string()}},
        "user-data": Value::Null,
    })
}

//! From the command line to settings: reads the files that are named, checks them, asks nothing of AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use secrecy::SecretString;

use super::UpArgs;
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::htpasswd;
use crate::registry::names::HostName;
use crate::registry::template::parameter;
use crate::settings::{Setting, Source, UpSettings, ZoneWish};

/// Settings, and what about them needs attention.
pub(super) struct Resolved {
    pub(super) settings: UpSettings,
    pub(super) warnings: Vec<String>,
}

/// Makes settings of arguments; `from_environment` holds the names of those that environment variables gave.
pub(super) fn resolve(
    context: &Context,
    args: &UpArgs,
    from_environment: &BTreeSet<String>,
) -> Result<Resolved, Failure> {
    let source = |name: &str| if from_environment.contains(name) { Source::Environment } else { Source::Flag };
    let text = |name: &str, value: &Option<String>| value.clone().map(|value| Setting::new(value, source(name)));
    let mut parameters = BTreeMap::new();
    let plain = [
        (parameter::KEY_NAME, text("key_name", &args.key_name)),
        (parameter::ADMIN_SECURITY_GROUP, text("admin_security_group", &args.admin_security_group)),
        (parameter::ADMIN_CIDR, text("admin_cidr", &args.admin_cidr)),
        (parameter::ALLOWED_CIDR, text("allowed_cidr", &args.allowed_cidr)),
        (parameter::DOCKER_IMAGE, text("image", &args.image)),
        (parameter::PERMISSIONS_BOUNDARY, text("permissions_boundary", &args.permissions_boundary)),
        (parameter::NODES, text("nodes", &args.nodes.map(|nodes| nodes.to_string()))),
        (
            parameter::HEALTH_CHECK_GRACE_PERIOD,
            text("health_check_grace_period", &args.health_check_grace_period.map(|seconds| seconds.to_string())),
        ),
    ];
    parameters.extend(plain.into_iter().filter_map(|(name, setting)| Some((name, setting?))));
    let (users, warnings) = match &args.htpasswd {
        Some(file) => users_of(file)?,
        None => (None, Vec::new()),
    };
    let settings = UpSettings {
        stack_name: context.stack_name.clone(),
        up: context.command_line("up"),
        down: context.command_line("down"),
        host: host_of(args)?.map(|host| Setting::new(host, source("domain"))),
        zone: match args.dns_zone.as_deref() {
            None => ZoneWish::Find,
            Some("none") => ZoneWish::Without,
            Some(zone) => ZoneWish::Named(zone.to_owned()),
        },
        certificate: args.certificate.clone(),
        request_certificate: args.request_certificate,
        users,
        vpc: args.vpc.clone(),
        subnets: args.subnets.clone(),
        load_balancer_subnets: args.load_balancer_subnets.clone(),
        availability_zones: args.availability_zones.clone(),
        internal: args.internal,
        instance_type: text("instance_type", &args.instance_type),
        ami: text("ami", &args.ami),
        bucket: text("bucket", &args.bucket),
        bucket_region: args.bucket_region.clone(),
        change_bucket: args.change_bucket,
        parameters,
        tags: args.tags.iter().cloned().collect(),
        role_arn: args.role_arn.clone(),
        upgrade: args.upgrade,
    };
    Ok(Resolved { settings, warnings })
}

/// The host by `--domain`, or by prefix and zone.
fn host_of(args: &UpArgs) -> Result<Option<HostName>, Failure> {
    if let Some(host) = &args.domain {
        return Ok(Some(host.clone()));
    }
    let (Some(prefix), Some(zone)) = (&args.dns_prefix, &args.dns_zone) else { return Ok(None) };
    let wanted = "write --domain HOST, or --dns-prefix NAME with --dns-zone ZONE";
    // `none` is the wish for no record and no zone of that name; ids have no dot either.
    if !zone.contains('.') {
        let why = format!("--dns-prefix needs the zone's name, and --dns-zone says {zone}");
        return Err(Failure::new(Kind::Usage, why).hint(wanted));
    }
    let host = format!("{prefix}.{zone}");
    let parsed = host.trim_start_matches('.').parse();
    parsed.map(Some).map_err(|why: String| Failure::new(Kind::Usage, why).hint(wanted))
}

/// Reads and checks an htpasswd file. Its content appears in no message.
fn users_of(file: &Path) -> Result<(Option<SecretString>, Vec<String>), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(Kind::Input, format!("could not read {}", file.display()))
            .cause(error.to_string())
            .hint("name a file of NAME:HASH lines; make one with: htpasswd -cB -C 8 FILE NAME")
    })?;
    match htpasswd::check(&text) {
        Ok(users) => Ok((Some(SecretString::from(htpasswd::lines(&text))), htpasswd::warnings(&users))),
        Err(faults) => {
            let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let failure = Failure::new(Kind::Input, format!("{} is no good htpasswd file", file.display()));
            let failure = failure.cause(list.join("; "));
            Err(match faults.first() {
                Some(fault) => failure.hint(fault.cure()),
                None => failure,
            })
        }
    }
}

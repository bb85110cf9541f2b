//! Plans from settings and observations, without AWS.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::registry::certificate::{Candidate, Chain, KeyKind, Status};
use crate::registry::network::{Route, ZoneKind};
use crate::settings::ZoneWish;
use crate::stack::status::StackStatus;

const TEMPLATE: &str = "the template";

fn settings() -> UpSettings {
    UpSettings {
        stack_name: "docker-registry".to_owned(),
        up: "dockreg up".to_owned(),
        down: "dockreg down".to_owned(),
        host: "docker.example.com".parse().ok().map(|host| Setting::new(host, Source::Flag)),
        zone: ZoneWish::Find,
        certificate: None,
        request_certificate: false,
        users: None,
        vpc: None,
        subnets: Vec::new(),
        load_balancer_subnets: Vec::new(),
        availability_zones: Vec::new(),
        internal: false,
        instance_type: None,
        ami: None,
        bucket: None,
        bucket_region: None,
        change_bucket: false,
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        role_arn: None,
        upgrade: false,
    }
}

fn certificate(name: &str, covers: &str) -> Candidate {
    Candidate {
        arn: format!("arn:aws:iam::123456789012:server-certificate/{name}"),
        name: name.to_owned(),
        source: crate::registry::certificate::Source::Iam,
        names: vec![covers.to_owned()],
        common_name: None,
        not_before: None,
        not_after: Some(Timestamp::UNIX_EPOCH + jiff::Span::new().hours(24 * 20)),
        key: KeyKind::Rsa(2048),
        issuer: None,
        chain: Chain::Complete,
        status: Status::Issued,
        renews: false,
        in_use: None,
        used_by: Vec::new(),
        path: Vec::new(),
    }
}

fn subnet(id: &str, zone: &str) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc: "vpc-1".to_owned(),
        zone: zone.to_owned(),
        zone_kind: ZoneKind::Availability,
        free_addresses: 4000,
        is_default: true,
        route: Route::InternetGateway,
    }
}

fn observed() -> Observed {
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
    Observed {
        certificates: vec![certificate("other", "www.example.com"), certificate("mine", "*.example.com")],
        zones: vec![Zone::new("/hostedzone/Z1", "example.com.", false), Zone::new("/hostedzone/Z2", "com.", true)],
        vpcs: vec![Vpc { id: "vpc-1".to_owned(), is_default: true }],
        subnets: zones.iter().map(|zone| subnet(&format!("subnet-{zone}"), zone)).collect(),
        instance_zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        machine: Some(Machine {
            instance_type: Setting::new("t3.small".to_owned(), Source::Default),
            architecture: "x86_64".to_owned(),
            vcpus: 2,
            ami: Setting::new("ami-12345678".to_owned(), Source::Found),
            image_architecture: "x86_64".to_owned(),
            image_name: "debian-13".to_owned(),
            root_device: "/dev/xvda".to_owned(),
        }),
        ..Observed::default()
    }
}

/// The stack that a plan makes, once it stands.
fn standing(plan: &UpPlan) -> Stack {
    let mut parameters: BTreeMap<String, String> =
        plan.parameters.iter().map(|(name, value)| (name.clone(), value.clone().unwrap_or_default())).collect();
    parameters.insert("RegistryAuth".to_owned(), "****".to_owned());
    Stack {
        id: "arn".to_owned(),
        name: "docker-registry".to_owned(),
        status: StackStatus::CreateComplete,
        status_reason: None,
        description: None,
        parameters,
        outputs: BTreeMap::from([("BucketName".to_owned(), "docker-registry-bucket-abc".to_owned())]),
        tags: plan.tags.clone(),
        role_arn: None,
        created: None,
        updated: None,
        termination_protection: false,
    }
}

fn update(change: impl FnOnce(&mut UpSettings, &mut Observed)) -> Result<UpPlan, Failure> {
    let first = plan(&settings(), &observed(), TEMPLATE)?;
    let mut later = settings();
    let mut seen = Observed {
        stack: Some(standing(&first)),
        template: Some(TEMPLATE.to_owned()),
        machine: None,
        ..Observed::default()
    };
    change(&mut later, &mut seen);
    plan(&later, &seen, TEMPLATE)
}

fn kind(planned: Result<UpPlan, Failure>) -> Option<Kind> {
    planned.err().map(|failure| failure.kind)
}

#[test]
fn a_host_alone_is_enough() -> Result<(), Failure> {
    let plan = plan(&settings(), &observed(), TEMPLATE)?;
    let value = |name: &str| plan.parameters.get(name).cloned().flatten().unwrap_or_default();
    assert!(plan.creates && !plan.nothing_to_do && plan.makes_record);
    assert!(value("SslCertificate").ends_with("/mine"));
    assert_eq!((value("DnsPrefix").as_str(), value("DnsZone").as_str()), ("docker", "example.com"));
    assert_eq!(value("DnsZoneId"), "Z1");
    assert_eq!(value("Subnets").split(',').count(), 2);
    assert_eq!(value("Ami"), "ami-12345678");
    assert!(!plan.parameters.contains_key("S3Bucket"));
    assert_eq!(plan.bucket, BucketPlan::New);
    assert!(plan.warnings.iter().any(|warning| warning.contains("expires in 20 days")));
    Ok(())
}

#[test]
fn the_same_again_changes_nothing() -> Result<(), Failure> {
    assert!(update(|_, _| ())?.nothing_to_do);
    assert!(update(|settings, _| settings.host = None)?.nothing_to_do, "the stack remembers its host");
    Ok(())
}

#[test]
fn an_update_names_only_what_it_changes() -> Result<(), Failure> {
    let plan = update(|settings, _| {
        settings.parameters.insert(parameter::NODES, Setting::new("2".to_owned(), Source::Flag));
    })?;
    assert!(!plan.creates && !plan.nothing_to_do);
    let changed: Vec<_> = plan.parameters.iter().filter(|(_, value)| value.is_some()).collect();
    assert_eq!(changed, [(&"Nodes".to_owned(), &Some("2".to_owned()))]);
    assert_eq!(plan.parameters.get("RegistryAuth"), Some(&None), "users added since are kept");
    Ok(())
}

/// Another instance type for a stack whose nodes are in zones a and b, where it is offered in these zones.
fn another_type(offered: &[&str], name: &str) -> Result<UpPlan, Failure> {
    update(|settings, seen| {
        let wanted = Setting::new(name.to_owned(), Source::Flag);
        settings.instance_type = Some(wanted.clone());
        let known = observed();
        seen.subnets = known.subnets;
        seen.instance_zones = offered.iter().map(|zone| (*zone).to_owned()).collect();
        seen.machine = known.machine.map(|machine| Machine { instance_type: wanted, ..machine });
    })
}

#[test]
fn another_instance_type_is_judged_by_the_zones_of_the_nodes() -> Result<(), Failure> {
    let words = "offer t3.medium";
    let refused = another_type(&["us-east-1c", "us-east-1d"], "t3.medium").expect_err("a refusal");
    assert_eq!(refused.kind, Kind::Network);
    let message =
        "us-east-1a and us-east-1b do not offer t3.medium, and the nodes of docker-registry are in no other zone";
    assert_eq!(refused.message, message);
    assert!(refused.hint.is_some_and(|hint| hint.ends_with("that offer it: us-east-1c, us-east-1d")));
    let some = another_type(&["us-east-1a", "us-east-1c"], "t3.medium")?;
    let warned = some.warnings.iter().find(|warning| warning.contains(words)).cloned().unwrap_or_default();
    assert_eq!(
        warned,
        "us-east-1b does not offer t3.medium: every node will be in us-east-1a, and none is left where that zone fails"
    );
    let all = another_type(&["us-east-1a", "us-east-1b"], "t3.medium")?;
    assert!(!all.warnings.iter().any(|warning| warning.contains(words)), "{:?}", all.warnings);
    // What it has already is not judged again.
    let same = another_type(&["us-east-1c"], "t3.small")?;
    assert!(!same.warnings.iter().any(|warning| warning.contains("offer")), "{:?}", same.warnings);
    Ok(())
}

#[test]
fn another_template_or_tag_is_a_change() -> Result<(), Failure> {
    assert!(!update(|_, seen| seen.template = Some("an older one".to_owned()))?.nothing_to_do);
    assert!(!update(|settings, _| drop(settings.tags.insert("team".to_owned(), "x".to_owned())))?.nothing_to_do);
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused_with_its_kind() {
    let with = |change: fn(&mut UpSettings, &mut Observed)| {
        let (mut settings, mut seen) = (settings(), observed());
        change(&mut settings, &mut seen);
        kind(plan(&settings, &seen, TEMPLATE))
    };
    assert_eq!(with(|settings, _| settings.host = None), Some(Kind::Usage));
    assert_eq!(with(|_, seen| seen.certificates.clear()), Some(Kind::Certificate));
    assert_eq!(with(|settings, _| settings.certificate = Some("other".to_owned())), Some(Kind::Certificate));
    assert_eq!(with(|settings, _| settings.zone = ZoneWish::Named("nowhere.org".to_owned())), Some(Kind::Zone));
    assert_eq!(with(|_, seen| seen.subnets.truncate(1)), Some(Kind::Network));
    assert_eq!(with(|_, seen| seen.left_buckets = vec!["a".to_owned(), "b".to_owned()]), Some(Kind::Input));
    let arm = |_: &mut UpSettings, seen: &mut Observed| {
        if let Some(machine) = &mut seen.machine {
            machine.image_architecture = "arm64".to_owned();
        }
    };
    assert_eq!(with(arm), Some(Kind::Input));
}

#[test]
fn without_a_zone_the_record_is_the_users() -> Result<(), Failure> {
    let mut seen = observed();
    seen.zones.clear();
    let plan = plan(&settings(), &seen, TEMPLATE)?;
    assert!(!plan.makes_record && plan.zone.is_none());
    assert_eq!(plan.parameters.get("HostName"), Some(&Some("docker.example.com".to_owned())));
    Ok(())
}

#[test]
fn a_bucket_left_behind_is_adopted() -> Result<(), Failure> {
    let mut seen = observed();
    seen.left_buckets = vec!["docker-registry-bucket-abc".to_owned()];
    let plan = plan(&settings(), &seen, TEMPLATE)?;
    assert_eq!(plan.parameters.get("S3Bucket"), Some(&Some("docker-registry-bucket-abc".to_owned())));
    assert_eq!(plan.bucket, BucketPlan::Adopted("docker-registry-bucket-abc".to_owned()));
    Ok(())
}

fn found_bucket(name: &str, region: Option<&str>) -> FoundBucket {
    FoundBucket {
        name: name.to_owned(),
        region: region.map(str::to_owned),
        home: "us-east-1".to_owned(),
        encryption: Some(Encryption::Plain),
        unfinished_uploads_go: Some(true),
    }
}

#[test]
fn a_bucket_of_the_last_attempt_that_is_gone_is_no_obstacle() -> Result<(), Failure> {
    let (mut asked, mut seen) = (settings(), observed());
    let gone = |source| Some(Setting::new("docker-registry-bucket-old".to_owned(), source));
    seen.named_bucket = Some(found_bucket("docker-registry-bucket-old", None));
    asked.bucket = gone(Source::Stack);
    let made = plan(&asked, &seen, TEMPLATE)?;
    assert_eq!(made.bucket, BucketPlan::New);
    assert!(made.warnings.iter().any(|warning| warning.contains("docker-registry-bucket-old")), "{:?}", made.warnings);
    asked.bucket = gone(Source::Flag);
    assert_eq!(plan(&asked, &seen, TEMPLATE).map_err(|failure| failure.kind).err(), Some(Kind::Input));
    Ok(())
}

#[test]
fn a_live_bucket_changes_only_in_so_many_words() -> Result<(), Failure> {
    let other = |settings: &mut UpSettings, seen: &mut Observed| {
        settings.bucket = Some(Setting::new("elsewhere".to_owned(), Source::Flag));
        seen.named_bucket = Some(found_bucket("elsewhere", Some("eu-central-1")));
    };
    assert_eq!(kind(update(other)), Some(Kind::Input));
    let plan = update(|settings, seen| {
        other(settings, seen);
        settings.change_bucket = true;
    })?;
    assert_eq!(plan.parameters.get("S3Region"), Some(&Some("eu-central-1".to_owned())));
    let same = update(|settings, _| {
        settings.bucket = Some(Setting::new("docker-registry-bucket-abc".to_owned(), Source::Flag));
    })?;
    assert!(same.nothing_to_do, "naming the stack's own bucket is no change");
    Ok(())
}

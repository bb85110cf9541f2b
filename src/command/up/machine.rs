//! The nodes' machine: the instance type, and an image that is pinned until `--upgrade` or another architecture moves it.
//! It moves within its kind alone: whoever chose Ubuntu, or an image of their own, never gets Debian unasked.

use crate::aws::{Aws, AwsCallError, CallKind, ec2, ssm};
use crate::error::{Failure, Kind};
use crate::registry::plan::{DEBIAN, DEFAULT_INSTANCE_TYPE, Machine, debian_parameter, debian_release};
use crate::registry::template::{output, parameter};
use crate::settings::{Setting, Source, UpSettings};
use crate::stack::Stack;

/// The instance type and its image, when either is to be set or zones are to be judged by it: on a new stack, by flag,
/// or with `--upgrade`.
pub(super) async fn machine(
    aws: &Aws,
    settings: &UpSettings,
    stack: Option<&Stack>,
) -> Result<Option<Machine>, Failure> {
    let kept = |name| stack.and_then(|stack: &Stack| stack.parameter(name)).map(str::to_owned);
    let named = settings.instance_type.is_some() || settings.ami.is_some() || settings.names_network();
    let nothing_said = stack.is_some() && !named && !settings.upgrade;
    let unpinned = match stack {
        Some(stack) if settings.ami.is_none() && kept(parameter::AMI).is_none() => image_of_nodes(aws, stack).await?,
        _ => None,
    };
    if nothing_said && unpinned.is_none() {
        return Ok(None);
    }
    let instance_type = settings
        .instance_type
        .clone()
        .or_else(|| Some(Setting::new(kept(parameter::INSTANCE_TYPE)?, Source::Stack)))
        .unwrap_or_else(|| Setting::new(DEFAULT_INSTANCE_TYPE.to_owned(), Source::Default));
    let Some(kind) = ec2::instance_type(aws, &instance_type.value).await? else {
        let message = format!("there is no instance type {} in {}", instance_type.value, aws.region());
        return Err(Failure::new(Kind::Input, message).hint("choose another --instance-type, for example t3.small"));
    };
    let (ami, image) = match (&settings.ami, kept(parameter::AMI).or(unpinned)) {
        (Some(ami), _) => {
            let image = ec2::image(aws, &ami.value).await?.ok_or_else(|| {
                Failure::new(Kind::Input, format!("there is no image {} in {}", ami.value, aws.region()))
                    .hint("leave --ami away to get Debian 13")
            })?;
            (ami.clone(), image)
        }
        (None, Some(pinned)) => match ec2::image(aws, &pinned).await? {
            Some(image) if image.architecture == kind.architecture && !settings.upgrade => {
                (Setting::new(pinned, Source::Stack), image)
            }
            Some(image) => found(next(aws, &instance_type, &kind, &image).await?),
            None if nothing_said => return Ok(None),
            None => {
                let message = format!("the nodes' image {pinned} is gone, and what it was cannot be seen");
                return Err(Failure::new(Kind::Input, message).hint(name_one(aws, &kind.architecture).await));
            }
        },
        (None, None) => found(newest(aws, DEBIAN, &kind.architecture).await?),
    };
    Ok(Some(Machine {
        instance_type,
        architecture: kind.architecture,
        vcpus: kind.vcpus,
        ami,
        image_architecture: image.architecture,
        image_name: image.name,
        root_device: image.root_device,
    }))
}

/// The image that the nodes of a stack have, of which the template alone chose it: it would choose anew at every update.
/// Who may not see instances does not learn it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html>
async fn image_of_nodes(aws: &Aws, stack: &Stack) -> Result<Option<String>, Failure> {
    let Some(group) = stack.output(output::NODES_GROUP_NAME) else { return Ok(None) };
    match ec2::instances(aws, group).await {
        Ok(nodes) => {
            let newest = nodes.into_iter().filter(|node| node.state == "running").max_by_key(|node| node.launched);
            Ok(newest.and_then(|node| node.image))
        }
        Err(error) if error.kind == CallKind::Denied => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn found(image: ec2::Image) -> (Setting<String>, ec2::Image) {
    (Setting::new(image.id.clone(), Source::Found), image)
}

/// The newest image of the kind of `present` for this instance type. Only of Debian's it is known where to look.
async fn next(
    aws: &Aws,
    instance_type: &Setting<String>,
    kind: &ec2::InstanceType,
    present: &ec2::Image,
) -> Result<ec2::Image, Failure> {
    if let Some(release) = debian_release(&present.name) {
        let newest = newest(aws, release, &kind.architecture).await?;
        // A name can be anyone's.
        if newest.owner == present.owner {
            return Ok(newest);
        }
    }
    let image = format!("the nodes' image {} ({})", present.id, present.name);
    let message = if present.architecture == kind.architecture {
        format!("{image} is none of Debian's: which one follows it is not known")
    } else {
        format!("{image} is for {} and {} runs {}", present.architecture, instance_type.value, kind.architecture)
    };
    Err(Failure::new(Kind::Input, message).hint(name_one(aws, &kind.architecture).await))
}

/// How an image is named, and Debian's as far as it can be seen.
async fn name_one(aws: &Aws, architecture: &str) -> String {
    let word = "name the image to move to with --ami";
    match newest(aws, DEBIAN, architecture).await {
        Ok(image) => format!("{word}; for Debian {DEBIAN}: --ami {}", image.id),
        Err(_) => word.to_owned(),
    }
}

/// The newest image of a release of Debian.
async fn newest(aws: &Aws, release: &str, architecture: &str) -> Result<ec2::Image, Failure> {
    let id = ssm::parameter(aws, &debian_parameter(release, architecture)).await;
    let id = id.map_err(|error| no_debian(error, release))?;
    ec2::image(aws, &id).await?.ok_or_else(|| {
        Failure::new(Kind::Input, format!("Debian's image {id} is not there in {}", aws.region()))
            .hint("name an image with --ami")
    })
}

fn no_debian(error: AwsCallError, release: &str) -> Failure {
    let missing = error.kind == CallKind::NotFound;
    let failure = Failure::from(error);
    if !missing {
        return failure;
    }
    failure.hint(format!("this region has no Debian {release} image: name an image with --ami"))
}

//! The plan's machine: an instance type and the image that runs on it, pinned until `--upgrade`.

use serde::Serialize;

use super::{Draft, Observed};
use crate::error::{Failure, Kind};
use crate::registry::template::parameter;
use crate::settings::{Setting, Source, UpSettings};
use crate::stack::Stack;

/// amd64 and cheap; what the rehearsal boots.
pub const DEFAULT_INSTANCE_TYPE: &str = "t3.small";

/// An instance type and an image, as AWS describes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The instance type, and where its name came from.
    pub instance_type: Setting<String>,
    /// What the instance type runs: `x86_64` or `arm64`.
    pub architecture: String,
    /// Virtual processors of one node.
    pub vcpus: u32,
    /// The image's id, and where it came from.
    pub ami: Setting<String>,
    /// What the image is for.
    pub image_architecture: String,
    /// The image's name.
    pub image_name: String,
    /// The device of its root file system.
    pub root_device: String,
}

impl Machine {
    pub(super) fn instance_type(&self) -> String {
        self.instance_type.value.clone()
    }
}

/// The release of Debian that nodes get unless another image is named.
pub const DEBIAN: &str = "13";

/// The public parameter that names the newest image of a release of Debian for an architecture in EC2's words.
/// <https://wiki.debian.org/Cloud/AmazonEC2Image/Trixie>
#[must_use]
pub fn debian_parameter(release: &str, architecture: &str) -> String {
    let debian = if architecture == "arm64" { "arm64" } else { "amd64" };
    format!("/aws/service/debian/release/{release}/latest/{debian}")
}

/// The release of an image that is named as Debian names its own: `debian-13-amd64-20261012-2262`.
/// <https://wiki.debian.org/Cloud/AmazonEC2Image/Trixie>
#[must_use]
pub fn debian_release(name: &str) -> Option<&str> {
    let number = |part: &str| !part.is_empty() && part.chars().all(|own| own.is_ascii_digit());
    match name.split('-').collect::<Vec<_>>().as_slice() {
        ["debian", release, "amd64" | "arm64", day, build] => {
            [release, day, build].iter().all(|part| number(part)).then_some(release)
        }
        _ => None,
    }
}

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    draft: &mut Draft,
) -> Result<(), Failure> {
    let Some(machine) = &observed.machine else {
        return match stack {
            Some(_) => Ok(()),
            None => Err(Failure::new(Kind::Bug, "no machine was looked up for a new stack")),
        };
    };
    if machine.architecture != machine.image_architecture {
        return Err(Failure::new(
            Kind::Input,
            format!(
                "image {} is for {} and {} runs {}",
                machine.ami.value, machine.image_architecture, machine.instance_type.value, machine.architecture
            ),
        )
        .hint("leave --ami away to get the fitting Debian image, or choose another --instance-type"));
    }
    let instance_type = &machine.instance_type;
    if instance_type.source != Source::Stack || stack.is_none() {
        draft.set(parameter::INSTANCE_TYPE, instance_type.value.clone(), instance_type.source.clone());
    }
    draft.set(parameter::AMI, machine.ami.value.clone(), machine.ami.source.clone());
    draft.set(parameter::ROOT_DEVICE_NAME, machine.root_device.clone(), Source::Found);
    if settings.upgrade && settings.parameters.contains_key(parameter::DOCKER_IMAGE) {
        draft.warnings.push("--upgrade and --image: the image given is used".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::debian_release;

    #[test]
    fn debians_images_are_told_by_their_names() {
        for (name, release) in [
            ("debian-13-amd64-20261012-2262", Some("13")),
            ("debian-12-arm64-20261005-2255", Some("12")),
            ("debian-13-amd64-20261012", None),
            ("debian-13-amd64-20261012-2262-ours", None),
            ("debian-sid-amd64-20261012-2262", None),
            ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261015", None),
            ("", None),
        ] {
            assert_eq!(debian_release(name), release, "{name}");
        }
    }
}

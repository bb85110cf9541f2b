//! What EC2 offers: images, instance types and the zones that have them. A small excerpt with real attributes.

use serde::Serialize;
use serde_json::{Value, json};

/// A public image.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Image {
    pub image_id: String,
    pub name: String,
    pub description: String,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    pub owner_id: &'static str,
    pub root_device_name: &'static str,
    #[serde(skip)]
    pub volume_gigabytes: u32,
    pub creation_date: String,
}

impl Image {
    pub(super) fn describe(&self) -> Value {
        let mut answer = serde_json::to_value(self).unwrap_or_default();
        answer["ImageLocation"] = json!(format!("{}/{}", self.owner_id, self.name));
        answer["State"] = json!("available");
        answer["ImageType"] = json!("machine");
        answer["Public"] = json!(true);
        answer["PlatformDetails"] = json!("Linux/UNIX");
        answer["UsageOperation"] = json!("RunInstances");
        answer["RootDeviceType"] = json!("ebs");
        answer["VirtualizationType"] = json!("hvm");
        answer["Hypervisor"] = json!("xen");
        answer["EnaSupport"] = json!(true);
        answer["Tags"] = json!([]);
        answer["BlockDeviceMappings"] = json!([{ "DeviceName": self.root_device_name, "Ebs": {
            "DeleteOnTermination": true, "VolumeSize": self.volume_gigabytes, "VolumeType": "gp3", "Encrypted": false,
        } }]);
        answer
    }
}

/// An instance type.
#[derive(Debug, Clone, Copy)]
pub struct InstanceType {
    pub name: &'static str,
    pub architecture: &'static str,
    pub vcpus: u32,
    pub memory_mib: u32,
    /// Made of Nitro hardware: not offered in us-east-1e.
    pub nitro: bool,
}

const fn nitro(name: &'static str, architecture: &'static str, vcpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, architecture, vcpus, memory_mib, nitro: true }
}

/// The types known here.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html
pub const INSTANCE_TYPES: &[InstanceType] = &[
    nitro("t3.micro", "x86_64", 2, 1024),
    nitro("t3.small", "x86_64", 2, 2048),
    nitro("t3.medium", "x86_64", 2, 4096),
    nitro("t3.large", "x86_64", 2, 8192),
    nitro("t3a.small", "x86_64", 2, 2048),
    nitro("t4g.micro", "arm64", 2, 1024),
    nitro("t4g.small", "arm64", 2, 2048),
    nitro("t4g.medium", "arm64", 2, 4096),
    nitro("m6i.large", "x86_64", 2, 8192),
    nitro("m7i.large", "x86_64", 2, 8192),
    nitro("m7g.large", "arm64", 2, 8192),
    nitro("c7i.xlarge", "x86_64", 4, 8192),
    nitro("c7g.xlarge", "arm64", 4, 8192),
    InstanceType { name: "t2.small", architecture: "x86_64", vcpus: 1, memory_mib: 2048, nitro: false },
    InstanceType { name: "t2.medium", architecture: "x86_64", vcpus: 2, memory_mib: 4096, nitro: false },
];

impl InstanceType {
    /// The type of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        INSTANCE_TYPES.iter().find(|one| one.name == name)
    }

    /// Whether `zone` has it. us-east-1e has none of the newer types: [U] for the exact list; the effect is documented at
    /// <https://repost.aws/knowledge-center/ec2-instance-type-not-supported-az-error>.
    pub fn offered_in(&self, zone: &str) -> bool {
        !(self.nitro && zone == "us-east-1e")
    }

    pub(super) fn describe(&self) -> Value {
        json!({
            "InstanceType": self.name, "CurrentGeneration": self.nitro, "BareMetal": false,
            "FreeTierEligible": self.name == "t3.micro",
            "SupportedUsageClasses": ["on-demand", "spot"], "SupportedRootDeviceTypes": ["ebs"],
            "SupportedVirtualizationTypes": ["hvm"], "Hypervisor": if self.nitro { "nitro" } else { "xen" },
            "ProcessorInfo": { "SupportedArchitectures": [self.architecture] },
            "VCpuInfo": { "DefaultVCpus": self.vcpus },
            "MemoryInfo": { "SizeInMiB": self.memory_mib },
            "BurstablePerformanceSupported": self.name.starts_with('t'),
        })
    }
}

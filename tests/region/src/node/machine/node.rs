//! What makes a plain Debian tree an EC2 instance's: the Ec2 datasource, and an AMI's state before user data ran.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::root::File;

/// cloud-init asks only the metadata service, and leaves the network as the hypervisor gave it.
const CLOUD_CONFIG: &str = "\
datasource_list: [ Ec2 ]
datasource: { Ec2: { strict_id: false, timeout: 5, max_wait: 60 } }
network: { config: disabled }
manage_etc_hosts: false
locale: C.UTF-8
";

/// cloud-init's own configuration.
const CONFIG: &str = "etc/cloud/cloud.cfg";

/// cloud-init's module that reads the machine's identity.
const DMI: &str = "usr/lib/python3/dist-packages/cloudinit/dmi.py";

/// cloud-init does not read DMI in a container; without an EC2 identity it never asks for an IMDSv2 token.
const EC2_IDENTITY: &str = r#"

def read_dmi_data(key):
    return {
        "system-uuid": "ec2d0c4e-0000-4000-8000-000000000001",
        "system-serial-number": "ec2d0c4e-0000-4000-8000-000000000001",
        "system-manufacturer": "Amazon EC2",
        "system-product-name": "t3.small",
    }.get(key)
"#;

/// Services that user data turns on, and that Debian's packages have turned on already in the cached tree.
const ENABLED_BY_PACKAGES: [&str; 4] = [
    "/etc/systemd/system/multi-user.target.wants/nginx.service",
    "/etc/systemd/system/multi-user.target.wants/docker.service",
    "/etc/systemd/system/multi-user.target.wants/containerd.service",
    "/etc/systemd/system/sockets.target.wants/docker.socket",
];

/// The files to lay over the tree at `root`.
///
/// # Errors
/// When the tree has no cloud-init.
pub fn files(root: &Path) -> Result<Vec<File>> {
    // There is no udevd in a container, and cloud-init would call the whole boot failed for it.
    let config = root.join(CONFIG);
    let modules = fs::read_to_string(&config).with_context(|| format!("could not read {}", config.display()))?;
    let modules: String =
        modules.lines().filter(|line| !line.contains("install-hotplug")).map(|it| format!("{it}\n")).collect();
    let dmi = root.join(DMI);
    let reader = fs::read_to_string(&dmi).with_context(|| format!("could not read {}", dmi.display()))?;
    Ok(vec![
        File::text("/etc/cloud/cloud.cfg.d/90_instance.cfg", CLOUD_CONFIG),
        File::text(&format!("/{CONFIG}"), modules),
        File::text(&format!("/{DMI}"), reader + EC2_IDENTITY),
    ])
}

/// The files to take away from it.
pub fn removed() -> Vec<String> {
    ENABLED_BY_PACKAGES.iter().map(ToString::to_string).collect()
}

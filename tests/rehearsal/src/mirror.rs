//! The registry that stands for the public one, so that nodes pull their registry image under its real name.
//!
//! The image is Debian's registry binary in an otherwise empty image, made here because it must trust the region.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use dockreg_region::authority::Issued;
use dockreg_region::node::machine::run;
use tokio::process::{Child, Command};

use crate::client::Client;
use crate::network::MIRROR;
use crate::store::listening;

/// The image that the template's nodes run unless told otherwise.
pub const IMAGE: &str = "public.ecr.aws/docker/library/registry:3";
/// Another name of the same one: Docker's own of 2.x could not run on nodes, for lack of IMDSv2.
pub const OTHER_IMAGE: &str = "public.ecr.aws/example/docker-registry:2.8";
/// Their registry.
pub const HOST: &str = "public.ecr.aws";

/// Where a registry image has its default configuration.
const CONFIGURATION: &str = "version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
";

/// Starts the registry with a certificate for [`HOST`]; `content` is the image's content and runs it, too.
///
/// # Errors
/// When it does not start.
pub async fn start(content: &Path, scratch: &Path, issued: &Issued) -> Result<Child> {
    let folder = scratch.join("mirror");
    run("cp", &["-a", &content.to_string_lossy(), &folder.to_string_lossy()]).await?;
    fs::write(folder.join("chain.pem"), format!("{}{}", issued.certificate, issued.chain))?;
    fs::write(folder.join("key.pem"), &issued.private_key)?;
    let http = format!("http:\n  addr: {MIRROR}:443\n  tls:\n    certificate: /chain.pem\n    key: /key.pem\n");
    fs::write(folder.join("mirror.yml"), CONFIGURATION.replace("http:\n  addr: :5000\n", &http))?;
    let log = File::create(scratch.join("mirror.log"))?;
    let mut command = Command::new("chroot");
    command.arg(&folder).args(["/bin/registry", "serve", "/mirror.yml"]).env("OTEL_TRACES_EXPORTER", "none");
    command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    let mut child = command.spawn().context("could not start the registry of the public image")?;
    listening(&mut child, (&MIRROR.to_string(), 443)).await.context("the registry of the public image")?;
    Ok(child)
}

/// Archives the image's content, trusting `authority` (PEM), for [`publish`].
///
/// # Errors
/// When it cannot be copied or archived.
pub async fn archive(content: &Path, scratch: &Path, authority: &str) -> Result<()> {
    let folder = scratch.join("image");
    run("cp", &["-a", &content.to_string_lossy(), &folder.to_string_lossy()]).await?;
    let bundle = folder.join("etc/ssl/certs/ca-certificates.crt");
    let known = fs::read_to_string(&bundle).context("the registry image has no certificate authorities")?;
    fs::write(&bundle, format!("{known}{authority}"))?;
    fs::create_dir_all(folder.join("etc/docker/registry"))?;
    fs::write(folder.join("etc/docker/registry/config.yml"), CONFIGURATION)?;
    let archive = scratch.join("image.tar");
    run("tar", &["-C", &folder.to_string_lossy(), "-cf", &archive.to_string_lossy(), "."]).await?;
    Ok(())
}

/// Makes the image of the archive at `archive` on the client, and pushes it under its public names.
///
/// # Errors
/// When Docker refuses.
pub async fn publish(client: &Client, archive: &str) -> Result<String> {
    let changes = [
        "ENTRYPOINT [\"/bin/registry\"]",
        "CMD [\"serve\",\"/etc/docker/registry/config.yml\"]",
        "ENV PATH=/bin",
        "VOLUME /var/lib/registry",
        "EXPOSE 5000",
    ];
    let mut import = vec!["docker", "import"];
    for change in &changes {
        import.extend(["--change", change]);
    }
    import.extend([archive, IMAGE]);
    client.succeed(&import, "").await?;
    client.succeed(&["docker", "tag", IMAGE, OTHER_IMAGE], "").await?;
    for image in [IMAGE, OTHER_IMAGE] {
        client.succeed(&["docker", "push", "--quiet", image], "").await?;
    }
    client.succeed(&["docker", "image", "rm", IMAGE, OTHER_IMAGE], "").await?;
    Ok(format!("{IMAGE} is Debian's docker-registry"))
}

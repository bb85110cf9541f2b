//! skopeo, a client that shares no code path with the Docker daemon.

use anyhow::{Result, ensure};

use super::docker::Image;
use crate::scene::{DOMAIN, PASSWORD, Scene, USER};

/// A wrong password is refused.
///
/// # Errors
/// When it is not.
pub async fn refused(scene: &Scene) -> Result<String> {
    let login = ["skopeo", "login", "--username", USER, "--password-stdin", DOMAIN];
    let output = scene.client.run(&login, "not-the-password").await?;
    ensure!(output.code != 0, "skopeo logged in with a wrong password");
    Ok("refused".to_owned())
}

/// Logs in, pulls the image into a folder, pushes that under another name, and asks for that one's digest.
///
/// # Errors
/// When skopeo fails or a digest differs.
pub async fn push_and_pull(scene: &Scene, image: &Image) -> Result<String> {
    let login = ["skopeo", "login", "--username", USER, "--password-stdin", DOMAIN];
    scene.client.succeed(&login, PASSWORD).await?;
    let (source, copy) = (format!("docker://{}", image.name), format!("docker://{DOMAIN}/by-skopeo:large"));
    for (from, to) in [(source.as_str(), "dir:/srv/pulled"), ("dir:/srv/pulled", &copy), (&copy, "dir:/srv/again")] {
        scene.client.succeed(&["skopeo", "copy", "--quiet", "--preserve-digests", from, to], "").await?;
    }
    let inspect = ["skopeo", "inspect", "--format", "{{.Digest}}", &copy];
    let digest = scene.client.succeed(&inspect, "").await?.stdout;
    ensure!(digest.trim() == image.digest, "docker pushed {}, skopeo sees {}", image.digest, digest.trim());
    scene.client.succeed(&["rm", "-r", "/srv/pulled", "/srv/again"], "").await?;
    Ok("digests equal".to_owned())
}

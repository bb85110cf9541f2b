//! The Docker client: login, push, pull.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use crate::scene::{DOMAIN, PASSWORD, Scene, USER};

/// Bytes of the two layers of the image: together 100 MB, incompressible.
const LAYERS: [u32; 2] = [64_000_000, 36_000_000];

/// Where the client builds it.
const FOLDER: &str = "/srv/image";

/// The image that was pushed.
#[derive(Debug, Default)]
pub struct Image {
    /// Its name with host and tag.
    pub name: String,
    /// Digest of its manifest, as the push reported it.
    pub digest: String,
    /// Its id: the digest of its configuration.
    pub id: String,
}

/// A wrong password is refused.
///
/// # Errors
/// When it is not, or is for another reason.
pub async fn refused(scene: &Scene) -> Result<String> {
    let login = ["docker", "login", "--username", USER, "--password-stdin", DOMAIN];
    let output = scene.client.run(&login, "not-the-password").await?;
    ensure!(output.code != 0, "docker logged in with a wrong password");
    let said = output.stderr.trim().lines().last().unwrap_or_default();
    ensure!(
        said.contains("401") || said.contains("unauthorized"),
        "docker was refused, but for another reason: {said}"
    );
    Ok("401".to_owned())
}

/// The right password of a user from the htpasswd file given to `up` is taken.
///
/// # Errors
/// When it is not.
pub async fn login(scene: &Scene) -> Result<String> {
    let login = ["docker", "login", "--username", USER, "--password-stdin", DOMAIN];
    let output = scene.client.succeed(&login, PASSWORD).await?;
    ensure!(output.stdout.contains("Login Succeeded"), "docker said: {}", output.stdout.trim());
    Ok("Login Succeeded".to_owned())
}

/// `dockreg login` hands the operator's credentials to Docker.
///
/// # Errors
/// When it fails, or Docker's own store does not know the registry afterwards.
pub async fn dockreg_login(scene: &Scene) -> Result<String> {
    scene.client.succeed(&["docker", "logout", DOMAIN], "").await?;
    let output = scene.client.succeed(&["dockreg", "login"], "").await?;
    let kept = scene.client.succeed(&["sh", "-c", "cat ~/.docker/config.json"], "").await?.stdout;
    ensure!(kept.contains(DOMAIN), "docker's config.json does not name {DOMAIN}");
    let said = [output.stdout.as_str(), output.stderr.as_str()].concat();
    Ok(said.trim().lines().next().unwrap_or_default().to_owned())
}

/// Builds an image of 100 MB and pushes it, with the small one beside it for the client that pulls every second.
///
/// # Errors
/// When Docker fails, or its push reports no digest.
pub async fn push(scene: &Scene, pushed: &mut Option<Image>) -> Result<String> {
    let name = format!("{DOMAIN}/rehearsal:large");
    let mut script = format!("set -e; mkdir -p {FOLDER}; cd {FOLDER}; printf 'FROM scratch\\n' >Dockerfile\n");
    for (number, bytes) in LAYERS.iter().enumerate() {
        writeln!(script, "head -c {bytes} /dev/urandom >layer{number}; printf 'COPY layer{number} /\\n' >>Dockerfile")?;
    }
    // Docker's newer builder is another package; this image needs nothing of it.
    writeln!(script, "DOCKER_BUILDKIT=0 docker build --quiet --tag {name} .")?;
    scene.client.succeed(&["sh", "-c", &script], "").await?;
    let id = scene.client.succeed(&["docker", "image", "inspect", "--format", "{{.Id}}", &name], "").await?.stdout;
    let output = scene.client.succeed(&["docker", "push", &name], "").await?.stdout;
    let digest = after(&output, "digest: ").context("docker push reported no digest")?;
    push_small(scene).await?;
    *pushed = Some(Image { name, digest: digest.clone(), id: id.trim().to_owned() });
    Ok(digest)
}

/// Builds the small image and pushes it.
///
/// # Errors
/// When Docker fails.
pub async fn push_small(scene: &Scene) -> Result<String> {
    let import = format!("tar -C /etc -c passwd | docker import --message small - {}", small());
    scene.client.succeed(&["sh", "-c", &import], "").await?;
    scene.client.succeed(&["docker", "push", &small()], "").await?;
    Ok(small())
}

/// Pulls the image anew: same manifest, same configuration.
///
/// # Errors
/// When Docker fails or a digest differs.
pub async fn pull(scene: &Scene, image: &Image) -> Result<String> {
    scene.client.succeed(&["docker", "image", "rm", "--force", &image.name], "").await?;
    let output = scene.client.succeed(&["docker", "pull", &image.name], "").await?.stdout;
    let digest = after(&output, "Digest: ").context("docker pull reported no digest")?;
    ensure!(digest == image.digest, "pushed {}, pulled {digest}", image.digest);
    let inspect = ["docker", "image", "inspect", "--format", "{{.Id}}", &image.name];
    let id = scene.client.succeed(&inspect, "").await?.stdout;
    ensure!(id.trim() == image.id, "pushed image {}, pulled {}", image.id, id.trim());
    Ok("digests equal".to_owned())
}

/// Pulls the image through a stack that was made after the one it was pushed to was deleted.
///
/// # Errors
/// When the login or the pull fails, or a digest differs.
pub async fn pull_kept(scene: &Scene, image: &Image) -> Result<String> {
    // The operator's password is new with the stack.
    scene.client.succeed(&["dockreg", "login"], "").await?;
    pull(scene, image).await
}

/// The small image.
pub fn small() -> String {
    format!("{DOMAIN}/rehearsal:small")
}

/// The word after the last `mark` in a text.
pub(crate) fn after(text: &str, mark: &str) -> Option<String> {
    text.rsplit_once(mark)?.1.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn the_digest_is_read_from_what_docker_prints() {
        let push = "abc: Pushed\nlarge: digest: sha256:0123 size: 735\n";
        assert_eq!(after(push, "digest: ").as_deref(), Some("sha256:0123"));
        let pull = "Digest: sha256:0123\nStatus: Downloaded newer image\n";
        assert_eq!(after(pull, "Digest: ").as_deref(), Some("sha256:0123"));
        assert_eq!(after("denied: requested access", "digest: "), None);
    }
}

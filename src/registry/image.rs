//! Names of container images, as Docker takes them. Pure.
//!
//! A name that Docker refuses would only be found out by nodes that do not boot.

/// Reads an image's name: `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`.
/// <https://pkg.go.dev/github.com/distribution/reference>
pub fn parse_image(text: &str) -> Result<String, String> {
    let (named, digest) = text.split_once('@').map_or((text, None), |(named, digest)| (named, Some(digest)));
    // A colon before the last slash is a port's.
    let (path, tag) = match named.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (named, None),
    };
    let (host, path) = match path.split_once('/') {
        Some((host, rest)) if is_host(host) => (Some(host), rest),
        _ => (None, path),
    };
    let fits = host.is_none_or(host_fits)
        && path.split('/').all(part_fits)
        && tag.is_none_or(tag_fits)
        && digest.is_none_or(digest_fits);
    if !fits {
        return Err(format!("{text:?} is not the name of an image such as registry:3"));
    }
    if host.is_some_and(is_private) {
        return Err(format!("nodes pull without a login, and {text} needs one: name an image in a public registry"));
    }
    if is_official(host, path) && tag.is_some_and(|tag| tag == "2" || tag.starts_with("2.")) {
        return Err(format!(
            "{text} cannot use the credentials of its node: it has an AWS SDK older than IMDSv2; name registry:3, or a \
             build of 2.8 with an SDK since 2019, as Debian's is"
        ));
    }
    Ok(text.to_owned())
}

/// Whether a host is a private registry of Amazon ECR.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
fn is_private(host: &str) -> bool {
    [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", ".dkr-ecr-fips."].iter().any(|part| host.contains(part))
}

/// Whether a name means Docker's own image of the registry. Its 2.x have version 1.15 of the AWS SDK for Go, which came
/// to IMDSv2 with 1.25.38: <https://github.com/distribution/distribution/issues/3756>,
/// <https://github.com/distribution/distribution/issues/3437>.
fn is_official(host: Option<&str>, path: &str) -> bool {
    match host {
        None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {
            matches!(path, "registry" | "library/registry")
        }
        Some("public.ecr.aws") => path == "docker/library/registry",
        Some(_) => false,
    }
}

/// Whether what stands before the first slash is a host, as Docker tells it from a part of the name.
fn is_host(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':']) || text.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn host_fits(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    }) && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn part_fits(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<u8>| byte.is_some_and(is_word);
    ends(part.bytes().next())
        && ends(part.bytes().last())
        && part.bytes().all(|byte| is_word(byte) || b"._-".contains(&byte))
}

fn tag_fits(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn digest_fits(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(kind, hex)| {
        !kind.is_empty() && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::parse_image;

    #[test]
    fn names_as_docker_takes_them() {
        let digest = format!("registry@sha256:{}", "0a".repeat(32));
        for text in [
            "registry",
            "registry:3",
            "registry:3.0.0-alpine",
            "example/registry:2",
            "registry.example.test/library/registry:2.8.3",
            "public.ecr.aws/docker/library/registry:3",
            "localhost:5000/mine",
            "10.0.0.1:5000/a/b_c:latest",
            "distribution/distribution:edge",
            digest.as_str(),
        ] {
            assert_eq!(parse_image(text), Ok(text.to_owned()));
        }
        for text in [
            "",
            "Registry",
            "bad:image:x",
            "a/Upper:1",
            "a//b",
            "-a",
            "a:",
            "a:.tag",
            "https://example.test/registry",
            "registry@sha256:short",
            "regis try",
        ] {
            assert!(parse_image(text).is_err(), "{text}");
        }
    }

    #[test]
    fn images_that_no_node_can_run_are_told_apart() {
        for text in [
            "registry:2",
            "registry:2.8.3-alpine",
            "docker.io/library/registry:2",
            "public.ecr.aws/docker/library/registry:2.8",
        ] {
            assert!(parse_image(text).is_err_and(|why| why.contains("IMDSv2")), "{text}");
        }
        for text in [
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/registry:3",
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/registry:3",
            "123456789012.dkr-ecr.us-east-1.on.aws/registry:3",
        ] {
            assert!(parse_image(text).is_err_and(|why| why.contains("without a login")), "{text}");
        }
    }
}

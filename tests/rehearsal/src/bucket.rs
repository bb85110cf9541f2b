//! What is in the account's buckets, asked of S3 by a client that is not dockreg: curl, which signs by itself.

use anyhow::{Context, Result};

use crate::client::{Client, Environment};

/// Objects in all buckets of the account.
///
/// # Errors
/// When S3 refuses, or answers something else than lists.
pub async fn objects(client: &Client, environment: &Environment) -> Result<usize> {
    let buckets = get(client, environment, "https://s3.us-east-1.amazonaws.com/").await?;
    let mut count = 0;
    for bucket in texts(&buckets, "Name") {
        let url = format!("https://{bucket}.s3.us-east-1.amazonaws.com/?list-type=2");
        count += texts(&get(client, environment, &url).await?, "Key").len();
    }
    Ok(count)
}

/// Lines of curl's configuration that have it sign a call of a service with these keys.
///
/// # Errors
/// When the keys are missing.
pub fn signer(environment: &Environment, service: &str) -> Result<String> {
    let variable = |wanted: &str| {
        let found = environment.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("the region exports no {wanted}"))
    };
    let (key, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    Ok(format!("user = \"{key}:{secret}\"\naws-sigv4 = \"aws:amz:us-east-1:{service}\"\n"))
}

async fn get(client: &Client, environment: &Environment, url: &str) -> Result<String> {
    let curl = ["curl", "--silent", "--show-error", "--fail", "--config", "-", url];
    // S3 wants the payload's hash among the signed headers.
    let config = format!("{}header = \"x-amz-content-sha256: {EMPTY}\"\n", signer(environment, "s3")?);
    Ok(client.succeed(&curl, &config).await?.stdout)
}

/// SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The texts of all elements of this name.
fn texts<'a>(document: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let parts = document.split(open.as_str()).skip(1);
    parts.filter_map(|part| part.split_once(close.as_str()).map(|(text, _)| text)).collect()
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn every_element_of_the_name_is_found() {
        let document = "<Contents><Key>a/b</Key><Size>1</Size></Contents><Contents><Key>c</Key></Contents>";
        assert_eq!(texts(document, "Key"), ["a/b", "c"]);
        assert!(texts("<ListBucketResult/>", "Key").is_empty());
    }
}

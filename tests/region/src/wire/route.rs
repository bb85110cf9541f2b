//! Which service a request is for: by the scope of its signature, else by what unsigned requests give away.

use super::model::{self, Model};
use super::signature::{Head, Signed};

/// The model a request is for, as its head says: the scope of its signature, or the host.
pub(super) fn by_head(head: &Head, signed: Option<&Signed>) -> Option<(&'static str, &'static Model)> {
    if let Some(signed) = signed {
        return model::signed_as(&signed.service);
    }
    let host = head.header("host").unwrap_or_default();
    if bucket_of_host(host).is_some() {
        return model::model("s3");
    }
    host.split('.').next().filter(|_| host.contains(".amazonaws.")).and_then(model::signed_as)
}

/// The model an unsigned request is for, as its content gives away.
pub(super) fn by_content(head: &Head, form: &[(String, String)]) -> Option<(&'static str, &'static Model)> {
    let all = || model::names().filter_map(model::model);
    if let Some((prefix, _)) = head.header("x-amz-target").and_then(|target| target.split_once('.')) {
        return all().find(|(_, model)| model.metadata.target_prefix.as_deref() == Some(prefix));
    }
    let parameter = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if let Some(action) = parameter("Action") {
        let version = parameter("Version");
        let has = |model: &Model| {
            model.operations.contains_key(action) && Some(model.metadata.api_version.as_str()) == version
        };
        return all().find(|(_, model)| has(model));
    }
    model::model(if head.path.starts_with("/2013-04-01/") { "route53" } else { "s3" })
}

/// The bucket in a virtual-hosted Host header: `BUCKET.s3.REGION.amazonaws.com`, `BUCKET.s3.amazonaws.com`.
pub(super) fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.split(':').next().unwrap_or(host);
    name.find(".s3.").or_else(|| name.find(".s3-")).map(|at| &name[..at]).filter(|bucket| !bucket.is_empty())
}

#[cfg(test)]
mod tests {
    use super::bucket_of_host;

    #[test]
    fn virtual_hosts_name_their_bucket() {
        for (host, bucket) in [
            ("images.s3.us-east-1.amazonaws.com", Some("images")),
            ("a.b.s3.amazonaws.com:443", Some("a.b")),
            ("s3.us-east-1.amazonaws.com", None),
            ("127.0.0.1:4566", None),
        ] {
            assert_eq!(bucket_of_host(host), bucket, "{host}");
        }
    }
}

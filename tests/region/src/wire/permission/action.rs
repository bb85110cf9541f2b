//! The IAM action of each operation: its own name, unless AWS says otherwise.

/// The action that an operation needs, such as `s3:ListBucket` for `HeadBucket`.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
pub(in crate::wire) fn action(service: &str, operation: &str) -> String {
    let prefix = match service {
        "elbv2" => "elasticloadbalancing",
        "service-quotas" => "servicequotas",
        other => other,
    };
    let action = match (service, operation) {
        ("s3", "HeadObject") => "GetObject",
        ("s3", "HeadBucket" | "ListObjectsV2" | "ListObjects") => "ListBucket",
        ("s3", "ListObjectVersions") => "ListBucketVersions",
        ("s3", "ListBuckets") => "ListAllMyBuckets",
        ("s3", "ListMultipartUploads") => "ListBucketMultipartUploads",
        ("s3", "ListParts") => "ListMultipartUploadParts",
        (
            "s3",
            "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" | "CopyObject" | "UploadPartCopy",
        ) => "PutObject",
        ("s3", "DeleteObjects") => "DeleteObject",
        ("s3", "GetBucketEncryption") => "GetEncryptionConfiguration",
        ("s3", "GetBucketLifecycleConfiguration") => "GetLifecycleConfiguration",
        ("s3", "PutBucketLifecycleConfiguration") => "PutLifecycleConfiguration",
        ("s3", "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
        ("s3", "DeleteBucketTagging") => "PutBucketTagging",
        (_, other) => other,
    };
    format!("{prefix}:{action}")
}

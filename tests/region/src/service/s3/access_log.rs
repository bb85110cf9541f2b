//! Server access logs: requests to a bucket that come to rest as objects in another one, some time later.
//!
//! Only in the store of this process; a server behind the region gets none.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Bucket;
use super::store::Object;
use crate::Region;

/// Until a request is found in the log: a few hours at most, by AWS's own account; how much sooner is [U].
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#LogDeliveryBestEffort
const DELIVERY: Duration = Duration::from_secs(300);

/// Records a request to a bucket that logs its requests; what becomes of it is nobody's to wait for.
pub(super) fn record(region: &Arc<Region>, operation: &str, input: &Value) {
    let name = input["Bucket"].as_str().unwrap_or_default();
    let logging = region.world(|world| {
        let bucket = world.s3.buckets.get(name)?;
        world.s3.behind.is_none().then(|| bucket.settings.get("LoggingConfiguration").cloned()).flatten()
    });
    let Some(logging) = logging else { return };
    // A bucket that names no other logs to itself.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-loggingconfiguration.html
    let destination = logging["DestinationBucketName"].as_str().unwrap_or(name).to_owned();
    let prefix = logging["LogFilePrefix"].as_str().unwrap_or_default();
    let stamp = region.clock.now().strftime("%Y-%m-%d-%H-%M-%S");
    let key = format!("{prefix}{stamp}-{:.16}", region.random.uuid().replace('-', "").to_ascii_uppercase());
    let line = format!("{name} {operation} {}\n", input["Key"].as_str().unwrap_or("-"));
    let region = Arc::clone(region);
    tokio::spawn(async move {
        region.clock.sleep(DELIVERY).await;
        let now = region.clock.epoch();
        region.world(|world| {
            let bucket = world.s3.buckets.get_mut(&destination).filter(|bucket| takes_logs(bucket))?;
            bucket.objects.insert(key, Object::new(line, now))
        });
    });
}

/// Whether the bucket's policy lets the logging service put objects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
fn takes_logs(bucket: &Bucket) -> bool {
    let statements = bucket.policy.as_ref().and_then(|policy| policy["Statement"].as_array());
    let says = |value: &Value, wanted: &str| {
        value == wanted || value.as_array().is_some_and(|items| items.iter().any(|item| item == wanted))
    };
    statements.into_iter().flatten().any(|statement| {
        statement["Effect"] == "Allow"
            && says(&statement["Principal"]["Service"], "logging.s3.amazonaws.com")
            && says(&statement["Action"], "s3:PutObject")
    })
}

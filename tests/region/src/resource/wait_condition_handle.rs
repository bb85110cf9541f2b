//! `AWS::CloudFormation::WaitConditionHandle`: a URL, signed beforehand, to which anybody may report success or failure.

use async_trait::async_trait;
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::cloudformation::open_handle;
use crate::wire::UNRESERVED;

/// The type.
pub struct WaitConditionHandle;

#[async_trait]
impl ResourceType for WaitConditionHandle {
    fn name(&self) -> &'static str {
        "AWS::CloudFormation::WaitConditionHandle"
    }

    fn typical_seconds(&self) -> f64 {
        1.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        _properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let url = url(context);
        open_handle(&context.region, &url);
        Ok(made(&url))
    }

    async fn update(
        &self,
        _context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        _new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        Ok(made(physical_id))
    }

    /// The URL stays, and nobody looks at what is put there.
    async fn delete(
        &self,
        _context: &ResourceContext,
        _physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        Ok(())
    }
}

/// As AWS's look: bucket, stack, a random part and the logical id, and a signature that lives for a day. The region
/// does not compute the signature, but knows it again.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
fn url(context: &ResourceContext) -> String {
    let settings = &context.region.settings;
    let (region, suffix) = (&settings.region, &settings.url_suffix);
    let now = context.region.clock.now();
    let (stamp, day) = (now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d"));
    let stack: Vec<String> =
        context.stack_id.split('/').map(|part| utf8_percent_encode(part, UNRESERVED).to_string()).collect();
    let random = &context.region.random;
    format!(
        "https://cloudformation-waitcondition-{region}.s3.{region}.{suffix}/{}/{}/{}?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Date={stamp}&X-Amz-SignedHeaders=host&X-Amz-Expires=86399\
         &X-Amz-Credential=AKIA{}%2F{day}%2F{region}%2Fs3%2Faws4_request&X-Amz-Signature={}",
        stack.join("/"),
        random.uuid(),
        context.logical_id,
        random.upper(16),
        random.hex(64),
    )
}

fn made(url: &str) -> Made {
    Made { physical_id: url.to_owned(), attributes: Map::from_iter([("Id".to_owned(), json!(url))]) }
}

//! `DescribeLaunchTemplateVersions`.

use serde_json::{Value, json};

use super::{LaunchTemplate, Version};
use crate::service::ec2::filter::page;
use crate::{AwsError, Region};

/// The named versions of one template, or all of them.
pub(super) fn versions(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let mut named = ["LaunchTemplateId", "LaunchTemplateName"].iter().filter_map(|key| input[*key].as_str());
    let Some(name) = named.next() else {
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html: without a
        // template, the latest or default version of every template.
        return Err(AwsError::new(
            "MissingParameter",
            "The request must include a LaunchTemplateId, a LaunchTemplateName or the version $Latest or $Default.",
        ));
    };
    let wanted: Vec<String> = input["Versions"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    region.world(|world| {
        let state = &world.ec2.launch_templates;
        let (template, _) = state.resolve(name, "$Latest")?;
        let mut described = Vec::new();
        if wanted.is_empty() {
            described.extend(template.versions.iter().rev().map(|version| describe(region, template, version)));
        }
        for number in &wanted {
            let (template, version) = state.resolve(name, number)?;
            described.push(describe(region, template, version));
        }
        page(described, input, "LaunchTemplateVersions")
    })
}

fn describe(region: &Region, template: &LaunchTemplate, version: &Version) -> Value {
    let mut described = json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "CreateTime": version.created,
        "CreatedBy": region.global_arn("iam", "root"),
        "DefaultVersion": version.number == 1,
        "LaunchTemplateData": version.data,
    });
    if let Some(description) = &version.description {
        described["VersionDescription"] = json!(description);
    }
    described
}

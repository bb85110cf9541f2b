//! Whether a principal may do something: its policies asked about every action that a call needs, and a denial in AWS's
//! words. Which actions a call needs is said in `wire::permission` and, for CloudFormation's handlers, in `handlers`.

use super::condition::Context;
use super::policy::{Decision, Request, role_decision};
use crate::region::World;
use crate::service::Principal;
use crate::{AwsError, Region};

/// One action on one resource, with the values of condition keys that go with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Need {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// ARN; `*` for actions that know no resources.
    pub resource: String,
    /// Keys in lower case.
    pub context: Context,
}

impl Need {
    /// An action on a resource, without condition keys of its own.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: Context::new() }
    }

    /// With the value of a condition key.
    #[must_use]
    pub fn with(mut self, key: &str, values: Vec<String>) -> Self {
        self.context.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// With `aws:RequestTag/…` and `aws:TagKeys`.
    #[must_use]
    pub fn tagging(mut self, tags: &[(String, String)]) -> Self {
        if tags.is_empty() {
            return self;
        }
        for (key, value) in tags {
            self = self.with(&format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
        self.with("aws:TagKeys", tags.iter().map(|(key, _)| key.clone()).collect())
    }

    /// With `aws:ResourceTag/…`.
    #[must_use]
    pub fn tagged(mut self, tags: &[(String, String)]) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:ResourceTag/{key}"), vec![value.clone()]);
        }
        self
    }
}

/// What a principal may not do.
#[derive(Debug, Clone)]
pub struct Denial {
    /// ARN of the principal.
    caller: String,
    need: Need,
    /// A statement says so; otherwise none says anything.
    explicit: bool,
}

impl Denial {
    /// The denial of something that no policy of the principal allows.
    pub fn new(region: &Region, principal: &Principal, need: Need) -> Self {
        Self { caller: arn_of(region, principal), need, explicit: false }
    }

    /// The action that is denied, such as `ec2:RunInstances`.
    pub fn action(&self) -> &str {
        &self.need.action
    }

    /// The common words of a denial.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    pub fn message(&self) -> String {
        let Self { caller, need: Need { action, resource, .. }, explicit } = self;
        let because = match explicit {
            true => "with an explicit deny in an identity-based policy".to_owned(),
            false => format!("because no identity-based policy allows the {action} action"),
        };
        // S3 puts quotes around it: https://github.com/aws-samples/serverless-patterns/pull/2457
        let resource = match resource.as_str() {
            "*" => String::new(),
            resource if action.starts_with("s3:") => format!(" on resource: \"{resource}\""),
            resource => format!(" on resource: {resource}"),
        };
        format!("User: {caller} is not authorized to perform: {action}{resource} {because}")
    }

    /// The denial as the service of the action answers it.
    // https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    pub fn error(&self, protocol: &str) -> AwsError {
        match protocol {
            "ec2" => {
                let message = format!("You are not authorized to perform this operation. {}", self.message());
                AwsError::new("UnauthorizedOperation", message).with_status(403)
            }
            "json" => AwsError::new("AccessDeniedException", self.message()),
            _ => AwsError::new("AccessDenied", self.message()).with_status(403),
        }
    }
}

/// Asks the principal's policies about every need, in order.
///
/// # Errors
/// The first that is denied.
pub fn demand(region: &Region, principal: &Principal, needs: &[Need]) -> Result<(), Denial> {
    region.world(|world| demand_in(region, world, principal, needs))
}

/// [`demand`], in a world that is locked already.
///
/// # Errors
/// The first that is denied.
pub fn demand_in(region: &Region, world: &World, principal: &Principal, needs: &[Need]) -> Result<(), Denial> {
    let caller = arn_of(region, principal);
    for need in needs {
        region.journal.ask(&caller, &need.action);
        let mut context = need.context.clone();
        for (key, value) in [
            ("aws:principalarn", principal_arn(region, world, principal)),
            ("aws:principalaccount", region.settings.account.clone()),
            ("aws:requestedregion", region.settings.region.clone()),
            // The region's plain port stands for HTTPS.
            ("aws:securetransport", "true".to_owned()),
            ("aws:currenttime", region.clock.now().to_string()),
            ("aws:resourceaccount", region.settings.account.clone()),
        ] {
            context.entry(key.to_owned()).or_insert_with(|| vec![value]);
        }
        if let Principal::Operator { arn } = principal {
            let name = arn.rsplit('/').next().unwrap_or_default();
            context.insert("aws:username".to_owned(), vec![name.to_owned()]);
        }
        let request = Request { action: &need.action, resource: &need.resource, context: &context };
        let decision = match principal {
            Principal::Operator { .. } => {
                world.iam.caller_policy.as_ref().map_or(Decision::Allowed, |policy| request.decide(policy))
            }
            Principal::Node { role_name, .. } => role_decision(&world.iam, role_name, &request),
        };
        if decision != Decision::Allowed {
            return Err(Denial { caller, need: need.clone(), explicit: decision == Decision::Denied });
        }
    }
    Ok(())
}

/// ARN of a principal as `GetCallerIdentity` gives it.
pub fn arn_of(region: &Region, principal: &Principal) -> String {
    match principal {
        Principal::Operator { arn } => arn.clone(),
        Principal::Node { role_name, instance_id } => {
            region.global_arn("sts", &format!("assumed-role/{role_name}/{instance_id}"))
        }
    }
}

/// `aws:PrincipalArn` of a session is its role's ARN.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
fn principal_arn(region: &Region, world: &World, principal: &Principal) -> String {
    match principal {
        Principal::Operator { arn } => arn.clone(),
        Principal::Node { role_name, .. } => {
            world.iam.roles.get(role_name).map_or_else(|| arn_of(region, principal), |role| role.arn.clone())
        }
    }
}

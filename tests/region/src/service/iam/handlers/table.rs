//! Which actions CloudFormation's handlers call for the properties they are given: a part of those that their schemas
//! list. Whom they ask, and about which resources, is not known here.

/// When a handler calls an action.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Always,
    /// The resource has tags, its own or its stack's.
    Tagged,
    /// A tag that the resource had is no longer among them: an update took it away, or the rollback of one that added it.
    Untagged,
    /// One of these properties is given.
    Given(&'static [&'static str]),
    /// This property was given, and is no more.
    Removed(&'static str),
}

use When::{Always, Given, Removed, Tagged, Untagged};

pub(super) type Step = (&'static str, When);

/// The actions of one type's handlers.
pub(super) struct Handler {
    pub(super) create: &'static [Step],
    pub(super) update: &'static [Step],
    pub(super) delete: &'static [Step],
}

// The lists: the schemas' `handlers` in data/schemas; which of them a call needs is [U] where no source is cited.
pub(super) fn handler(resource_type: &str) -> Option<&'static Handler> {
    Some(match resource_type {
        "AWS::AutoScaling::AutoScalingGroup" => &Handler {
            create: &[
                ("autoscaling:CreateAutoScalingGroup", Always),
                // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
                ("ec2:RunInstances", Given(&["LaunchTemplate", "MixedInstancesPolicy"])),
                ("autoscaling:CreateOrUpdateTags", Tagged),
                ("autoscaling:EnableMetricsCollection", Given(&["MetricsCollection"])),
                ("autoscaling:PutNotificationConfiguration", Given(&["NotificationConfigurations"])),
                ("autoscaling:DescribeAutoScalingGroups", Always),
                ("autoscaling:DescribeScalingActivities", Always),
            ],
            update: &[
                ("autoscaling:UpdateAutoScalingGroup", Always),
                ("ec2:RunInstances", Given(&["LaunchTemplate", "MixedInstancesPolicy"])),
                ("autoscaling:CreateOrUpdateTags", Tagged),
                ("autoscaling:DeleteTags", Untagged),
                // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
                ("autoscaling:SuspendProcesses", Always),
                ("autoscaling:ResumeProcesses", Always),
                // In no schema, but in published policies for stacks with groups. [U]
                ("autoscaling:TerminateInstanceInAutoScalingGroup", Always),
                ("autoscaling:DescribeAutoScalingGroups", Always),
                ("autoscaling:DescribeScalingActivities", Always),
                // https://github.com/docker-archive/for-aws/issues/15
                ("autoscaling:DescribeScheduledActions", Always),
            ],
            delete: &[
                ("autoscaling:UpdateAutoScalingGroup", Always),
                ("autoscaling:DeleteAutoScalingGroup", Always),
                ("autoscaling:DescribeAutoScalingGroups", Always),
                ("autoscaling:DescribeScalingActivities", Always),
            ],
        },
        "AWS::CertificateManager::Certificate" => &Handler {
            create: &[
                ("acm:RequestCertificate", Always),
                ("acm:AddTagsToCertificate", Tagged),
                ("acm:DescribeCertificate", Always),
            ],
            update: &[
                ("acm:DescribeCertificate", Always),
                ("acm:AddTagsToCertificate", Tagged),
                ("acm:RemoveTagsFromCertificate", Untagged),
            ],
            delete: &[("acm:DescribeCertificate", Always), ("acm:DeleteCertificate", Always)],
        },
        "AWS::EC2::LaunchTemplate" => &Handler {
            create: &[("ec2:CreateLaunchTemplate", Always), ("ec2:CreateTags", Tagged)],
            update: &[
                ("ec2:CreateLaunchTemplateVersion", Always),
                ("ec2:CreateTags", Tagged),
                ("ec2:DeleteTags", Untagged),
            ],
            delete: &[("ec2:DeleteLaunchTemplate", Always), ("ec2:DescribeLaunchTemplates", Always)],
        },
        "AWS::EC2::SecurityGroup" => &Handler {
            create: &[
                ("ec2:CreateSecurityGroup", Always),
                ("ec2:CreateTags", Tagged),
                ("ec2:DescribeSecurityGroups", Always),
                ("ec2:AuthorizeSecurityGroupIngress", Given(&["SecurityGroupIngress"])),
                ("ec2:RevokeSecurityGroupEgress", Given(&["SecurityGroupEgress"])),
                ("ec2:AuthorizeSecurityGroupEgress", Given(&["SecurityGroupEgress"])),
            ],
            update: &[
                ("ec2:DescribeSecurityGroups", Always),
                ("ec2:AuthorizeSecurityGroupIngress", Given(&["SecurityGroupIngress"])),
                ("ec2:RevokeSecurityGroupIngress", Given(&["SecurityGroupIngress"])),
                ("ec2:AuthorizeSecurityGroupEgress", Given(&["SecurityGroupEgress"])),
                ("ec2:RevokeSecurityGroupEgress", Given(&["SecurityGroupEgress"])),
                ("ec2:CreateTags", Tagged),
                ("ec2:DeleteTags", Untagged),
            ],
            delete: &[
                ("ec2:DescribeSecurityGroups", Always),
                ("ec2:DescribeInstances", Always),
                ("ec2:DeleteSecurityGroup", Always),
            ],
        },
        "AWS::EC2::SecurityGroupEgress" => &Handler {
            create: &[("ec2:AuthorizeSecurityGroupEgress", Always), ("ec2:DescribeSecurityGroupRules", Always)],
            update: &[("ec2:UpdateSecurityGroupRuleDescriptionsEgress", Always)],
            delete: &[("ec2:RevokeSecurityGroupEgress", Always), ("ec2:DescribeSecurityGroupRules", Always)],
        },
        "AWS::EC2::SecurityGroupIngress" => &Handler {
            create: &[("ec2:AuthorizeSecurityGroupIngress", Always), ("ec2:DescribeSecurityGroupRules", Always)],
            update: &[("ec2:UpdateSecurityGroupRuleDescriptionsIngress", Always)],
            delete: &[("ec2:RevokeSecurityGroupIngress", Always), ("ec2:DescribeSecurityGroupRules", Always)],
        },
        "AWS::ElasticLoadBalancingV2::Listener" => &Handler {
            create: &[
                ("elasticloadbalancing:CreateListener", Always),
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:ModifyListenerAttributes", Always),
                ("elasticloadbalancing:DescribeListeners", Always),
            ],
            update: &[
                ("elasticloadbalancing:ModifyListener", Always),
                ("elasticloadbalancing:ModifyListenerAttributes", Always),
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:RemoveTags", Untagged),
                ("elasticloadbalancing:DescribeListeners", Always),
            ],
            delete: &[
                ("elasticloadbalancing:DeleteListener", Always),
                ("elasticloadbalancing:DescribeListeners", Always),
            ],
        },
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => &Handler {
            create: &[
                ("elasticloadbalancing:CreateLoadBalancer", Always),
                // https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:ModifyLoadBalancerAttributes", Given(&["LoadBalancerAttributes"])),
                ("elasticloadbalancing:DescribeLoadBalancers", Always),
            ],
            update: &[
                ("elasticloadbalancing:ModifyLoadBalancerAttributes", Given(&["LoadBalancerAttributes"])),
                ("elasticloadbalancing:SetSecurityGroups", Given(&["SecurityGroups"])),
                ("elasticloadbalancing:SetSubnets", Given(&["Subnets", "SubnetMappings"])),
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:RemoveTags", Untagged),
            ],
            delete: &[
                ("elasticloadbalancing:DeleteLoadBalancer", Always),
                ("elasticloadbalancing:DescribeLoadBalancers", Always),
            ],
        },
        "AWS::ElasticLoadBalancingV2::TargetGroup" => &Handler {
            create: &[
                ("elasticloadbalancing:CreateTargetGroup", Always),
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:ModifyTargetGroupAttributes", Given(&["TargetGroupAttributes"])),
                ("elasticloadbalancing:DescribeTargetGroups", Always),
            ],
            update: &[
                ("elasticloadbalancing:ModifyTargetGroup", Always),
                ("elasticloadbalancing:ModifyTargetGroupAttributes", Given(&["TargetGroupAttributes"])),
                ("elasticloadbalancing:DescribeTargetGroups", Always),
                ("elasticloadbalancing:AddTags", Tagged),
                ("elasticloadbalancing:RemoveTags", Untagged),
            ],
            delete: &[
                ("elasticloadbalancing:DeleteTargetGroup", Always),
                ("elasticloadbalancing:DescribeTargetGroups", Always),
            ],
        },
        "AWS::IAM::InstanceProfile" => &Handler {
            create: &[
                ("iam:CreateInstanceProfile", Always),
                // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
                ("iam:AddRoleToInstanceProfile", Always),
                ("iam:PassRole", Always),
                ("iam:GetInstanceProfile", Always),
            ],
            update: &[
                ("iam:RemoveRoleFromInstanceProfile", Always),
                ("iam:AddRoleToInstanceProfile", Always),
                ("iam:PassRole", Always),
                ("iam:GetInstanceProfile", Always),
            ],
            delete: &[
                ("iam:GetInstanceProfile", Always),
                ("iam:RemoveRoleFromInstanceProfile", Always),
                ("iam:DeleteInstanceProfile", Always),
            ],
        },
        "AWS::IAM::ManagedPolicy" => &Handler {
            create: &[("iam:CreatePolicy", Always), ("iam:AttachRolePolicy", Given(&["Roles"]))],
            update: &[
                ("iam:GetPolicy", Always),
                ("iam:ListPolicyVersions", Always),
                ("iam:CreatePolicyVersion", Always),
                ("iam:DeletePolicyVersion", Always),
            ],
            delete: &[
                ("iam:GetPolicy", Always),
                ("iam:ListPolicyVersions", Always),
                ("iam:ListEntitiesForPolicy", Always),
                ("iam:DeletePolicy", Always),
            ],
        },
        "AWS::IAM::Role" => &Handler {
            create: &[
                ("iam:CreateRole", Always),
                ("iam:TagRole", Tagged),
                ("iam:AttachRolePolicy", Given(&["ManagedPolicyArns"])),
                ("iam:PutRolePolicy", Given(&["Policies"])),
                ("iam:GetRole", Always),
            ],
            update: &[
                ("iam:UpdateAssumeRolePolicy", Always),
                ("iam:AttachRolePolicy", Given(&["ManagedPolicyArns"])),
                ("iam:PutRolePolicy", Given(&["Policies"])),
                ("iam:PutRolePermissionsBoundary", Given(&["PermissionsBoundary"])),
                ("iam:DeleteRolePermissionsBoundary", Removed("PermissionsBoundary")),
                ("iam:TagRole", Tagged),
                ("iam:UntagRole", Untagged),
            ],
            delete: &[
                ("iam:GetRole", Always),
                ("iam:ListAttachedRolePolicies", Always),
                ("iam:ListRolePolicies", Always),
                ("iam:DetachRolePolicy", Given(&["ManagedPolicyArns"])),
                ("iam:DeleteRolePolicy", Given(&["Policies"])),
                ("iam:DeleteRole", Always),
            ],
        },
        "AWS::IAM::RolePolicy" => &Handler {
            create: &[("iam:PutRolePolicy", Always), ("iam:GetRolePolicy", Always)],
            update: &[("iam:PutRolePolicy", Always), ("iam:GetRolePolicy", Always)],
            delete: &[("iam:GetRolePolicy", Always), ("iam:DeleteRolePolicy", Always)],
        },
        "AWS::Logs::LogGroup" => &Handler {
            create: &[
                ("logs:CreateLogGroup", Always),
                ("logs:TagResource", Tagged),
                ("logs:PutRetentionPolicy", Given(&["RetentionInDays"])),
                ("logs:DescribeLogGroups", Always),
            ],
            update: &[
                ("logs:DescribeLogGroups", Always),
                ("logs:PutRetentionPolicy", Given(&["RetentionInDays"])),
                ("logs:TagResource", Tagged),
                ("logs:UntagResource", Untagged),
            ],
            delete: &[("logs:DescribeLogGroups", Always), ("logs:DeleteLogGroup", Always)],
        },
        "AWS::Route53::RecordSet" => &Handler { create: RECORD, update: RECORD, delete: RECORD },
        "AWS::S3::Bucket" => &Handler {
            create: BUCKET_CREATE,
            update: BUCKET_UPDATE,
            delete: &[("s3:ListBucket", Always), ("s3:DeleteBucket", Always)],
        },
        "AWS::S3::BucketPolicy" => &Handler {
            create: &[("s3:GetBucketPolicy", Always), ("s3:PutBucketPolicy", Always)],
            update: &[("s3:GetBucketPolicy", Always), ("s3:PutBucketPolicy", Always)],
            delete: &[("s3:GetBucketPolicy", Always), ("s3:DeleteBucketPolicy", Always)],
        },
        "AWS::SecretsManager::Secret" => &Handler {
            create: &[
                ("secretsmanager:GetRandomPassword", Given(&["GenerateSecretString"])),
                ("secretsmanager:CreateSecret", Always),
                ("secretsmanager:TagResource", Tagged),
                ("secretsmanager:DescribeSecret", Always),
            ],
            update: &[
                ("secretsmanager:GetRandomPassword", Given(&["GenerateSecretString"])),
                ("secretsmanager:UpdateSecret", Always),
                ("secretsmanager:TagResource", Tagged),
                ("secretsmanager:UntagResource", Untagged),
            ],
            delete: &[("secretsmanager:DescribeSecret", Always), ("secretsmanager:DeleteSecret", Always)],
        },
        "AWS::SSM::Parameter" => &Handler {
            create: &[("ssm:PutParameter", Always), ("ssm:AddTagsToResource", Tagged), ("ssm:GetParameters", Always)],
            update: &[("ssm:PutParameter", Always), ("ssm:GetParameters", Always)],
            delete: &[("ssm:DeleteParameter", Always)],
        },
        _ => return None,
    })
}

const RECORD: &[Step] = &[
    ("route53:ListHostedZones", Given(&["HostedZoneName"])),
    ("route53:GetHostedZone", Always),
    ("route53:ChangeResourceRecordSets", Always),
    ("route53:GetChange", Always),
    ("route53:ListResourceRecordSets", Always),
];

const BUCKET_CREATE: &[Step] = &[
    ("s3:ListBucket", Always),
    ("s3:CreateBucket", Always),
    ("s3:PutBucketTagging", Tagged),
    ("s3:TagResource", Tagged),
    ("s3:PutEncryptionConfiguration", Given(&["BucketEncryption"])),
    ("s3:PutLifecycleConfiguration", Given(&["LifecycleConfiguration"])),
    ("s3:PutBucketPublicAccessBlock", Given(&["PublicAccessBlockConfiguration"])),
    ("s3:PutBucketOwnershipControls", Given(&["OwnershipControls"])),
    ("s3:PutBucketLogging", Given(&["LoggingConfiguration"])),
    ("s3:PutBucketVersioning", Given(&["VersioningConfiguration"])),
    ("s3:PutBucketNotification", Given(&["NotificationConfiguration"])),
];

const BUCKET_UPDATE: &[Step] = &[
    ("s3:ListBucket", Always),
    // The schema lists PutBucketTagging, and these two beside it.
    ("s3:PutBucketTagging", Tagged),
    ("s3:TagResource", Tagged),
    ("s3:UntagResource", Untagged),
    ("s3:PutEncryptionConfiguration", Given(&["BucketEncryption"])),
    ("s3:PutLifecycleConfiguration", Given(&["LifecycleConfiguration"])),
    ("s3:PutBucketPublicAccessBlock", Given(&["PublicAccessBlockConfiguration"])),
    ("s3:PutBucketOwnershipControls", Given(&["OwnershipControls"])),
    ("s3:PutBucketLogging", Given(&["LoggingConfiguration"])),
    ("s3:PutBucketVersioning", Given(&["VersioningConfiguration"])),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::handler;
    use crate::formation::schema;
    use crate::resource;
    use crate::service::iam::policy::matches;

    /// A rolling update is CloudFormation's own, so that the handler's schema need not list what it calls.
    const UNLISTED: [&str; 1] = ["autoscaling:TerminateInstanceInAutoScalingGroup"];

    /// The table is made by hand; AWS's schemas say what there may be in it.
    #[test]
    fn every_action_is_one_that_the_schema_of_its_type_lists() {
        for name in schema::names() {
            let Some(schema) = schema::of(name).filter(|_| resource::handler(name).is_some()) else { continue };
            let listed = |phase: &str| -> Vec<String> {
                let list = schema.root().pointer(&format!("/handlers/{phase}/permissions")).and_then(Value::as_array);
                list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let Some(handler) = handler(name) else {
                assert!(listed("create").is_empty(), "{name} needs permissions, and has none in the table");
                continue;
            };
            for (phase, steps) in [("create", handler.create), ("update", handler.update), ("delete", handler.delete)] {
                // After a create or an update its result is read.
                let known: Vec<String> = [listed(phase), listed("read")].concat();
                for (action, _) in steps.iter().filter(|(action, _)| !UNLISTED.contains(action)) {
                    let found = known.iter().any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()));
                    assert!(found, "{name} {phase}: {action} is not in {known:?}");
                }
            }
        }
    }
}

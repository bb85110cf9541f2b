//! Every AWS action that dockreg calls, or CloudFormation calls to make, change and delete the template's resources.
//! What they are about is said in words here; `resource` says it in ARNs.
//!
//! The tests hold the table to the operations in `src/aws`, and to a region that refuses whatever it lacks.

use super::By;

/// Some actions on some resources.
pub(super) struct Grant {
    /// The statement's name.
    pub(super) sid: &'static str,
    pub(super) by: By,
    pub(super) on: On,
    pub(super) actions: &'static [&'static str],
}

/// What actions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// Actions that know no resources.
    Everything,
    /// The stack, and its change sets where they are judged by it.
    Stack,
    /// The stack, and its change sets by themselves.
    TaggedStack,
    /// The image bucket.
    Bucket,
    /// What is in it.
    Images,
    /// The stack's secrets, by the names that CloudFormation gives them.
    Secrets,
    /// The stack's secrets, by its tag.
    OwnSecrets,
    /// The nodes' role.
    Role,
    /// The nodes' role, within its boundary if there is to be one.
    BoundedRole,
    /// The boundary of the nodes' role.
    Boundary,
    /// The nodes' role, handed to EC2.
    PassedRole,
    /// The nodes' policy and instance profile.
    Profile,
    /// The roles that AWS services make for themselves at their first use.
    ServiceRoles,
    /// IAM server certificates, which name no stack.
    ServerCertificates,
    /// ACM certificates, which name no stack.
    Certificates,
    /// Hosted zones.
    Zones,
    /// Changes of hosted zones.
    ZoneChanges,
    /// EC2's resources in the region: their ids are not known before.
    Ec2,
    /// The nodes.
    Nodes,
    /// The Auto Scaling group.
    Group,
    /// Load balancer, listener and target group.
    LoadBalancer,
    /// The account's quota of virtual processors.
    Quota,
    /// AWS's public parameters that name Debian's images.
    DebianImages,
}

pub(super) const PERMISSIONS: &[Grant] = &[
    Grant {
        sid: "Stack",
        by: By::Dockreg,
        on: On::Stack,
        actions: &[
            "cloudformation:CancelUpdateStack",
            "cloudformation:ContinueUpdateRollback",
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DeleteStack",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeEvents",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplate",
            "cloudformation:ListChangeSets",
            "cloudformation:ListStackResources",
            "cloudformation:RollbackStack",
            "cloudformation:UpdateTerminationProtection",
        ],
    },
    // A stack and its change sets are made with tags.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html (CreateAction)
    Grant { sid: "TagStack", by: By::Dockreg, on: On::TaggedStack, actions: &["cloudformation:TagResource"] },
    Grant {
        sid: "Look",
        by: By::Dockreg,
        on: On::Everything,
        actions: &[
            "acm:ListCertificates",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeKeyPairs",
            "ec2:DescribeRouteTables",
            "ec2:GetEbsDefaultKmsKeyId",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetHealth",
            "iam:ListServerCertificates",
            "route53:ListHostedZones",
            "s3:ListAllMyBuckets",
        ],
    },
    // Load balancing asks EC2 in its caller's name; AWS does not say that CloudFormation is named as its caller then.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
    Grant {
        sid: "LookAtNetwork",
        by: By::Both,
        on: On::Everything,
        actions: &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
    },
    // In patterns, as the schema of AWS::AutoScaling::AutoScalingGroup has them. What its handler calls changes with it.
    // https://schema.cloudformation.us-east-1.amazonaws.com/CloudformationSchema.zip
    Grant {
        sid: "LookForStack",
        by: By::CloudFormation,
        on: On::Everything,
        actions: &[
            "autoscaling:Describe*",
            "ec2:Describe*",
            "elasticloadbalancing:Describe*",
            "secretsmanager:GetRandomPassword",
        ],
    },
    Grant { sid: "Console", by: By::Dockreg, on: On::Nodes, actions: &["ec2:GetConsoleOutput"] },
    Grant { sid: "Quota", by: By::Dockreg, on: On::Quota, actions: &["servicequotas:GetServiceQuota"] },
    // dockreg asks for one, CloudFormation for several.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
    Grant { sid: "Debian", by: By::Both, on: On::DebianImages, actions: &["ssm:GetParameter", "ssm:GetParameters"] },
    Grant { sid: "OwnSecrets", by: By::Dockreg, on: On::OwnSecrets, actions: &["secretsmanager:GetSecretValue"] },
    Grant {
        sid: "Secrets",
        by: By::CloudFormation,
        on: On::Secrets,
        actions: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
        ],
    },
    Grant { sid: "LookAtSecrets", by: By::Both, on: On::Secrets, actions: &["secretsmanager:DescribeSecret"] },
    Grant {
        sid: "Bucket",
        by: By::Dockreg,
        on: On::Bucket,
        actions: &[
            "s3:GetBucketLocation",
            "s3:GetBucketTagging",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucketVersions",
        ],
    },
    // A bucket that was deleted under a standing stack is made again by dockreg itself.
    Grant {
        sid: "OwnBucket",
        by: By::Both,
        on: On::Bucket,
        actions: &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:PutBucketPolicy",
            "s3:PutBucketTagging",
            "s3:PutLifecycleConfiguration",
        ],
    },
    Grant {
        sid: "MakeBucket",
        by: By::CloudFormation,
        on: On::Bucket,
        actions: &[
            "s3:DeleteBucketPolicy",
            "s3:GetBucketPolicy",
            "s3:ListBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutEncryptionConfiguration",
            "s3:TagResource",
            "s3:UntagResource",
        ],
    },
    Grant {
        sid: "DeleteImages",
        by: By::Dockreg,
        on: On::Images,
        actions: &["s3:DeleteObject", "s3:DeleteObjectVersion"],
    },
    Grant {
        sid: "ServerCertificates",
        by: By::Dockreg,
        on: On::ServerCertificates,
        actions: &["iam:DeleteServerCertificate", "iam:GetServerCertificate", "iam:UploadServerCertificate"],
    },
    Grant {
        sid: "RequestCertificate",
        by: By::Both,
        on: On::Everything,
        actions: &["acm:AddTagsToCertificate", "acm:RequestCertificate"],
    },
    Grant {
        sid: "Certificates",
        by: By::Both,
        on: On::Certificates,
        actions: &["acm:DeleteCertificate", "acm:DescribeCertificate", "acm:RemoveTagsFromCertificate"],
    },
    Grant {
        sid: "ImportCertificate",
        by: By::Dockreg,
        on: On::Certificates,
        actions: &["acm:GetCertificate", "acm:ImportCertificate"],
    },
    Grant {
        sid: "Zones",
        by: By::Both,
        on: On::Zones,
        actions: &["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets"],
    },
    Grant { sid: "ZoneChanges", by: By::CloudFormation, on: On::ZoneChanges, actions: &["route53:GetChange"] },
    Grant {
        sid: "Ec2",
        by: By::CloudFormation,
        on: On::Ec2,
        actions: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateLaunchTemplate",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteLaunchTemplate",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteTags",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RunInstances",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
    },
    Grant {
        sid: "Group",
        by: By::CloudFormation,
        on: On::Group,
        actions: &[
            "autoscaling:CreateAutoScalingGroup",
            "autoscaling:CreateOrUpdateTags",
            "autoscaling:DeleteAutoScalingGroup",
            "autoscaling:DeleteTags",
            "autoscaling:ResumeProcesses",
            "autoscaling:SuspendProcesses",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
            "autoscaling:UpdateAutoScalingGroup",
        ],
    },
    Grant {
        sid: "LoadBalancer",
        by: By::CloudFormation,
        on: On::LoadBalancer,
        actions: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyListenerAttributes",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RemoveTags",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ],
    },
    Grant {
        sid: "Role",
        by: By::CloudFormation,
        on: On::Role,
        actions: &[
            "iam:DeleteRole",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
        ],
    },
    Grant {
        sid: "BoundedRole",
        by: By::CloudFormation,
        on: On::BoundedRole,
        actions: &["iam:AttachRolePolicy", "iam:CreateRole"],
    },
    // Not DeleteRolePermissionsBoundary, though the rollback of a change that added one needs it: whoever may take a boundary
    // away is not bounded by it. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    Grant { sid: "Boundary", by: By::CloudFormation, on: On::Boundary, actions: &["iam:PutRolePermissionsBoundary"] },
    Grant { sid: "PassNodeRole", by: By::CloudFormation, on: On::PassedRole, actions: &["iam:PassRole"] },
    Grant {
        sid: "Profile",
        by: By::CloudFormation,
        on: On::Profile,
        actions: &[
            "iam:AddRoleToInstanceProfile",
            "iam:CreateInstanceProfile",
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeleteInstanceProfile",
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:GetInstanceProfile",
            "iam:GetPolicy",
            "iam:ListEntitiesForPolicy",
            "iam:ListPolicyVersions",
            "iam:RemoveRoleFromInstanceProfile",
        ],
    },
    Grant { sid: "FirstUse", by: By::CloudFormation, on: On::ServiceRoles, actions: &["iam:CreateServiceLinkedRole"] },
];

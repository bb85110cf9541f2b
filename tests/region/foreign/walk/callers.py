"""Who may call, what a wrong caller is told, per protocol; roles that are taken; faults."""

import json
import os
import urllib.error
import urllib.request

from botocore.exceptions import BotoCoreError

from client import client, paged, refused, waited


def signatures():
    """Who may call, and what a wrong caller is told, per protocol."""
    assert client("sts").get_caller_identity()["Arn"].endswith(":user/operator")
    wrong = {"aws_secret_access_key": "wrong"}
    refused("SignatureDoesNotMatch", client("sts", **wrong).get_caller_identity)
    refused("InvalidSignatureException", client("ssm", **wrong).get_parameter, Name="x")
    refused("AuthFailure", client("ec2", **wrong).describe_vpcs)
    refused("SignatureDoesNotMatch", client("s3", **wrong).list_buckets)
    unknown = {"aws_access_key_id": "AKIAUNKNOWN000000000"}
    refused("InvalidClientTokenId", client("sts", **unknown).get_caller_identity)
    refused("UnrecognizedClientException", client("ssm", **unknown).get_parameter, Name="x")
    refused("AuthFailure", client("ec2", **unknown).describe_vpcs)
    refused("InvalidAccessKeyId", client("s3", **unknown).list_buckets)
    refused("InvalidClientTokenId", client("sts", aws_session_token="stray").get_caller_identity)
    refused("SignatureDoesNotMatch", client("sts", region_name="eu-west-1").get_caller_identity)
    unsigned = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], data=b"Action=GetCallerIdentity&Version=2011-06-15")
    try:
        urllib.request.urlopen(unsigned)
        raise AssertionError("an unsigned request was answered")
    except urllib.error.HTTPError as error:
        assert error.code == 403 and b"MissingAuthenticationToken" in error.read()


def roles():
    """The operator takes a role; its credentials are its own, and what its policies do not allow is refused by name."""
    account = client("sts").get_caller_identity()["Account"]
    principal = {"Service": "ec2.amazonaws.com", "AWS": f"arn:aws:iam::{account}:root"}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": "*"}]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "walk", "PolicyDocument": allowed}]}}
    profile = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}}
    outputs = {"Role": {"Value": {"Ref": "Role"}}, "Profile": {"Value": {"Ref": "Profile"}}, "Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}
    body = json.dumps({"Resources": {"Role": role, "Profile": profile}, "Outputs": outputs})
    formation, iam, sts = client("cloudformation"), client("iam"), client("sts")
    refused("InsufficientCapabilitiesException", formation.create_stack, StackName="roles", TemplateBody=body)
    formation.create_stack(StackName="roles", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    waited(formation, "stack_create_complete", StackName="roles")
    made = {one["OutputKey"]: one["OutputValue"] for one in formation.describe_stacks(StackName="roles")["Stacks"][0]["Outputs"]}
    waited(iam, "role_exists", RoleName=made["Role"])
    waited(iam, "instance_profile_exists", InstanceProfileName=made["Profile"])
    assert iam.get_role(RoleName=made["Role"])["Role"]["AssumeRolePolicyDocument"] == trust
    assert iam.get_instance_profile(InstanceProfileName=made["Profile"])["InstanceProfile"]["Roles"][0]["Arn"] == made["Arn"]
    asked = {"PolicySourceArn": made["Arn"], "ActionNames": ["cloudformation:DescribeStacks", "s3:GetObject", "ec2:DescribeVpcs"]}
    decisions = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    assert [one["EvalDecision"] for one in decisions] == ["allowed", "implicitDeny", "implicitDeny"], decisions
    paged(iam, "simulate_principal_policy", 1, **asked)
    refused("NoSuchEntity", iam.simulate_principal_policy, **{**asked, "PolicySourceArn": made["Arn"] + "x"})
    taken = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="walk", DurationSeconds=900)
    assert taken["AssumedRoleUser"]["Arn"].endswith("/walk"), taken
    keys = taken["Credentials"]
    session = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"], "aws_session_token": keys["SessionToken"]}
    assert client("sts", **session).get_caller_identity()["Arn"] == taken["AssumedRoleUser"]["Arn"]
    client("cloudformation", **session).describe_stacks(StackName="roles")
    assert "secretsmanager:GetSecretValue" in refused("AccessDeniedException", client("secretsmanager", **session).get_secret_value, SecretId="x")
    assert "iam:GetRole" in refused("AccessDenied", client("iam", **session).get_role, RoleName=made["Role"])
    assert "ec2:DescribeVpcs" in refused("UnauthorizedOperation", client("ec2", **session).describe_vpcs)
    refused("InvalidInput", iam.create_service_linked_role, AWSServiceName="autoscaling.amazonaws.com")
    refused("AccessDenied", sts.assume_role, RoleArn=made["Arn"] + "x", RoleSessionName="walk")
    formation.delete_stack(StackName="roles")
    waited(formation, "stack_delete_complete", StackName="roles")


def faults():
    """What goes wrong on request, seen by a client."""
    where = os.environ["AWS_ENDPOINT_URL"] + "/_region/faults"

    def plant(*faults):
        urllib.request.urlopen(urllib.request.Request(where, data=json.dumps(faults).encode(), method="POST"))

    plant({"operation": "GetCallerIdentity", "times": 1, "effect": "throttle"})
    refused("Throttling", client("sts").get_caller_identity)
    client("sts").get_caller_identity()
    plant({"operation": "GetCallerIdentity", "times": 1, "effect": "expire_token"})
    refused("ExpiredToken", client("sts").get_caller_identity)
    plant({"service": "secretsmanager", "operation": "CreateSecret", "times": 1, "effect": "cut_after"})
    try:
        client("secretsmanager").create_secret(Name="cut", SecretString="x")
        raise AssertionError("the connection was not cut")
    except BotoCoreError as error:
        assert "Connection" in type(error).__name__, error
    assert client("secretsmanager").describe_secret(SecretId="cut")["Name"] == "cut"

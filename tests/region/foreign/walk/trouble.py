"""CloudFormation: updates that fail, are cancelled or rolled back by hand; signals; protection; what is refused."""

import json
import os
import urllib.request

from botocore.exceptions import ClientError

from client import client, paged, refused, waited


def plant(*faults):
    where = os.environ["AWS_ENDPOINT_URL"] + "/_region/faults"
    urllib.request.urlopen(urllib.request.Request(where, data=json.dumps(faults).encode(), method="POST"))


def template(value, **more):
    """Two parameters, the second after the first."""
    one = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
    return json.dumps({"Resources": {"One": one, "Two": {**one, "DependsOn": "One"}, **more}})


def failing(operation, resource, times=1):
    return {"operation": operation, "resource": resource, "times": times, "effect": {"fail_resource": {"reason": "no luck"}}}


def until(formation, name, *statuses):
    """Looks until the stack has one of these statuses, for which there is no waiter."""
    while True:
        status = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status in statuses:
            return status


def updates():
    formation = client("cloudformation")
    formation.create_stack(StackName="trouble", TemplateBody=template("1"), EnableTerminationProtection=True)
    waited(formation, "stack_exists", StackName="trouble")
    refused("ValidationError", formation.rollback_stack, StackName="trouble")
    waited(formation, "stack_create_complete", StackName="trouble")
    assert "TerminationProtection" in refused("ValidationError", formation.delete_stack, StackName="trouble")
    formation.update_termination_protection(StackName="trouble", EnableTerminationProtection=False)

    formation.update_stack(StackName="trouble", TemplateBody=template("2"))
    waited(formation, "stack_update_complete", StackName="trouble")
    refused("ValidationError", formation.cancel_update_stack, StackName="trouble")
    formation.update_stack(StackName="trouble", TemplateBody=template("3"))
    formation.cancel_update_stack(StackName="trouble")
    waited(formation, "stack_rollback_complete", StackName="trouble")

    plant(failing("UPDATE", "Two", 2))
    formation.update_stack(StackName="trouble", TemplateBody=template("4"))
    until(formation, "trouble", "UPDATE_ROLLBACK_FAILED")
    refused("ValidationError", formation.update_stack, StackName="trouble", TemplateBody=template("5"))
    formation.continue_update_rollback(StackName="trouble")
    waited(formation, "stack_rollback_complete", StackName="trouble")
    refused("ValidationError", formation.continue_update_rollback, StackName="trouble")

    plant(failing("UPDATE", "Two"))
    formation.update_stack(StackName="trouble", TemplateBody=template("6"), DisableRollback=True)
    until(formation, "trouble", "UPDATE_FAILED")
    assert formation.rollback_stack(StackName="trouble")["OperationId"]
    waited(formation, "stack_rollback_complete", StackName="trouble")

    for name in ("one", "two"):
        formation.create_change_set(StackName="trouble", ChangeSetName=name, TemplateBody=template("7"), IncludeNestedStacks=False)
        waited(formation, "change_set_create_complete", StackName="trouble", ChangeSetName=name)
    assert {one["ChangeSetName"] for one in formation.list_change_sets(StackName="trouble")["Summaries"]} == {"one", "two"}
    refused("AlreadyExistsException", formation.create_change_set, StackName="trouble", ChangeSetName="one", TemplateBody=template("8"))
    formation.delete_change_set(StackName="trouble", ChangeSetName="one")
    refused("ChangeSetNotFound", formation.describe_change_set, StackName="trouble", ChangeSetName="one")
    formation.create_change_set(StackName="trouble", ChangeSetName="none", TemplateBody=template("2"))
    until_failed = lambda: formation.describe_change_set(StackName="trouble", ChangeSetName="none")["Status"] == "FAILED"
    while not until_failed():
        pass
    refused("InvalidChangeSetStatus", formation.execute_change_set, StackName="trouble", ChangeSetName="none")

    one = formation.describe_stack_resource(StackName="trouble", LogicalResourceId="One")["StackResourceDetail"]
    every = formation.describe_stack_resources(StackName="trouble")["StackResources"]
    assert [each["PhysicalResourceId"] for each in every if each["LogicalResourceId"] == "One"] == [one["PhysicalResourceId"]]
    refused("ValidationError", formation.describe_stack_resource, StackName="trouble", LogicalResourceId="Three")
    operations = formation.describe_stacks(StackName="trouble")["Stacks"][0]["LastOperations"]
    events = formation.describe_events(OperationId=operations[0]["OperationId"])["OperationEvents"]
    assert events and {each["OperationId"] for each in events} == {operations[0]["OperationId"]}, events
    assert formation.describe_account_limits()["AccountLimits"]
    formation.delete_stack(StackName="trouble")
    waited(formation, "stack_delete_complete", StackName="trouble")


def signals():
    """A group without instances of its own waits for a signal that only a client can give."""
    formation, ec2 = client("cloudformation"), client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    launch = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": image, "InstanceType": "t3.small"}}}
    version = {"LaunchTemplateId": {"Ref": "Launch"}, "Version": {"Fn::GetAtt": ["Launch", "LatestVersionNumber"]}}
    group = {"Type": "AWS::AutoScaling::AutoScalingGroup", "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT1H"}},
             "Properties": {"MinSize": "0", "MaxSize": "1", "VPCZoneIdentifier": [subnet], "LaunchTemplate": version}}
    formation.create_stack(StackName="signals", TemplateBody=json.dumps({"Resources": {"Launch": launch, "Group": group}}))
    asked = dict(StackName="signals", LogicalResourceId="Group")
    refused("ValidationError", formation.signal_resource, **{**asked, "LogicalResourceId": "None"}, UniqueId="x", Status="SUCCESS")
    while status(formation, asked) != "CREATE_IN_PROGRESS":
        pass
    formation.signal_resource(**asked, UniqueId="i-0123456789abcdef0", Status="SUCCESS")
    waited(formation, "stack_create_complete", StackName="signals")
    refused("ValidationError", formation.signal_resource, **asked, UniqueId="i-0123456789abcdef0", Status="SUCCESS")
    template = formation.describe_stack_resource(StackName="signals", LogicalResourceId="Launch")["StackResourceDetail"]["PhysicalResourceId"]
    launch["Properties"]["LaunchTemplateData"]["InstanceType"] = "t3.medium"
    formation.update_stack(StackName="signals", TemplateBody=json.dumps({"Resources": {"Launch": launch}}))
    waited(formation, "stack_update_complete", StackName="signals")
    paged(ec2, "describe_launch_template_versions", 1, LaunchTemplateId=template)
    refused("InvalidLaunchTemplateId.NotFound", ec2.describe_launch_template_versions, LaunchTemplateId="lt-00000000000000000")
    formation.delete_stack(StackName="signals")
    waited(formation, "stack_delete_complete", StackName="signals")


def status(formation, asked):
    try:
        return formation.describe_stack_resource(**asked)["StackResourceDetail"]["ResourceStatus"]
    except ClientError:
        return None


def refusals():
    """What clients of CloudFormation meet most."""
    formation = client("cloudformation")
    body = template("1")
    for call in (formation.update_stack, formation.describe_stack_events, formation.get_template, formation.list_stack_resources):
        more = {"TemplateBody": body} if call == formation.update_stack else {}
        assert "does not exist" in refused("ValidationError", call, StackName="none", **more)
    refused("ValidationError", formation.signal_resource, StackName="none", LogicalResourceId="One", UniqueId="x", Status="SUCCESS")
    refused("ValidationError", formation.validate_template, TemplateBody="{}")
    refused("ValidationError", formation.validate_template, TemplateBody=json.dumps({"Resources": {"One": {"Type": "AWS::No::Type"}}}))
    plant(failing("CREATE", "Two"))
    formation.create_stack(StackName="refusals", TemplateBody=body)
    until(formation, "refusals", "ROLLBACK_COMPLETE")
    assert "ROLLBACK_COMPLETE" in refused("ValidationError", formation.update_stack, StackName="refusals", TemplateBody=template("2"))
    formation.delete_stack(StackName="refusals")
    waited(formation, "stack_delete_complete", StackName="refusals")

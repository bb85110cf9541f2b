"""CloudFormation: a stack from its creation to its end, by itself and by change sets."""

import json

from client import client, every_page, refused, waited


TEMPLATE = {
    "Parameters": {"Word": {"Type": "String", "NoEcho": True, "MinLength": 3}},
    "Resources": {
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": {"Ref": "Word"}}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
    },
    "Outputs": {"Secret": {"Value": {"Ref": "Secret"}}},
}


def many_events(formation):
    """More events than the hundred that a page holds, newest first, none twice."""
    one = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
    body = json.dumps({"Resources": {f"One{number}": one for number in range(40)}})
    formation.create_stack(StackName="many", TemplateBody=body)
    waited(formation, "stack_create_complete", StackName="many")
    pages = every_page(formation, "describe_stack_events", StackName="many")
    assert [len(page["StackEvents"]) for page in pages] == [100, 22], [len(page["StackEvents"]) for page in pages]
    events = [event for page in pages for event in page["StackEvents"]]
    assert len({event["EventId"] for event in events}) == len(events)
    assert [event["Timestamp"] for event in events] == sorted((event["Timestamp"] for event in events), reverse=True)
    formation.delete_stack(StackName="many")
    waited(formation, "stack_delete_complete", StackName="many")


def exports():
    """What one stack exports, another imports."""
    formation = client("cloudformation")
    one = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
    giving = {"Resources": {"One": one}, "Outputs": {"One": {"Value": {"Ref": "One"}, "Export": {"Name": "walk-one"}}}}
    taking = {"Resources": {"Two": {**one, "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "walk-one"}}}}}
    for name, template in (("giving", giving), ("taking", taking)):
        formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        waited(formation, "stack_create_complete", StackName=name)
    assert [each["Name"] for page in every_page(formation, "list_exports") for each in page["Exports"]] == ["walk-one"]
    assert [page["Imports"] for page in every_page(formation, "list_imports", ExportName="walk-one")] == [["taking"]]
    refused("ValidationError", formation.list_imports, ExportName="none")
    for name in ("taking", "giving"):
        formation.delete_stack(StackName=name)
        waited(formation, "stack_delete_complete", StackName=name)


def stacks():
    formation = client("cloudformation")
    body = json.dumps(TEMPLATE)
    word = lambda value: [{"ParameterKey": "Word", "ParameterValue": value}]
    refused("ValidationError", formation.create_stack, StackName="walk", TemplateBody=body, Parameters=word("x"))
    refused("ValidationError", formation.describe_stacks, StackName="walk")
    bad = refused("ValidationError", formation.create_change_set, StackName="walk", ChangeSetName="1-bad", TemplateBody=body)
    assert "'changeSetName' failed to satisfy constraint" in bad, bad
    refused("ValidationError", formation.create_stack, StackName="1-bad", TemplateBody=body, Parameters=word("first"))
    made = formation.create_stack(StackName="walk", TemplateBody=body, Parameters=word("first"))
    refused("AlreadyExistsException", formation.create_stack, StackName="walk", TemplateBody=body, Parameters=word("first"))
    waited(formation, "stack_create_complete", StackName="walk")
    stack = formation.describe_stacks(StackName="walk")["Stacks"][0]
    assert stack["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "****"}], stack
    secret = stack["Outputs"][0]["OutputValue"]
    assert client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "first"
    change = dict(StackName="walk", TemplateBody=body, Parameters=word("second"))
    formation.create_change_set(ChangeSetName="one", **change)
    waited(formation, "change_set_create_complete", StackName="walk", ChangeSetName="one")
    changes = formation.describe_change_set(StackName="walk", ChangeSetName="one")["Changes"]
    assert [one["ResourceChange"]["LogicalResourceId"] for one in changes] == ["Secret"], changes
    formation.execute_change_set(StackName="walk", ChangeSetName="one")
    waited(formation, "stack_update_complete", StackName="walk")
    assert client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "second"
    message = refused("ValidationError", formation.update_stack, **change)
    assert message == "No updates are to be performed.", message
    formation.create_change_set(ChangeSetName="none", **{**change, "Parameters": word("third")})
    waited(formation, "change_set_create_complete", StackName="walk", ChangeSetName="none")
    assert len(formation.list_stack_resources(StackName="walk")["StackResourceSummaries"]) == 2
    every_page(formation, "list_stack_resources", StackName="walk")
    every_page(formation, "describe_change_set", StackName="walk", ChangeSetName="none")
    every_page(formation, "list_change_sets", StackName="walk")
    every_page(formation, "describe_events", StackName="walk")
    for method in ("describe_account_limits", "describe_stacks", "list_stacks"):
        every_page(formation, method)
    many_events(formation)
    first = formation.describe_stack_events(StackName="walk")["StackEvents"][0]
    assert (first["LogicalResourceId"], first["ResourceStatus"]) == ("walk", "UPDATE_COMPLETE"), first
    assert json.loads(json.dumps(formation.get_template(StackName="walk")["TemplateBody"])) == TEMPLATE
    formation.get_template_summary(TemplateBody=body)
    formation.validate_template(TemplateBody=body)
    formation.delete_stack(StackName="walk")
    waited(formation, "stack_delete_complete", StackName=made["StackId"])
    assert formation.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert any(one["StackName"] == "walk" for one in formation.list_stacks()["StackSummaries"])

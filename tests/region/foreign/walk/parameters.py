"""Systems Manager, Service Quotas, Secrets Manager and Logs."""

import time

from client import client, paged, refused


def parameters():
    ssm = client("ssm")
    both = ssm.get_parameters(Names=["/aws/service/debian/release/12/latest/arm64", "/nothing"])
    assert len(both["Parameters"]) == 1 and both["InvalidParameters"] == ["/nothing"]
    pages = paged(ssm, "get_parameters_by_path", 4, Path="/aws/service", Recursive=True)
    assert sum(len(page["Parameters"]) for page in pages) == 10
    ssm.put_parameter(Name="/walk/a", Value="1", Type="String")
    refused("ParameterAlreadyExists", ssm.put_parameter, Name="/walk/a", Value="2", Type="String")
    assert ssm.put_parameter(Name="/walk/a", Value="2", Overwrite=True)["Version"] == 2
    assert ssm.get_parameter(Name="/walk/a:1")["Parameter"]["Value"] == "1"
    refused("ParameterNotFound", ssm.get_parameter, Name="/walk/b")
    refused("InvalidInstanceId", ssm.send_command, InstanceIds=["i-00000000000000000"], DocumentName="AWS-RunShellScript")
    refused("InvocationDoesNotExist", ssm.get_command_invocation, CommandId="0" * 8 + "-0000" * 3 + "-" + "0" * 12, InstanceId="i-00000000000000000")
    quota = client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]
    assert quota["Value"] == 32
    paged(client("service-quotas"), "list_service_quotas", 1, least=1, ServiceCode="ec2")
    refused("NoSuchResourceException", client("service-quotas").get_service_quota, ServiceCode="ec2", QuotaCode="L-00000000")


def secrets():
    manager = client("secretsmanager")
    made = manager.create_secret(Name="walk/secret", SecretString="one", Tags=[{"Key": "a", "Value": "b"}])
    refused("ResourceExistsException", manager.create_secret, Name="walk/secret", SecretString="two")
    manager.put_secret_value(SecretId="walk/secret", SecretString="two")
    assert manager.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
    assert manager.get_secret_value(SecretId="walk/secret", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert manager.get_secret_value(SecretId="walk/secret", VersionId=made["VersionId"])["SecretString"] == "one"
    stages = manager.describe_secret(SecretId="walk/secret")["VersionIdsToStages"]
    assert sorted(stages.values()) == [["AWSCURRENT"], ["AWSPREVIOUS"]], stages
    assert len(manager.list_secret_version_ids(SecretId="walk/secret")["Versions"]) == 2
    older, newer = made["VersionId"], manager.get_secret_value(SecretId="walk/secret")["VersionId"]
    manager.update_secret_version_stage(SecretId="walk/secret", VersionStage="AWSCURRENT", MoveToVersionId=older, RemoveFromVersionId=newer)
    assert manager.get_secret_value(SecretId="walk/secret")["SecretString"] == "one"
    refused("InvalidParameterException", manager.update_secret_version_stage, SecretId="walk/secret", VersionStage="AWSCURRENT", MoveToVersionId=newer)
    manager.delete_secret(SecretId="walk/secret", RecoveryWindowInDays=7)
    refused("InvalidRequestException", manager.get_secret_value, SecretId="walk/secret")
    refused("ResourceNotFoundException", manager.get_secret_value, SecretId="none")


def logs():
    logs = client("logs")
    logs.create_log_group(logGroupName="/walk")
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/walk")
    logs.create_log_stream(logGroupName="/walk", logStreamName="one")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/walk", logStreamName="one", logEvents=[{"timestamp": now, "message": "hello"}])
    assert logs.get_log_events(logGroupName="/walk", logStreamName="one")["events"][0]["message"] == "hello"
    assert len(logs.filter_log_events(logGroupName="/walk", filterPattern="hello")["events"]) == 1
    assert logs.describe_log_groups(logGroupNamePrefix="/w")["logGroups"][0]["logGroupName"] == "/walk"
    refused("ResourceNotFoundException", logs.get_log_events, logGroupName="/walk", logStreamName="none")
    logs.create_log_stream(logGroupName="/walk", logStreamName="two")
    logs.create_log_group(logGroupName="/walk/more")
    logs.put_log_events(logGroupName="/walk", logStreamName="one", logEvents=[{"timestamp": now, "message": "again"}])
    paged(logs, "describe_log_groups", 1)
    paged(logs, "describe_log_streams", 1, logGroupName="/walk")
    paged(logs, "filter_log_events", 1, logGroupName="/walk")
    assert logs.describe_log_streams(logGroupName="/walk")["logStreams"][0]["lastEventTimestamp"] == now

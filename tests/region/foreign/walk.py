#!/usr/bin/env python3
"""The region as boto3 sees it: every service walked, refusals included. Fails at the first surprise."""

import datetime
import io
import json
import os
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

QUICK = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=20)


def client(service, **more):
    if any(name.startswith("aws_") for name in more):
        keys = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
        more = {**keys, **more}
    return boto3.client(service, config=QUICK, **more)


def refused(code, call, **arguments):
    """Calls, expects this error code, and gives the message."""
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code, f"{code} expected, {got}"
        assert error.response["ResponseMetadata"].get("RequestId"), "an error has a request id"
        return got["Message"]
    raise AssertionError(f"{code} expected, but the call succeeded")


def certificate(name, key):
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(encoding).decode(), secret.decode()


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


def networks():
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert len(subnets) == 6 and all(subnet["AvailableIpAddressCount"] == 4091 for subnet in subnets), subnets
    pages = ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["Subnets"]) for page in pages] == [5, 1]
    assert len(ec2.describe_availability_zones()["AvailabilityZones"]) == 6
    routes = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"][0]["Routes"]
    assert any(route.get("GatewayId", "").startswith("igw-") for route in routes)
    assert ec2.describe_internet_gateways()["InternetGateways"][0]["Attachments"][0]["VpcId"] == vpc["VpcId"]
    assert ec2.describe_nat_gateways(Filter=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["NatGateways"] == []
    assert ec2.describe_security_groups()["SecurityGroups"][0]["GroupName"] == "default"
    assert ec2.describe_key_pairs()["KeyPairs"] and not ec2.describe_network_interfaces()["NetworkInterfaces"]
    where = [{"Name": "instance-type", "Values": ["t3.small", "t2.small"]}]
    offers = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=where)["InstanceTypeOfferings"]
    assert {offer["InstanceType"] for offer in offers if offer["Location"] == "us-east-1e"} == {"t2.small"}
    kind = ec2.describe_instance_types(InstanceTypes=["t4g.small"])["InstanceTypes"][0]
    assert kind["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]
    parameter = client("ssm").get_parameter(Name="/aws/service/debian/release/13/latest/amd64")["Parameter"]
    image = ec2.describe_images(ImageIds=[parameter["Value"]])["Images"][0]
    assert image["RootDeviceName"] == "/dev/xvda" and image["Architecture"] == "x86_64", image
    assert len(ec2.describe_images(Owners=["amazon"])["Images"]) == 2
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.describe_instances()["Reservations"] == []
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    assert "bogus" in refused("InvalidParameterValue", ec2.describe_vpcs, Filters=[{"Name": "bogus", "Values": ["x"]}])
    refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=["ami-00000000000000000"])
    refused("InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["z9.huge"])


def parameters():
    ssm = client("ssm")
    both = ssm.get_parameters(Names=["/aws/service/debian/release/12/latest/arm64", "/nothing"])
    assert len(both["Parameters"]) == 1 and both["InvalidParameters"] == ["/nothing"]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/aws/service", Recursive=True, PaginationConfig={"PageSize": 4})
    assert sum(len(page["Parameters"]) for page in pages) == 10
    ssm.put_parameter(Name="/walk/a", Value="1", Type="String")
    refused("ParameterAlreadyExists", ssm.put_parameter, Name="/walk/a", Value="2", Type="String")
    assert ssm.put_parameter(Name="/walk/a", Value="2", Overwrite=True)["Version"] == 2
    assert ssm.get_parameter(Name="/walk/a:1")["Parameter"]["Value"] == "1"
    refused("ParameterNotFound", ssm.get_parameter, Name="/walk/b")
    quota = client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]
    assert quota["Value"] == 32
    client("service-quotas").list_service_quotas(ServiceCode="s3")


def certificates():
    iam, acm = client("iam"), client("acm")
    body, key = certificate("walk.example.test", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    other_body, other_key = certificate("curve.example.test", ec.generate_private_key(ec.SECP256R1()))
    made = iam.upload_server_certificate(ServerCertificateName="walk", CertificateBody=body, PrivateKey=key)
    assert made["ServerCertificateMetadata"]["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    refused("EntityAlreadyExists", iam.upload_server_certificate, ServerCertificateName="walk", CertificateBody=body, PrivateKey=key)
    refused("KeyPairMismatch", iam.upload_server_certificate, ServerCertificateName="mixed", CertificateBody=body, PrivateKey=other_key)
    refused("MalformedCertificate", iam.upload_server_certificate, ServerCertificateName="bad", CertificateBody="none", PrivateKey=key)
    assert iam.get_server_certificate(ServerCertificateName="walk")["ServerCertificate"]["CertificateBody"].strip() == body.strip()
    pages = iam.get_paginator("list_server_certificates").paginate(PaginationConfig={"PageSize": 1})
    assert [page["ServerCertificateMetadataList"][0]["ServerCertificateName"] for page in pages] == ["docker.example.test", "walk"]
    iam.update_server_certificate(ServerCertificateName="walk", NewServerCertificateName="walked")
    assert iam.list_server_certificate_tags(ServerCertificateName="walked")["Tags"] == []
    iam.delete_server_certificate(ServerCertificateName="walked")
    refused("NoSuchEntity", iam.get_server_certificate, ServerCertificateName="walked")
    refused("NoSuchEntity", iam.get_instance_profile, InstanceProfileName="none")
    refused("NoSuchEntity", iam.get_role, RoleName="none")
    iam.list_account_aliases()

    arns = [acm.import_certificate(Certificate=pem, PrivateKey=secret)["CertificateArn"] for pem, secret in ((body, key), (other_body, other_key))]
    shown = [one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]]
    assert shown == arns[:1], "without key types only RSA up to 2048 bits is listed"
    every = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    assert len(acm.list_certificates(Includes=every)["CertificateSummaryList"]) == 2
    assert acm.describe_certificate(CertificateArn=arns[1])["Certificate"]["Type"] == "IMPORTED"
    assert acm.get_certificate(CertificateArn=arns[0])["Certificate"].strip() == body.strip()
    acm.add_tags_to_certificate(CertificateArn=arns[0], Tags=[{"Key": "a", "Value": "b"}])
    assert acm.list_tags_for_certificate(CertificateArn=arns[0])["Tags"] == [{"Key": "a", "Value": "b"}]
    refused("ValidationException", acm.import_certificate, Certificate=body, PrivateKey=other_key)
    for arn in arns:
        acm.delete_certificate(CertificateArn=arn)
    refused("ResourceNotFoundException", acm.describe_certificate, CertificateArn=arns[0])


def names():
    route53, acm = client("route53"), client("acm")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    named = route53.list_hosted_zones_by_name(DNSName="example.test")["HostedZones"]
    assert named[0]["Id"] == zone and named[0]["Name"] == "example.test."
    assert len(route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]) == 4

    def change(action, **record):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]

    text = {"Name": "walk.example.test", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"hello"'}]}
    info = change("CREATE", **text)
    assert info["Status"] == "PENDING"
    assert "already exists" in refused("InvalidChangeBatch", change, action="CREATE", **text)
    refused("InvalidChangeBatch", change, action="DELETE", **{**text, "TTL": 61})
    refused("InvalidChangeBatch", change, action="CREATE", **{**text, "Name": "elsewhere.test"})
    deadline = time.time() + 10
    while route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] != "INSYNC":
        assert time.time() < deadline
        time.sleep(0.02)
    answer = route53.test_dns_answer(HostedZoneId=zone, RecordName="walk.example.test", RecordType="TXT")
    assert answer["ResponseCode"] == "NOERROR" and answer["RecordData"] == ['"hello"'], answer
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 1})
    assert [page["ResourceRecordSets"][0]["Type"] for page in pages] == ["NS", "SOA", "TXT"]
    change("UPSERT", **{**text, "TTL": 61})
    change("DELETE", **{**text, "TTL": 61})
    made = route53.create_hosted_zone(Name="walk.test", CallerReference="walk")
    assert made["Location"].endswith(made["HostedZone"]["Id"].split("/")[-1])
    refused("NoSuchHostedZone", route53.get_hosted_zone, Id="Z000")
    refused("InvalidClientTokenId", client("route53", aws_access_key_id="AKIAUNKNOWN000000000").list_hosted_zones)

    # ACM issues once the zone has the record that it asks for.
    arn = acm.request_certificate(DomainName="issued.example.test", ValidationMethod="DNS")["CertificateArn"]
    pending = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert pending["Status"] == "PENDING_VALIDATION"
    # The records are not known at once.
    while "ResourceRecord" not in pending["DomainValidationOptions"][0]:
        assert time.time() < deadline + 10
        pending = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = pending["DomainValidationOptions"][0]["ResourceRecord"]
    change("CREATE", Name=record["Name"], Type="CNAME", TTL=60, ResourceRecords=[{"Value": record["Value"]}])
    while acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] != "ISSUED":
        assert time.time() < deadline + 10
        time.sleep(0.02)


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
    manager.delete_secret(SecretId="walk/secret", RecoveryWindowInDays=7)
    refused("InvalidRequestException", manager.get_secret_value, SecretId="walk/secret")
    refused("ResourceNotFoundException", manager.get_secret_value, SecretId="none")


def objects():
    s3 = client("s3")
    s3.create_bucket(Bucket="walk-bucket")
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="walk-bucket")
    refused("InvalidBucketName", s3.create_bucket, Bucket="Walk_Bucket")
    assert s3.get_bucket_location(Bucket="walk-bucket")["LocationConstraint"] is None
    assert s3.head_bucket(Bucket="walk-bucket")["BucketRegion"] == "us-east-1"
    assert "Status" not in s3.get_bucket_versioning(Bucket="walk-bucket")
    rules = s3.get_bucket_ownership_controls(Bucket="walk-bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket="walk-bucket")
    s3.put_bucket_tagging(Bucket="walk-bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket="walk-bucket")["TagSet"] == [{"Key": "a", "Value": "b"}]
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket="walk-bucket")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::walk-bucket/keep"}
    s3.put_bucket_policy(Bucket="walk-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    s3.put_object(Bucket="walk-bucket", Key="dir/ü +&.txt", Body=b"hello", ContentType="text/plain", Metadata={"a": "b"})
    got = s3.get_object(Bucket="walk-bucket", Key="dir/ü +&.txt")
    assert got["Body"].read() == b"hello" and got["ContentType"] == "text/plain" and got["Metadata"] == {"a": "b"}, got
    part = s3.get_object(Bucket="walk-bucket", Key="dir/ü +&.txt", Range="bytes=1-3")
    assert part["Body"].read() == b"ell" and part["ContentRange"] == "bytes 1-3/5"
    assert s3.head_object(Bucket="walk-bucket", Key="dir/ü +&.txt")["ContentLength"] == 5
    s3.put_object(Bucket="walk-bucket", Key="keep", Body=b"x", ACL="bucket-owner-full-control")
    refused("AccessControlListNotSupported", s3.put_object, Bucket="walk-bucket", Key="acl", Body=b"", ACL="private")
    refused("AccessDenied", s3.delete_object, Bucket="walk-bucket", Key="keep")
    refused("NoSuchKey", s3.get_object, Bucket="walk-bucket", Key="none")
    refused("404", s3.head_object, Bucket="walk-bucket", Key="none")
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="walk-none")

    s3.upload_fileobj(io.BytesIO(bytes(range(256)) * 65536), "walk-bucket", "large")
    assert s3.head_object(Bucket="walk-bucket", Key="large")["ContentLength"] == 1 << 24
    s3.copy_object(Bucket="walk-bucket", Key="copy", CopySource={"Bucket": "walk-bucket", "Key": "large"})
    started = s3.create_multipart_upload(Bucket="walk-bucket", Key="parts")
    where = {"Bucket": "walk-bucket", "Key": "parts", "UploadId": started["UploadId"]}
    copied = s3.upload_part_copy(**where, PartNumber=1, CopySource="walk-bucket/large", CopySourceRange=f"bytes=0-{5 * 1024 * 1024 - 1}")
    sent = s3.upload_part(**where, PartNumber=2, Body=b"end")
    assert len(s3.list_parts(**where)["Parts"]) == 2
    assert len(s3.list_multipart_uploads(Bucket="walk-bucket")["Uploads"]) == 1
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}, {"PartNumber": 2, "ETag": sent["ETag"]}]
    refused("InvalidPartOrder", s3.complete_multipart_upload, **where, MultipartUpload={"Parts": parts[::-1]})
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    refused("NoSuchUpload", s3.abort_multipart_upload, **where)

    listed = s3.list_objects_v2(Bucket="walk-bucket", Delimiter="/")
    assert [one["Key"] for one in listed["Contents"]] == ["copy", "keep", "large", "parts"]
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["dir/"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="walk-bucket", PaginationConfig={"PageSize": 2})
    assert [page["KeyCount"] for page in pages] == [2, 2, 1]
    assert len(s3.list_object_versions(Bucket="walk-bucket")["Versions"]) == 5
    assert len(s3.list_objects(Bucket="walk-bucket", Prefix="dir/")["Contents"]) == 1
    signing = boto3.client("s3", config=QUICK.merge(Config(signature_version="s3v4")))
    url = signing.generate_presigned_url("get_object", Params={"Bucket": "walk-bucket", "Key": "keep"})
    assert urllib.request.urlopen(url).read() == b"x"
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="walk-bucket")
    s3.delete_bucket_policy(Bucket="walk-bucket")
    doomed = [{"Key": one["Key"]} for one in s3.list_objects_v2(Bucket="walk-bucket")["Contents"]]
    assert len(s3.delete_objects(Bucket="walk-bucket", Delete={"Objects": doomed})["Deleted"]) == 5

    far = client("s3", region_name="eu-west-1")
    far.create_bucket(Bucket="walk-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    far.put_object(Bucket="walk-far", Key="x", Body=b"y")
    assert s3.get_bucket_location(Bucket="walk-far")["LocationConstraint"] == "eu-west-1"
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert "walk-bucket" in names and "walk-far" in names
    s3.delete_bucket(Bucket="walk-bucket")


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
    assert logs.describe_log_streams(logGroupName="/walk")["logStreams"][0]["lastEventTimestamp"] == now


TEMPLATE = {
    "Parameters": {"Word": {"Type": "String", "NoEcho": True, "MinLength": 3}},
    "Resources": {
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": {"Ref": "Word"}}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
    },
    "Outputs": {"Secret": {"Value": {"Ref": "Secret"}}},
}


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
    formation.get_waiter("stack_create_complete").wait(StackName="walk", WaiterConfig={"Delay": 1})
    stack = formation.describe_stacks(StackName="walk")["Stacks"][0]
    assert stack["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "****"}], stack
    secret = stack["Outputs"][0]["OutputValue"]
    assert client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "first"
    change = dict(StackName="walk", TemplateBody=body, Parameters=word("second"))
    formation.create_change_set(ChangeSetName="one", **change)
    formation.get_waiter("change_set_create_complete").wait(StackName="walk", ChangeSetName="one", WaiterConfig={"Delay": 1})
    changes = formation.describe_change_set(StackName="walk", ChangeSetName="one")["Changes"]
    assert [one["ResourceChange"]["LogicalResourceId"] for one in changes] == ["Secret"], changes
    formation.execute_change_set(StackName="walk", ChangeSetName="one")
    formation.get_waiter("stack_update_complete").wait(StackName="walk", WaiterConfig={"Delay": 1})
    assert client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "second"
    message = refused("ValidationError", formation.update_stack, **change)
    assert message == "No updates are to be performed.", message
    assert len(formation.list_stack_resources(StackName="walk")["StackResourceSummaries"]) == 2
    events = formation.get_paginator("describe_stack_events").paginate(StackName="walk")
    first = next(iter(events))["StackEvents"][0]
    assert (first["LogicalResourceId"], first["ResourceStatus"]) == ("walk", "UPDATE_COMPLETE"), first
    assert json.loads(json.dumps(formation.get_template(StackName="walk")["TemplateBody"])) == TEMPLATE
    formation.get_template_summary(TemplateBody=body)
    formation.validate_template(TemplateBody=body)
    formation.delete_stack(StackName="walk")
    formation.get_waiter("stack_delete_complete").wait(StackName=made["StackId"], WaiterConfig={"Delay": 1})
    assert formation.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert any(one["StackName"] == "walk" for one in formation.list_stacks()["StackSummaries"])


def balancers():
    elbv2, scaling = client("elbv2"), client("autoscaling")
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
    assert elbv2.describe_target_groups()["TargetGroups"] == []
    names = [policy["Name"] for policy in elbv2.describe_ssl_policies()["SslPolicies"]]
    assert "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" in names
    refused("LoadBalancerNotFound", elbv2.describe_load_balancers, Names=["none"])
    assert scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert scaling.describe_auto_scaling_instances()["AutoScalingInstances"] == []


def registry():
    """A load balancer, a group and its instances, by the small registry of the region's own tests."""
    formation, ec2, iam = client("cloudformation"), client("ec2"), client("iam")
    elbv2, scaling = client("elbv2"), client("autoscaling")
    body = open("tests/region/tests/harness/compute/registry.json").read()
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])[:2]
    images = ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
    certificate = iam.list_server_certificates()["ServerCertificateMetadataList"][0]["Arn"]
    values = {"VpcId": subnets[0]["VpcId"], "Subnets": ",".join(one["SubnetId"] for one in subnets), "Nodes": "2",
              "Certificate": certificate, "Ami": images[0]["ImageId"]}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    made = formation.create_stack(StackName="registry", TemplateBody=body, Parameters=parameters, Capabilities=["CAPABILITY_IAM"])
    formation.get_waiter("stack_create_complete").wait(StackName="registry", WaiterConfig={"Delay": 1})
    outputs = {one["OutputKey"]: one["OutputValue"] for one in formation.describe_stacks(StackName="registry")["Stacks"][0]["Outputs"]}

    balancer = elbv2.describe_load_balancers(LoadBalancerArns=[outputs["LoadBalancer"]])["LoadBalancers"][0]
    assert balancer["State"]["Code"] == "active" and len(balancer["AvailabilityZones"]) == 2, balancer
    elbv2.get_waiter("load_balancer_available").wait(Names=[balancer["LoadBalancerName"]])
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=outputs["LoadBalancer"])["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "2"} in attributes
    group = elbv2.describe_target_groups(LoadBalancerArn=outputs["LoadBalancer"])["TargetGroups"][0]
    assert group["TargetGroupArn"] == outputs["TargetGroup"] and group["LoadBalancerArns"] == [outputs["LoadBalancer"]], group
    delay = elbv2.describe_target_group_attributes(TargetGroupArn=outputs["TargetGroup"])["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "60"} in delay
    listener = elbv2.describe_listeners(LoadBalancerArn=outputs["LoadBalancer"])["Listeners"][0]
    assert listener["Certificates"] == [{"CertificateArn": certificate}], listener
    kept = elbv2.describe_listener_certificates(ListenerArn=outputs["Listener"])["Certificates"]
    assert kept == [{"CertificateArn": certificate, "IsDefault": True}], kept
    gone = certificate + "x"
    refused("CertificateNotFound", elbv2.modify_listener, ListenerArn=outputs["Listener"], Certificates=[{"CertificateArn": gone}])
    refused("SSLPolicyNotFound", elbv2.modify_listener, ListenerArn=outputs["Listener"], SslPolicy="none")
    elbv2.modify_listener(ListenerArn=outputs["Listener"], Certificates=[{"CertificateArn": certificate}])
    hidden = [{"Key": "routing.http.response.server.enabled", "Value": "false"}]
    set_to = elbv2.modify_listener_attributes(ListenerArn=outputs["Listener"], Attributes=hidden)["Attributes"]
    assert hidden[0] in set_to and set_to == elbv2.describe_listener_attributes(ListenerArn=outputs["Listener"])["Attributes"], set_to
    refused("ListenerNotFound", elbv2.describe_listener_attributes, ListenerArn=outputs["Listener"] + "0")
    name = iam.list_server_certificates()["ServerCertificateMetadataList"][0]["ServerCertificateName"]
    refused("DeleteConflict", iam.delete_server_certificate, ServerCertificateName=name)
    tags = elbv2.describe_tags(ResourceArns=[outputs["LoadBalancer"], outputs["TargetGroup"], outputs["Listener"]])["TagDescriptions"]
    assert all(any(tag["Key"] == "aws:cloudformation:stack-name" for tag in one["Tags"]) for one in tags), tags

    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[outputs["Group"]])["AutoScalingGroups"][0]
    ids = [one["InstanceId"] for one in found["Instances"]]
    assert {one["AvailabilityZone"] for one in found["Instances"]} == {one["AvailabilityZone"] for one in subnets}, found
    assert len(scaling.describe_auto_scaling_instances(InstanceIds=ids)["AutoScalingInstances"]) == 2
    elbv2.get_waiter("target_in_service").wait(TargetGroupArn=outputs["TargetGroup"], WaiterConfig={"Delay": 1})
    health = elbv2.describe_target_health(TargetGroupArn=outputs["TargetGroup"], Targets=[{"Id": "i-00000000000000000"}])
    assert health["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered", health
    instances = [one["Instances"][0] for one in ec2.describe_instances(InstanceIds=ids)["Reservations"]]
    assert all(one["State"]["Name"] == "running" and one["PublicIpAddress"] for one in instances), instances
    refused("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=["i-00000000000000000"])
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
    assert "dockreg: READY" in ec2.get_console_output(InstanceId=ids[0], Latest=True)["Output"]
    template = found["LaunchTemplate"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"])
    assert versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"] == values["Ami"], versions
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "requester-managed", "Values": ["true"]}])
    assert len(interfaces["NetworkInterfaces"]) == 2, interfaces

    refused("InvalidParameterCombination", ec2.describe_instances, InstanceIds=ids, MaxResults=5)

    group = {"AutoScalingGroupName": outputs["Group"]}
    scaling.suspend_processes(**group, ScalingProcesses=["Launch", "Terminate"])
    refused("ActiveInstanceRefreshNotFound", scaling.cancel_instance_refresh, **group)
    refresh = scaling.start_instance_refresh(**group, Preferences={"InstanceWarmup": 0})["InstanceRefreshId"]
    refused("InstanceRefreshInProgress", scaling.start_instance_refresh, **group)
    assert scaling.cancel_instance_refresh(**group)["InstanceRefreshId"] == refresh
    found = scaling.describe_instance_refreshes(**group, InstanceRefreshIds=[refresh])["InstanceRefreshes"][0]
    assert found["Status"] in ("Cancelling", "Cancelled"), found
    scaling.resume_processes(**group)
    refused("InvalidNextToken", scaling.describe_scaling_activities, NextToken="none")
    refused("ValidationError", scaling.set_desired_capacity, AutoScalingGroupName=outputs["Group"], DesiredCapacity=9)
    scaling.update_auto_scaling_group(AutoScalingGroupName=outputs["Group"], MinSize=1, DesiredCapacity=2)
    scaling.set_instance_health(InstanceId=ids[0], HealthStatus="Healthy")
    ended = scaling.terminate_instance_in_auto_scaling_group(InstanceId=ids[0], ShouldDecrementDesiredCapacity=True)
    assert "user request" in ended["Activity"]["Cause"], ended
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[ids[0]], WaiterConfig={"Delay": 1})
    ec2.terminate_instances(InstanceIds=[ids[1]])
    pages = scaling.get_paginator("describe_scaling_activities").paginate(AutoScalingGroupName=outputs["Group"], MaxRecords=2)
    assert sum(len(page["Activities"]) for page in pages) >= 3
    formation.delete_stack(StackName="registry")
    formation.get_waiter("stack_delete_complete").wait(StackName=made["StackId"], WaiterConfig={"Delay": 1})


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


if __name__ == "__main__":
    for walk in (signatures, networks, parameters, certificates, names, secrets, objects, logs, stacks, balancers, registry, faults):
        start = time.time()
        walk()
        print(f"boto3: {walk.__name__} ({time.time() - start:.1f} s)", flush=True)

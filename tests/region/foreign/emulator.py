#!/usr/bin/env python3
"""The same template, with the same parameters, on moto and on the region: the same resources, outputs and answers?

usage: emulator.py TEMPLATE MOTO_URL

Every difference must be in disagreements.toml, with the reason who is taken to be right; an entry that no difference
needs any more ends the run red too. What is sent to both is the template with `ADAPTED`, without
which moto cannot deploy it.
"""

import collections
import fnmatch
import pathlib
import re
import sys
import tomllib

import boto3
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from client import QUICK, client, waited
from walk.certificates import certificate

HERE = pathlib.Path(__file__).parent
STACK = "emulator"
ADAPTED = {
    # moto looks a Number parameter up in a mapping by an integer, and finds nothing.
    "!FindInMap [Group, MaxSize, !Ref Nodes]": "2",
    # moto does not take a volume's size from the image's snapshot.
    "            VolumeType: gp3\n": "            VolumeType: gp3\n            VolumeSize: 8\n",
}
# What a name or an id has that differs from stack to stack: hexadecimal ids, and random endings of names.
RANDOM = ((r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"), (r"\b[0-9a-f]{16,17}\b", "<hex>"),
          (r"-[A-Za-z0-9]{12}\b", "-<random>"), (r"-\d{1,10}\.us", "-<number>.us"))


def deploy(service, template, certificate_arn):
    """Creates the stack and waits for it."""
    subnets = sorted(service("ec2").describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])[:2]
    values = {"VpcId": subnets[0]["VpcId"], "Subnets": ",".join(one["SubnetId"] for one in subnets), "SslCertificate": certificate_arn,
              "DnsPrefix": "emulator", "DnsZone": "example.test", "Nodes": "1"}
    formation = service("cloudformation")
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    formation.create_stack(StackName=STACK, TemplateBody=template, Parameters=parameters, Capabilities=["CAPABILITY_IAM"])
    waited(formation, "stack_create_complete", StackName=STACK)


def state(service):
    """All that is compared: a line each, and what it says."""
    formation = service("cloudformation")
    lines = {}
    physical = {}
    for one in formation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]:
        lines[f"resource {one['LogicalResourceId']}"] = one["ResourceType"]
        physical[one["LogicalResourceId"]] = one["PhysicalResourceId"]
    for one in formation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]:
        lines[f"output {one['OutputKey']}"] = shape(one["OutputValue"])
    for name, answer in answers(service, physical):
        for path, kind in paths(answer, name):
            lines[f"answer {path}"] = kind
    return lines


def shape(text):
    for pattern, name in RANDOM:
        text = re.sub(pattern, name, text)
    return text


def answers(service, made):
    """Plain reads of what the stack made, and of a bucket."""
    s3, route53, iam, elbv2 = service("s3"), service("route53"), service("iam"), service("elbv2")
    for key in ("a/one", "a/two", "three"):
        s3.put_object(Bucket=made["Bucket"], Key=key, Body=b"x")
    yield "s3.list_objects_v2", s3.list_objects_v2(Bucket=made["Bucket"], Delimiter="/")
    yield "s3.get_bucket_encryption", s3.get_bucket_encryption(Bucket=made["Bucket"])
    zone = route53.list_hosted_zones_by_name(DNSName="example.test")["HostedZones"][0]["Id"]
    yield "route53.get_hosted_zone", route53.get_hosted_zone(Id=zone)
    records = route53.list_resource_record_sets(HostedZoneId=zone)
    yield "route53.list_resource_record_sets", {**records, "ResourceRecordSets": [one for one in records["ResourceRecordSets"] if one["Type"] == "A"]}
    yield "iam.get_role", iam.get_role(RoleName=made["NodeRole"])
    yield "iam.get_instance_profile", iam.get_instance_profile(InstanceProfileName=made["NodeProfile"])
    balancer = made["LoadBalancer"]
    yield "elbv2.describe_load_balancers", elbv2.describe_load_balancers(LoadBalancerArns=[balancer])
    yield "elbv2.describe_target_groups", elbv2.describe_target_groups(TargetGroupArns=[made["TargetGroup"]])
    yield "elbv2.describe_listeners", elbv2.describe_listeners(LoadBalancerArn=balancer)
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    yield "elbv2.describe_load_balancer_attributes", {one["Key"]: one["Value"] for one in attributes}
    group = service("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[made["NodeGroup"]])
    yield "autoscaling.describe_auto_scaling_groups", group
    instance = group["AutoScalingGroups"][0]["Instances"][0]["InstanceId"]
    yield "ec2.describe_instances", service("ec2").describe_instances(InstanceIds=[instance])
    yield "ec2.describe_security_groups", service("ec2").describe_security_groups(GroupIds=[made["NodeSecurityGroup"]])
    yield "ec2.describe_launch_template_versions", service("ec2").describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplate"])


def paths(value, path):
    """Every member of an answer with the type of what it holds; empty lists and texts count as absent."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key != "ResponseMetadata":
                yield from paths(held, f"{path}.{key}")
    elif isinstance(value, list):
        for held in value:
            yield from paths(held, f"{path}[]")
    elif value not in (None, ""):
        yield path, type(value).__name__


def differences(region, moto):
    for line in sorted(region.keys() | moto.keys()):
        if line not in moto:
            yield f"{line}: only the region has it"
        elif line not in region:
            yield f"{line}: only moto has it"
        elif region[line] != moto[line]:
            yield f"{line}: {region[line]} in the region, {moto[line]} in moto"


def main():
    template = pathlib.Path(sys.argv[1]).read_text()
    for before, after in ADAPTED.items():
        assert template.count(before) == 1, f"the template has {before!r} {template.count(before)} times"
        template = template.replace(before, after)

    def moto(service):
        return boto3.client(service, endpoint_url=sys.argv[2], config=QUICK)

    pem, key = certificate("emulator.example.test", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    moto("route53").create_hosted_zone(Name="example.test", CallerReference="emulator")
    deploy(moto, template, moto("acm").import_certificate(Certificate=pem, PrivateKey=key)["CertificateArn"])
    deploy(client, template, client("acm").import_certificate(Certificate=pem, PrivateKey=key)["CertificateArn"])
    here, there = state(client), state(moto)

    listed = tomllib.loads((HERE / "disagreements.toml").read_text())["disagreement"]
    who = collections.Counter(one["who"] for one in listed for _ in one["differences"])
    texts = [text for one in listed for text in one["differences"]]
    patterns = {text: re.compile(fnmatch.translate(text.replace("[", "[[]"))) for text in texts}
    used, wrong, count = set(), [], collections.Counter()
    for difference in differences(here, there):
        fitting = [text for text, pattern in patterns.items() if pattern.match(difference)]
        used.update(fitting)
        if not fitting:
            wrong.append(difference)
    wrong += [f"disagreements.toml: nothing needs {text!r} any more" for text in texts if text not in used]
    for line in here.keys() & there.keys():
        count[line.split()[0]] += here[line] == there[line]
    print("the region and moto agree on " + ", ".join(f"{number} {kind}s" for kind, number in sorted(count.items())), end="; ")
    print(f"{sum(who.values())} known disagreements, {who['moto']} of moto's")
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    clean()
    return 1 if wrong else 0


def clean():
    """Deletes the stack of the region; its bucket stays."""
    formation, s3 = client("cloudformation"), client("s3")
    bucket = formation.describe_stack_resource(StackName=STACK, LogicalResourceId="Bucket")["StackResourceDetail"]["PhysicalResourceId"]
    formation.delete_stack(StackName=STACK)
    try:
        waited(formation, "stack_delete_complete", StackName=STACK)
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        sys.exit(f"the bucket does not outlive its stack: {error}")


if __name__ == "__main__":
    sys.exit(main())

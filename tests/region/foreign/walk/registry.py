"""What a registry needs: a load balancer, a group and its instances, by the small registry of the region's own tests."""

import time

from client import client, paged, refused, waited


def balancers():
    elbv2, scaling = client("elbv2"), client("autoscaling")
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
    assert elbv2.describe_target_groups()["TargetGroups"] == []
    names = [policy["Name"] for policy in elbv2.describe_ssl_policies()["SslPolicies"]]
    assert "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" in names
    refused("LoadBalancerNotFound", elbv2.describe_load_balancers, Names=["none"])
    assert scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    refused("InvalidNextToken", scaling.describe_auto_scaling_groups, NextToken="none")
    assert scaling.describe_auto_scaling_instances()["AutoScalingInstances"] == []


def lists(outputs, ids):
    """What there is of everything, page by page; and botocore's waiters for what is there."""
    ec2, elbv2, scaling = client("ec2"), client("elbv2"), client("autoscaling")
    waited(elbv2, "load_balancer_exists", LoadBalancerArns=[outputs["LoadBalancer"]])
    for name in ("instance_exists", "instance_running", "instance_status_ok", "system_status_ok"):
        waited(ec2, name, InstanceIds=ids)
    paged(scaling, "describe_auto_scaling_instances", 1)
    paged(scaling, "describe_auto_scaling_groups", 1, least=1)
    paged(elbv2, "describe_load_balancers", 1, least=1)
    paged(elbv2, "describe_target_groups", 1, least=1)
    paged(elbv2, "describe_listeners", 1, least=1, LoadBalancerArn=outputs["LoadBalancer"])
    paged(elbv2, "describe_listener_certificates", 1, least=1, ListenerArn=outputs["Listener"])
    paged(elbv2, "describe_ssl_policies", 1)
    groups = [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]]
    waited(ec2, "security_group_exists", GroupIds=groups)
    for method in ("describe_instances", "describe_instance_status", "describe_network_interfaces", "describe_security_groups"):
        paged(ec2, method, 5, least=1)


def refresh(scaling, group):
    """Processes of a group are suspended and resumed; its instances are replaced on request, until that is cancelled."""
    scaling.suspend_processes(**group, ScalingProcesses=["AZRebalance"])
    suspended = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group["AutoScalingGroupName"]])["AutoScalingGroups"][0]["SuspendedProcesses"]
    assert [one["ProcessName"] for one in suspended] == ["AZRebalance"], suspended
    scaling.resume_processes(**group)
    refused("ActiveInstanceRefreshNotFound", scaling.cancel_instance_refresh, **group)
    started = scaling.start_instance_refresh(**group)["InstanceRefreshId"]
    refused("InstanceRefreshInProgress", scaling.start_instance_refresh, **group)
    assert scaling.describe_instance_refreshes(**group)["InstanceRefreshes"][0]["InstanceRefreshId"] == started
    assert scaling.cancel_instance_refresh(**group)["InstanceRefreshId"] == started


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
    waited(formation, "stack_create_complete", StackName="registry")
    outputs = {one["OutputKey"]: one["OutputValue"] for one in formation.describe_stacks(StackName="registry")["Stacks"][0]["Outputs"]}

    balancer = elbv2.describe_load_balancers(LoadBalancerArns=[outputs["LoadBalancer"]])["LoadBalancers"][0]
    assert balancer["State"]["Code"] == "active" and len(balancer["AvailabilityZones"]) == 2, balancer
    waited(elbv2, "load_balancer_available", Names=[balancer["LoadBalancerName"]])
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=outputs["LoadBalancer"])["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "2"} in attributes
    group = elbv2.describe_target_groups(LoadBalancerArn=outputs["LoadBalancer"])["TargetGroups"][0]
    assert group["TargetGroupArn"] == outputs["TargetGroup"] and group["LoadBalancerArns"] == [outputs["LoadBalancer"]], group
    delay = elbv2.describe_target_group_attributes(TargetGroupArn=outputs["TargetGroup"])["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "60"} in delay
    listener = elbv2.describe_listeners(LoadBalancerArn=outputs["LoadBalancer"])["Listeners"][0]
    assert listener["Certificates"] == [{"CertificateArn": certificate}], listener
    server = {"Key": "routing.http.response.server.enabled", "Value": "false"}
    assert server in elbv2.modify_listener_attributes(ListenerArn=outputs["Listener"], Attributes=[server])["Attributes"]
    assert server in elbv2.describe_listener_attributes(ListenerArn=outputs["Listener"])["Attributes"]
    kept = elbv2.describe_listener_certificates(ListenerArn=outputs["Listener"])["Certificates"]
    assert kept == [{"CertificateArn": certificate, "IsDefault": True}], kept
    gone = certificate + "x"
    refused("CertificateNotFound", elbv2.modify_listener, ListenerArn=outputs["Listener"], Certificates=[{"CertificateArn": gone}])
    refused("SSLPolicyNotFound", elbv2.modify_listener, ListenerArn=outputs["Listener"], SslPolicy="none")
    elbv2.modify_listener(ListenerArn=outputs["Listener"], Certificates=[{"CertificateArn": certificate}])
    name = iam.list_server_certificates()["ServerCertificateMetadataList"][0]["ServerCertificateName"]
    refused("DeleteConflict", iam.delete_server_certificate, ServerCertificateName=name)
    tags = elbv2.describe_tags(ResourceArns=[outputs["LoadBalancer"], outputs["TargetGroup"], outputs["Listener"]])["TagDescriptions"]
    assert all(any(tag["Key"] == "aws:cloudformation:stack-name" for tag in one["Tags"]) for one in tags), tags

    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[outputs["Group"]])["AutoScalingGroups"][0]
    ids = [one["InstanceId"] for one in found["Instances"]]
    assert {one["AvailabilityZone"] for one in found["Instances"]} == {one["AvailabilityZone"] for one in subnets}, found
    assert len(scaling.describe_auto_scaling_instances(InstanceIds=ids)["AutoScalingInstances"]) == 2
    waited(elbv2, "target_in_service", TargetGroupArn=outputs["TargetGroup"])
    lists(outputs, ids)
    refused("InvalidParameterCombination", ec2.describe_instances, InstanceIds=ids, MaxResults=5)
    refused("ListenerNotFound", elbv2.describe_listener_attributes, ListenerArn=outputs["Listener"] + "0")
    health = elbv2.describe_target_health(TargetGroupArn=outputs["TargetGroup"], Targets=[{"Id": "i-00000000000000000"}])
    assert health["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered", health
    instances = [one["Instances"][0] for one in ec2.describe_instances(InstanceIds=ids)["Reservations"]]
    assert all(one["State"]["Name"] == "running" and one["PublicIpAddress"] for one in instances), instances
    refused("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=["i-00000000000000000"])
    waited(ec2, "instance_status_ok", InstanceIds=ids)
    assert "dockreg: READY" in ec2.get_console_output(InstanceId=ids[0], Latest=True)["Output"]
    template = found["LaunchTemplate"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"])
    assert versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"] == values["Ami"], versions
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "requester-managed", "Values": ["true"]}])
    assert len(interfaces["NetworkInterfaces"]) == 2, interfaces

    refused("ValidationError", scaling.set_desired_capacity, AutoScalingGroupName=outputs["Group"], DesiredCapacity=9)
    scaling.set_desired_capacity(AutoScalingGroupName=outputs["Group"], DesiredCapacity=2)
    scaling.update_auto_scaling_group(AutoScalingGroupName=outputs["Group"], MinSize=1, DesiredCapacity=2)
    scaling.set_instance_health(InstanceId=ids[0], HealthStatus="Healthy")
    ended = scaling.terminate_instance_in_auto_scaling_group(InstanceId=ids[0], ShouldDecrementDesiredCapacity=True)
    assert "user request" in ended["Activity"]["Cause"], ended
    waited(ec2, "instance_terminated", InstanceIds=[ids[0]])
    ec2.terminate_instances(InstanceIds=[ids[1]])
    group = dict(AutoScalingGroupName=outputs["Group"])
    looked = lambda: scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[outputs["Group"]])["AutoScalingGroups"][0]["Instances"]
    while not [one for one in looked() if one["InstanceId"] not in ids and one["LifecycleState"] == "InService"]:
        time.sleep(0.1)
    while any(one["Progress"] < 100 for one in scaling.describe_scaling_activities(**group)["Activities"]):
        time.sleep(0.1)
    pages = paged(scaling, "describe_scaling_activities", 1, **group)
    assert sum(len(page["Activities"]) for page in pages) >= 3
    waited(elbv2, "target_deregistered", TargetGroupArn=outputs["TargetGroup"], Targets=[{"Id": ids[0]}])
    refresh(scaling, group)
    formation.delete_stack(StackName="registry")
    waited(elbv2, "load_balancers_deleted", LoadBalancerArns=[outputs["LoadBalancer"]])
    waited(formation, "stack_delete_complete", StackName=made["StackId"])

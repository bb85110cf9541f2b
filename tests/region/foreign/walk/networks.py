"""EC2: the network that is there from the start, images and instance types."""

from client import client, paged, refused, waited


def networks():
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert len(subnets) == 6 and all(subnet["AvailableIpAddressCount"] == 4091 for subnet in subnets), subnets
    assert [len(page["Subnets"]) for page in paged(ec2, "describe_subnets", 5)] == [5, 1]
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
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.describe_instances()["Reservations"] == []
    paged(ec2, "describe_images", 5)
    # Of these there are fewer than the least that AWS lets a page have.
    for method in ("describe_vpcs", "describe_route_tables", "describe_internet_gateways", "describe_nat_gateways"):
        paged(ec2, method, 5, least=1)
    paged(ec2, "describe_instance_types", 5)
    paged(ec2, "describe_instance_type_offerings", 5, LocationType="availability-zone")
    waited(ec2, "vpc_exists", VpcIds=[vpc["VpcId"]])
    waited(ec2, "vpc_available", VpcIds=[vpc["VpcId"]])
    waited(ec2, "subnet_available", SubnetIds=[subnets[0]["SubnetId"]])
    waited(ec2, "image_exists", ImageIds=[image["ImageId"]])
    waited(ec2, "image_available", ImageIds=[image["ImageId"]])
    waited(ec2, "key_pair_exists", KeyNames=[ec2.describe_key_pairs()["KeyPairs"][0]["KeyName"]])
    waited(ec2, "internet_gateway_exists", InternetGatewayIds=[ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]])
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    assert "bogus" in refused("InvalidParameterValue", ec2.describe_vpcs, Filters=[{"Name": "bogus", "Values": ["x"]}])
    refused("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=["subnet-00000000000000000"])
    refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=["sg-00000000000000000"])
    refused("InvalidKeyPair.NotFound", ec2.describe_key_pairs, KeyNames=["none"])
    refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=["ami-00000000000000000"])
    refused("InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["z9.huge"])

//! An account in which every list has more than one page.

use std::collections::BTreeMap;

use dockreg_region::AwsError;
use dockreg_region::service::{Call, Principal, s3};
use serde_json::{Map, Value, json};

use super::Account;
use super::authorities::{blob, chained};

fn template(resources: Value) -> String {
    json!({ "Resources": resources }).to_string()
}

impl Account {
    /// Makes one call, of S3 too.
    pub async fn any(&self, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
        if service != "s3" {
            return self.call(service, operation, input).await;
        }
        let region = self.0.region();
        let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
        s3::call(&region, Call { service, operation: operation.to_owned(), input, principal }, Vec::new())
            .await
            .map(|outcome| outcome.value)
    }

    async fn deploy(&self, name: &str, body: &str) {
        let input = json!({ "StackName": name, "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"] });
        self.ask("cloudformation", "CreateStack", input).await;
    }

    async fn deployed(&self, name: &str) {
        self.reached(name, "CREATE_COMPLETE").await;
    }

    async fn reached(&self, name: &str, wanted: &str) {
        self.until(name, async || {
            let stack = self.ask("cloudformation", "DescribeStacks", json!({ "StackName": name })).await;
            let status = stack["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
            assert!(!status.contains("ROLLBACK"), "{name}: {stack}");
            (status == wanted).then_some(())
        })
        .await;
    }

    /// Fills every list; gives what each operation must be asked beside its page.
    pub async fn fill(&self) -> BTreeMap<&'static str, Value> {
        let region = self.0.region();
        // More of everything that the network has.
        let (subnets, vpc, image) = region.world(|world| {
            let network = &mut world.ec2.network;
            let vpc = network.vpcs.values().next().cloned().expect("a VPC");
            let gateway = network.gateways.values().next().cloned().expect("a gateway");
            let table = network.route_tables.values().next().cloned().expect("a route table");
            let group = world.ec2.security_groups.values().next().cloned().expect("a group");
            let subnets: Vec<String> = network.subnets.keys().take(2).cloned().collect();
            for number in 0..7 {
                let id = format!("x-{number}");
                let mut one = vpc.clone();
                one.vpc_id.clone_from(&id);
                one.is_default = false;
                network.vpcs.insert(id.clone(), one);
                let mut one = gateway.clone();
                one.id.clone_from(&id);
                network.gateways.insert(id.clone(), one);
                let mut one = table.clone();
                one.id.clone_from(&id);
                network.route_tables.insert(id.clone(), one);
                let nat = dockreg_region::service::ec2::network::NatGateway {
                    id: id.clone(),
                    subnet_id: subnets[0].clone(),
                    vpc_id: vpc.vpc_id.clone(),
                    tags: Default::default(),
                };
                network.nat_gateways.insert(id.clone(), nat);
                let mut one = group.clone();
                one.id.clone_from(&id);
                world.ec2.security_groups.insert(id, one);
            }
            let image = world
                .ec2
                .images
                .iter()
                .find(|image| image.architecture == "x86_64")
                .expect("an image")
                .image_id
                .clone();
            (subnets, vpc.vpc_id, image)
        });
        let mut resources = json!({
            "Template": { "Type": "AWS::EC2::LaunchTemplate", "Properties": { "LaunchTemplateData": { "ImageId": image, "InstanceType": "t3.small" } } },
            "Nodes": { "Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {
                "LaunchTemplate": { "LaunchTemplateId": { "Ref": "Template" }, "Version": "1" }, "MinSize": "6", "MaxSize": "6",
                "VPCZoneIdentifier": subnets } },
        });
        for number in 1..4 {
            resources[format!("Balancer{number}")] =
                json!({ "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": { "Subnets": subnets } });
            resources[format!("Targets{number}")] = json!({ "Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": { "VpcId": vpc, "Protocol": "HTTP", "Port": 80 } });
            resources[format!("Listener{number}")] = json!({ "Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
                "LoadBalancerArn": { "Ref": "Balancer1" }, "Port": 80 + number, "Protocol": "HTTP",
                "DefaultActions": [{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "200" } }] } });
            resources[format!("Group{number}")] = json!({ "Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {
                "LaunchTemplate": { "LaunchTemplateId": { "Ref": "Template" }, "Version": "1" }, "MinSize": "0", "MaxSize": "1",
                "VPCZoneIdentifier": subnets } });
        }
        self.deploy("world", &template(resources)).await;
        let versioned = |kind: &str| {
            template(json!({ "Template": { "Type": "AWS::EC2::LaunchTemplate", "Properties": {
            "LaunchTemplateData": { "ImageId": image, "InstanceType": kind } } } }))
        };
        self.deploy("versions", &versioned("t3.small")).await;
        self.deployed("versions").await;
        for kind in ["t3.medium", "t3.large"] {
            let input = json!({ "StackName": "versions", "TemplateBody": versioned(kind) });
            self.ask("cloudformation", "UpdateStack", input).await;
            self.reached("versions", "UPDATE_COMPLETE").await;
        }
        // Pages of CloudFormation have a size of their own: more than a hundred of everything.
        let many = |count: usize| -> String {
            template((0..count).map(|number| (format!("P{number}"), json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Name": format!("/pages/{count}/{number}"), "Type": "String", "Value": "v" } }))).collect::<Map<_, _>>().into())
        };
        let large = many(120);
        self.deploy("large", &large).await;
        for number in 0..110 {
            let parameter = json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Name": format!("/one/{number}"), "Type": "String", "Value": "v" } });
            let output = json!({ "Value": "v", "Export": { "Name": format!("export-{number}") } });
            let one = json!({ "Resources": { "P": parameter }, "Outputs": { "O": output } }).to_string();
            self.deploy(&format!("one-{number}"), &one).await;
        }
        for name in ["world", "large"] {
            self.deployed(name).await;
        }
        for number in 0..110 {
            self.deployed(&format!("one-{number}")).await;
        }
        for number in 0..110 {
            let body = many(121);
            let input = json!({ "StackName": "large", "ChangeSetName": format!("c{number}"), "TemplateBody": body });
            self.ask("cloudformation", "CreateChangeSet", input).await;
        }
        self.until("a change set", async || {
            let one = self
                .ask("cloudformation", "DescribeChangeSet", json!({ "StackName": "large", "ChangeSetName": "c109" }))
                .await;
            (one["Status"] == "CREATE_COMPLETE").then_some(())
        })
        .await;
        // Certificates, secrets, logs, zones, objects.
        let tags: Vec<Value> = (0..3).map(|number| json!({ "Key": format!("k{number}"), "Value": "v" })).collect();
        for name in ["a", "b", "c"] {
            let made = chained(&format!("{name}.example.test"), &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2090);
            self.ask("iam", "UploadServerCertificate", json!({ "ServerCertificateName": name, "CertificateBody": made.certificate, "PrivateKey": made.key, "Tags": tags })).await;
            self.ask(
                "acm",
                "ImportCertificate",
                json!({ "Certificate": blob(&made.certificate), "PrivateKey": blob(&made.key) }),
            )
            .await;
            self.ask("logs", "CreateLogGroup", json!({ "logGroupName": name })).await;
            self.ask("logs", "CreateLogStream", json!({ "logGroupName": "a", "logStreamName": name })).await;
            let now = region.clock.now().as_millisecond();
            self.ask("logs", "PutLogEvents", json!({ "logGroupName": "a", "logStreamName": name, "logEvents": [{ "timestamp": now, "message": name }] })).await;
            self.ask("route53", "CreateHostedZone", json!({ "Name": format!("{name}.test"), "CallerReference": name }))
                .await;
            s3::create_bucket(
                &region,
                s3::NewBucket {
                    name: format!("bucket-{name}"),
                    location: "us-east-1".to_owned(),
                    ..s3::NewBucket::default()
                },
            )
            .await
            .expect("a bucket");
        }
        let zone = self.zone().await;
        let text = json!([{ "Action": "CREATE", "ResourceRecordSet": { "Name": "example.test", "Type": "TXT", "TTL": 60,
            "ResourceRecords": [{ "Value": "\"v\"" }] } }]);
        self.change(&zone, text).await.expect("a record");
        self.ask("secretsmanager", "CreateSecret", json!({ "Name": "s", "SecretString": "0" })).await;
        for value in ["1", "2"] {
            self.ask("secretsmanager", "PutSecretValue", json!({ "SecretId": "s", "SecretString": value })).await;
        }
        let mut upload = Value::Null;
        for name in ["a", "b", "c"] {
            self.any("s3", "PutObject", json!({ "Bucket": "bucket-a", "Key": name })).await.expect("an object");
            upload = self
                .any("s3", "CreateMultipartUpload", json!({ "Bucket": "bucket-a", "Key": "u" }))
                .await
                .expect("an upload")["UploadId"]
                .clone();
        }
        for number in 1..4 {
            let part = json!({ "Bucket": "bucket-a", "Key": "u", "UploadId": upload, "PartNumber": number });
            self.any("s3", "UploadPart", part).await.expect("a part");
        }
        let balancers = self.ask("elbv2", "DescribeLoadBalancers", json!({})).await;
        let mut listeners = Value::Null;
        for balancer in balancers["LoadBalancers"].as_array().into_iter().flatten() {
            let of =
                self.ask("elbv2", "DescribeListeners", json!({ "LoadBalancerArn": balancer["LoadBalancerArn"] })).await;
            if of["Listeners"].as_array().is_some_and(|all| !all.is_empty()) {
                listeners = of["Listeners"][0].clone();
            }
        }
        let template = self
            .ask(
                "cloudformation",
                "DescribeStackResource",
                json!({ "StackName": "versions", "LogicalResourceId": "Template" }),
            )
            .await;
        let template = template["StackResourceDetail"]["PhysicalResourceId"].clone();
        BTreeMap::from([
            ("ListCertificates", json!({ "Includes": { "keyTypes": ["EC_prime256v1"] } })),
            ("DescribeChangeSet", json!({ "StackName": "large", "ChangeSetName": "c0" })),
            ("DescribeEvents", json!({ "StackName": "large" })),
            ("DescribeStackEvents", json!({ "StackName": "large" })),
            ("ListChangeSets", json!({ "StackName": "large" })),
            ("ListStackResources", json!({ "StackName": "large" })),
            ("DescribeLaunchTemplateVersions", json!({ "LaunchTemplateId": template })),
            ("DescribeListeners", json!({ "LoadBalancerArn": listeners["LoadBalancerArn"] })),
            ("DescribeListenerCertificates", json!({ "ListenerArn": listeners["ListenerArn"] })),
            ("ListServerCertificateTags", json!({ "ServerCertificateName": "a" })),
            (
                "SimulatePrincipalPolicy",
                json!({ "PolicySourceArn": region.global_arn("iam", "user/operator"), "ActionNames": ["s3:A", "s3:B", "s3:C"] }),
            ),
            ("DescribeLogStreams", json!({ "logGroupName": "a" })),
            ("FilterLogEvents", json!({ "logGroupName": "a" })),
            ("ListResourceRecordSets", json!({ "HostedZoneId": zone })),
            ("ListMultipartUploads", json!({ "Bucket": "bucket-a" })),
            ("ListObjectVersions", json!({ "Bucket": "bucket-a" })),
            ("ListObjects", json!({ "Bucket": "bucket-a" })),
            ("ListObjectsV2", json!({ "Bucket": "bucket-a" })),
            ("ListParts", json!({ "Bucket": "bucket-a", "Key": "u", "UploadId": upload })),
            ("ListSecretVersionIds", json!({ "SecretId": "s", "IncludeDeprecated": true })),
            ("ListServiceQuotas", json!({ "ServiceCode": "ec2" })),
            ("GetParametersByPath", json!({ "Path": "/", "Recursive": true })),
        ])
    }
}

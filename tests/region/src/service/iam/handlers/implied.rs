//! What is called beside a handler's own calls: by read handlers for attributes, by load balancing for its caller.

use serde_json::Value;

use crate::formation::schema;

/// What the read handler of a type calls, for each `Fn::GetAtt` of a resource: all that its schema lists, but for patterns.
// https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/632
pub(super) fn read(resource_type: &str) -> impl Iterator<Item = &'static str> {
    let list = schema::of(resource_type).and_then(|schema| schema.root().pointer("/handlers/read/permissions"));
    let listed = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    listed.filter(|action| !action.contains('*'))
}

/// What Elastic Load Balancing calls in its caller's name when it is called itself.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
pub(super) fn dependants(action: &str) -> &'static [&'static str] {
    match action {
        "elasticloadbalancing:CreateLoadBalancer" => &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        "elasticloadbalancing:CreateTargetGroup" => &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
        "elasticloadbalancing:SetSubnets" => &["ec2:DescribeSubnets"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_read_calls_all_that_the_schema_names() {
        let balancer: Vec<&str> = read("AWS::ElasticLoadBalancingV2::LoadBalancer").collect();
        let expected = ["LoadBalancers", "LoadBalancerAttributes", "CapacityReservation", "Tags"];
        assert_eq!(balancer, expected.map(|of| format!("elasticloadbalancing:Describe{of}")));
        assert_eq!(read("AWS::AutoScaling::AutoScalingGroup").count(), 0, "it lists patterns");
        assert_eq!(read("Custom::Unknown").count(), 0);
    }
}

//! Where a named certificate has to be kept for the stack's load balancer to find it. Pure.

/// Where the stack is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account's number.
    pub account: String,
}

impl Place {
    /// Why a load balancer here cannot use the certificate of this ARN; none where it can, or where the text is no ARN.
    ///
    /// Certificates of ACM serve in their own region, those of IAM in their whole partition:
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>
    pub fn cannot_reach(&self, arn: &str) -> Option<String> {
        let mut parts = arn.splitn(6, ':');
        let ("arn", partition, service, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
        else {
            return None;
        };
        let kind = resource.split('/').next().unwrap_or_default();
        if !matches!((service, kind), ("acm", "certificate") | ("iam", "server-certificate")) {
            return Some(format!("that is no certificate of ACM or IAM, but a {kind} of {service}"));
        }
        if partition != self.partition {
            return Some(format!("it is in the partition {partition}, the stack in {}", self.partition));
        }
        if account != self.account {
            return Some(format!("it belongs to account {account}, the stack to {}", self.account));
        }
        (service == "acm" && region != self.region).then(|| {
            format!("it is in {region}, the stack in {}: a load balancer uses ACM's of its own region", self.region)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_certificate_is_of_use_in_its_own_region_account_and_partition() {
        let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
        for (arn, expected) in [
            ("arn:aws:acm:us-east-1:123456789012:certificate/1", None),
            ("arn:aws:iam::123456789012:server-certificate/docker", None),
            ("docker.example.test", None),
            ("arn:aws", None),
            (
                "arn:aws:acm:eu-west-1:123456789012:certificate/1",
                Some("it is in eu-west-1, the stack in us-east-1: a load balancer uses ACM's of its own region"),
            ),
            (
                "arn:aws-cn:iam::123456789012:server-certificate/a",
                Some("it is in the partition aws-cn, the stack in aws"),
            ),
            (
                "arn:aws:acm:us-east-1:210987654321:certificate/1",
                Some("it belongs to account 210987654321, the stack to 123456789012"),
            ),
            ("arn:aws:s3:::bucket", Some("that is no certificate of ACM or IAM, but a bucket of s3")),
        ] {
            assert_eq!(place.cannot_reach(arn).as_deref(), expected, "{arn}");
        }
    }
}

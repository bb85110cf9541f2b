//! TLS security policies of application load balancers, and `DescribeSSLPolicies`.
//!
//! https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html

use serde_json::{Value, json};

use super::page::page;
use super::strings;
use crate::AwsError;

/// A listener made without one gets this, except in the console.
pub const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

/// One policy: its name, the lowest and highest TLS 1.x it speaks, and which ciphers.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    pub name: &'static str,
    lowest: u8,
    highest: u8,
    ciphers: Ciphers,
}

/// Which cipher suites below TLS 1.3 a policy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ciphers {
    /// None: TLS 1.3 only.
    None,
    /// Forward secret and authenticated (GCM).
    Restricted,
    /// Forward secret.
    Forward,
    /// Forward secret, SHA-1 included.
    ForwardWithSha1,
    /// RSA key exchange too.
    Static,
    /// RSA key exchange and SHA-1 too.
    StaticWithSha1,
}

use Ciphers::{Forward, ForwardWithSha1, Restricted, Static, StaticWithSha1};

const POLICIES: &[Policy] = &[
    policy("ELBSecurityPolicy-TLS13-1-3-2021-06", 3, 3, Ciphers::None),
    policy("ELBSecurityPolicy-TLS13-1-3-PQ-2025-09", 3, 3, Ciphers::None),
    policy("ELBSecurityPolicy-TLS13-1-2-2021-06", 2, 3, Forward),
    policy("ELBSecurityPolicy-TLS13-1-2-PQ-2025-09", 2, 3, Forward),
    policy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", 2, 3, Restricted),
    policy("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", 2, 3, Restricted),
    policy("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", 2, 3, Static),
    policy("ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09", 2, 3, Static),
    policy("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", 2, 3, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09", 2, 3, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS13-1-1-2021-06", 1, 3, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS13-1-0-2021-06", 0, 3, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS13-1-0-PQ-2025-09", 0, 3, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", 2, 2, StaticWithSha1),
    policy("ELBSecurityPolicy-TLS-1-2-2017-01", 2, 2, Static),
    policy("ELBSecurityPolicy-TLS-1-1-2017-01", 1, 2, StaticWithSha1),
    policy("ELBSecurityPolicy-2016-08", 0, 2, StaticWithSha1),
    policy("ELBSecurityPolicy-FS-1-2-Res-2020-10", 2, 2, Restricted),
    policy("ELBSecurityPolicy-FS-1-2-Res-2019-08", 2, 2, Forward),
    policy("ELBSecurityPolicy-FS-1-2-2019-08", 2, 2, ForwardWithSha1),
    policy("ELBSecurityPolicy-FS-1-1-2019-08", 1, 2, ForwardWithSha1),
    policy("ELBSecurityPolicy-FS-2018-06", 0, 2, ForwardWithSha1),
];

const fn policy(name: &'static str, lowest: u8, highest: u8, ciphers: Ciphers) -> Policy {
    Policy { name, lowest, highest, ciphers }
}

impl Policy {
    /// Whether it speaks TLS 1.`minor`.
    pub fn speaks(&self, minor: u8) -> bool {
        (self.lowest..=self.highest).contains(&minor)
    }

    /// Its cipher suites in order. The data plane offers those of them that rustls has: forward secret with GCM.
    fn suites(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if self.highest == 3 {
            let modern = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
            names.extend(modern.map(str::to_owned));
        }
        for (bits, hash) in [("128", "256"), ("256", "384")] {
            let mut tails = Vec::new();
            if self.ciphers != Ciphers::None {
                tails.push(format!("AES{bits}-GCM-SHA{hash}"));
            }
            if !matches!(self.ciphers, Ciphers::None | Restricted) {
                tails.push(format!("AES{bits}-SHA{hash}"));
            }
            if matches!(self.ciphers, ForwardWithSha1 | StaticWithSha1) {
                tails.push(format!("AES{bits}-SHA"));
            }
            for tail in tails {
                names.extend(["ECDSA", "RSA"].map(|key| format!("ECDHE-{key}-{tail}")));
            }
        }
        for (bits, hash) in [("128", "256"), ("256", "384")] {
            if matches!(self.ciphers, Static | StaticWithSha1) {
                names.extend([format!("AES{bits}-GCM-SHA{hash}"), format!("AES{bits}-SHA256")]);
            }
            if self.ciphers == StaticWithSha1 {
                names.push(format!("AES{bits}-SHA"));
            }
        }
        names
    }

    fn described(&self) -> Value {
        let protocols: Vec<String> = (self.lowest..=self.highest)
            .rev()
            .map(|minor| if minor == 0 { "TLSv1".to_owned() } else { format!("TLSv1.{minor}") })
            .collect();
        let suites = self.suites();
        let ciphers: Vec<Value> =
            (1..).zip(&suites).map(|(priority, name)| json!({"Name": name, "Priority": priority})).collect();
        json!({
            "Name": self.name,
            "SslProtocols": protocols,
            "Ciphers": ciphers,
            "SupportedLoadBalancerTypes": ["application", "network"],
        })
    }
}

/// The policy of this name.
///
/// # Errors
/// `SSLPolicyNotFound`.
pub fn find(name: &str) -> Result<&'static Policy, AwsError> {
    POLICIES
        .iter()
        .find(|policy| policy.name == name)
        .ok_or_else(|| AwsError::new("SSLPolicyNotFound", format!("SSL policy '{name}' not found")))
}

/// `DescribeSSLPolicies`.
pub(super) fn describe(input: &Value) -> Result<Value, AwsError> {
    let names = strings(&input["Names"]);
    let chosen: Vec<Value> = if names.is_empty() {
        POLICIES.iter().map(Policy::described).collect()
    } else {
        names.iter().map(|name| find(name).map(Policy::described)).collect::<Result<_, _>>()?
    };
    page(input, "SslPolicies", chosen)
}

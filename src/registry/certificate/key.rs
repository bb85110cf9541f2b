//! The kind of a certificate's key, and which kinds a load balancer serves. Pure.

use serde::Serialize;

/// The kind of a certificate's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// RSA with this many bits.
    Rsa(u32),
    /// ECDSA on the NIST curve of this many bits.
    Ecdsa(u32),
    /// Anything else, as it calls itself.
    Other(String),
}

impl KeyKind {
    /// Reads ACM's name of a key algorithm, `RSA_2048` or `EC_prime256v1` (also seen with hyphens).
    pub fn from_acm(name: &str) -> Self {
        match name.replace('-', "_").as_str() {
            "EC_prime256v1" => Self::Ecdsa(256),
            "EC_secp384r1" => Self::Ecdsa(384),
            "EC_secp521r1" => Self::Ecdsa(521),
            other => match other.strip_prefix("RSA_").and_then(|bits| bits.parse().ok()) {
                Some(bits) => Self::Rsa(bits),
                None => Self::Other(name.to_owned()),
            },
        }
    }

    /// Whether an application load balancer serves it: RSA of the lengths that AWS names, and ECDSA.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>; Ed25519 is
    /// refused: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html>
    pub fn is_served(&self) -> bool {
        match self {
            Self::Rsa(bits) => matches!(bits, 2048 | 3072 | 4096),
            Self::Ecdsa(bits) => matches!(bits, 256 | 384 | 521),
            Self::Other(_) => false,
        }
    }
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ecdsa(bits) => write!(f, "ECDSA P-{bits}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

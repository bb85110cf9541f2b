//! Access keys: the operator's static ones and what nodes get from their metadata service.

use super::State;
use crate::Region;
use crate::service::Principal;

/// A key that may sign requests.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: String,
    /// Session token that must come with a temporary key.
    pub token: Option<String>,
    pub principal: Principal,
    /// Seconds since 1970 after which the key is refused with `ExpiredToken`; None for static keys.
    pub expires: Option<f64>,
}

/// Temporary credentials as the metadata service gives them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `ASIA…`.
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// Seconds since 1970.
    pub expires: f64,
    /// Seconds since 1970.
    pub updated: f64,
}

/// Role credentials of an instance live six hours or so.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
const INSTANCE_CREDENTIALS_SECONDS: f64 = 6.0 * 3600.0;

impl State {
    /// Makes temporary credentials of `role` for one instance. They sign requests at once.
    pub fn mint(&mut self, region: &Region, role: &str, instance_id: &str) -> Credentials {
        let now = region.clock.epoch();
        let made = Credentials {
            access_key_id: format!("ASIA{}", region.random.upper(16)),
            secret_access_key: region.random.alphanumeric(40),
            session_token: region.random.alphanumeric(356),
            expires: now + INSTANCE_CREDENTIALS_SECONDS,
            updated: now,
        };
        let principal = Principal::Node { role_name: role.to_owned(), instance_id: instance_id.to_owned() };
        self.keys.insert(
            made.access_key_id.clone(),
            Key {
                secret: made.secret_access_key.clone(),
                token: Some(made.session_token.clone()),
                principal,
                expires: Some(made.expires),
            },
        );
        made
    }
}

//! Makes the one SDK configuration and the clients of every service. No other file decides how AWS is called.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::error::{Failure, Kind};
use crate::registry::names::APP_NAME;

/// Long enough for a slow link, short enough to notice a wrong address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// No call that dockreg makes streams; AWS answers each of them within seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// One try of a call. Without it a stalled answer would use up the time of all tries.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// One call with all its retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(70);
/// A `credential_process` may ask for a second factor.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(120);
/// Off AWS nothing answers at the metadata address: do not let people wait for it.
const METADATA_TIMEOUT: Duration = Duration::from_millis(500);

/// AWS as one run sees it: a region, credentials that are looked for at the first call, and a client per service.
pub struct Aws {
    config: SdkConfig,
    region: String,
    profile: Option<String>,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").field("region", &self.region).field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Aws {
    /// Reads region and profile; asks nothing of AWS. Fails when there is no region, before credentials are looked for.
    pub async fn connect(region: Option<&str>, profile: Option<&str>) -> Result<Self, Failure> {
        super::login::remember(profile).await?;
        let mut in_profile = ProfileFileRegionProvider::builder();
        if let Some(profile) = profile {
            in_profile = in_profile.profile_name(profile);
        }
        let chain = RegionProviderChain::first_try(region.map(|name| Region::new(name.to_owned())))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(in_profile.build());
        let Some(region) = chain.region().await else {
            return Err(no_region(profile));
        };
        if !is_region_name(region.as_ref()) {
            return Err(Failure::new(Kind::Region, format!("{:?} is not the name of an AWS region", region.as_ref()))
                .hint("name one such as --region eu-central-1"));
        }
        let config = load(region.clone(), profile).await;
        Ok(Self {
            config,
            region: region.as_ref().to_owned(),
            profile: profile.map(str::to_owned),
            cloudformation: OnceLock::new(),
            ec2: OnceLock::new(),
        })
    }

    /// The region's name.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The profile that was asked for by flag.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The SDK's configuration, for clients that are made once per run.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// CloudFormation's client; kept, because a watch calls it for minutes over one connection.
    pub(super) fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.cloudformation.get_or_init(|| aws_sdk_cloudformation::Client::new(&self.config))
    }

    /// EC2's client; kept, because one look at the network is several calls at once.
    pub(super) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| aws_sdk_ec2::Client::new(&self.config))
    }
}

fn no_region(profile: Option<&str>) -> Failure {
    let message = match profile {
        Some(profile) => format!("no AWS region: profile {profile:?} names none, and neither does the environment"),
        None => "no AWS region is set".to_owned(),
    };
    Failure::new(Kind::Region, message)
        .hint("add --region REGION, set AWS_REGION, or run: aws configure set region REGION")
}

/// Region names are host name parts: anything else would end up in an endpoint's address.
fn is_region_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[expect(clippy::disallowed_methods, reason = "the one home of the SDK's configuration")]
async fn load(region: Region, profile: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let cache = aws_config::identity::IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build();
    let credentials = credentials(region.clone(), profile).await;
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).region(region).timeout_config(timeouts).identity_cache(cache);
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Ok(name) = AppName::new(APP_NAME) {
        loader = loader.app_name(name);
    }
    loader.credentials_provider(credentials).load().await
}

/// Where credentials are looked for. A profile that was named comes before keys in the environment, which may be of
/// another account. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>
async fn credentials(region: Region, profile: Option<&str>) -> SharedCredentialsProvider {
    let metadata = aws_config::imds::Client::builder()
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT)
        .max_attempts(1)
        .build();
    let Some(profile) = profile else {
        let chain = DefaultCredentialsChain::builder().region(region).imds_client(metadata).build().await;
        return SharedCredentialsProvider::new(chain);
    };
    let place = ProviderConfig::default().with_region(Some(region));
    let own = ProfileFileCredentialsProvider::builder().configure(&place).profile_name(profile).build();
    let machine = ImdsCredentialsProvider::builder().configure(&place).imds_client(metadata).build();
    // A profile that says nothing of credentials leaves them to the machine's role.
    let chain = CredentialsProviderChain::first_try("Profile", own)
        .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&place).build())
        .or_else("Ec2InstanceMetadata", machine);
    SharedCredentialsProvider::new(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_names() {
        for name in ["us-east-1", "cn-north-1", "us-gov-west-1", "new-place-9"] {
            assert!(is_region_name(name), "{name}");
        }
        for name in ["", "US-EAST-1", "eu central", "evil.example/"] {
            assert!(!is_region_name(name), "{name}");
        }
    }
}
